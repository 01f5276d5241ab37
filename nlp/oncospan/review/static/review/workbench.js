// Keys, the way between a card and its words, tooltips, marking and copying. Everything essential works without it.
"use strict";
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  let current = null; // id of the card or row that keys act on

  const items = () => $$("[data-main], [data-row]");
  const here = () => items().find((e) => e.classList.contains("here"));

  function go(item, focus = true) {
    $$(".here").forEach((e) => e.classList.remove("here"));
    if (!item) return;
    item.classList.add("here");
    current = item.id || null;
    if (focus) ($("th a", item) || item).focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = items(), at = all.indexOf(here());
    if (all.length) go(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
  }

  // From the words of a card to their mark, and from a mark to its card; folded parts are opened on the way.
  function show(id, css) {
    const target = document.getElementById(id);
    if (!target) return false;
    for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    $$(`.${css}.here`).forEach((e) => e.classList.remove("here"));
    target.classList.add("here");
    target.scrollIntoView({ block: "center" });
    return target;
  }

  document.addEventListener("click", (event) => {
    const main = event.target.closest("[data-main]");
    if (main && !main.classList.contains("here")) go(main, false);
    const words = event.target.closest("[data-words]");
    const mark = event.target.closest("a.mark");
    if (words) {
      const found = show(words.hash.slice(1), "mark");
      if (found) { event.preventDefault(); found.focus({ preventScroll: true }); }
    } else if (mark && getSelection().isCollapsed) {
      const card = document.getElementById(mark.hash.slice(1));
      if (!card) return;
      event.preventDefault();
      show(card.id, "card");
      go(card, false);
      const back = $$("[data-words]", card).find((a) => a.hash === `#${mark.id}`) || $("[data-words]", card);
      (back || card).focus({ preventScroll: true });
    } else if (event.target.closest("[data-help]")) $("#help").showModal();
    else if (event.target.closest("[data-unmark]")) $("#marker").hidden = true;
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText($(copy.dataset.copy).textContent).then(() => { copy.textContent = "Copied"; });
    $$("details.menu[open]").forEach((m) => { if (!m.contains(event.target)) m.open = false; });
  });

  // Tooltips of marks: rule and cue, on hover and on focus.
  const tip = document.createElement("div");
  tip.id = "tip"; tip.hidden = true; tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  function tell(event) {
    const mark = event.target.closest?.("a.mark[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const box = mark.getClientRects()[0];
    const top = box.bottom + 6 + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 6 : box.bottom + 6;
    tip.style.setProperty("top", `${top}px`);
    tip.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`);
  }
  document.addEventListener("mouseover", tell);
  document.addEventListener("focusin", tell);
  document.addEventListener("scroll", () => { tip.hidden = true; }, true);

  // Selected words of a note become a mark. Offsets are code points, as everywhere in OncoSpan.
  const points = (text) => [...text].length;
  document.addEventListener("selectionchange", () => {
    const form = $("#marker"), selection = getSelection();
    if (!form || selection.isCollapsed || !selection.rangeCount) return;
    const range = selection.getRangeAt(0);
    const box = range.commonAncestorContainer.parentElement?.closest(".text") || range.commonAncestorContainer.closest?.(".text");
    if (!box) return;
    const before = document.createRange();
    before.selectNodeContents(box);
    before.setEnd(range.startContainer, range.startOffset);
    const words = range.toString(), left = words.length - words.trimStart().length;
    if (!words.trim()) return;
    const start = points(before.toString()) + points(words.slice(0, left));
    form.elements.note.value = box.closest("[data-note]").dataset.note;
    form.elements.start.value = start;
    form.elements.end.value = start + points(words.trim());
    $("#marker-words").textContent = words.trim().slice(0, 120);
    form.hidden = false;
  });

  // Rows that are chosen to be assigned.
  const all = $("[data-all]");
  if (all) {
    all.hidden = false;
    document.addEventListener("change", (event) => {
      if (event.target === all) $$("[name=chosen]").forEach((box) => { box.checked = all.checked; });
      $("#how-many").textContent = $$("[name=chosen]:checked").length;
    });
  }

  // Single keys; they rest while somebody types and can be turned off.
  const acts = { a: "a", r: "r", p: "p", q: "q", "[": "[", "]": "]" };
  function act(key) {
    const card = here();
    const target = card && $(`[data-act="${key}"]`, card);
    if (!target) return;
    if (target.tagName === "DETAILS") { target.open = true; ($("input[type=search]", target) || $("select", target)).focus(); } else target.click();
  }
  // Keys pressed while an answer is on its way wait for it: each acts on what the one before has made.
  let busy = false;
  const waiting = [];
  function rest() {
    busy = false;
    while (!busy && waiting.length) press(waiting.shift(), document.activeElement);
  }
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.target.id === "panel") busy = true; });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      $$(".step[open], details.menu[open]").forEach((d) => { d.open = false; });
      if ($("#marker")) $("#marker").hidden = true;
      tip.hidden = true;
      here()?.focus();
      return;
    }
    if (document.body.dataset.keys !== "on" || event.ctrlKey || event.altKey || event.metaKey || $("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    if (busy) waiting.push(event.key);
    if (busy || press(event.key, event.target)) event.preventDefault();
  });

  function press(key, target) {
    if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else if (key in acts) act(key);
    else if (key === "x") $("[name=chosen]", here() || document)?.click();
    else if (key === "A") $("#accept-all")?.click();
    else if (key === "u") $("#undo")?.click();
    else if (key === "n") $("#next")?.click();
    else if (key === "m" && $(".by-words")) { $(".by-words").open = true; $(".by-words input[name=words]").focus(); }
    else if (key === "t" && $("#take")) $("#take").click();
    else if (key === "f" && $("#follow_up")) $("#follow_up").focus();
    else if (key === "c" && $("#add")) { $("#add").open = true; $("#add-code").focus(); }
    else if (key === "s" && $("#review-comment")) $("#review-comment").focus();
    else if (key === "s" && $("#second")) $("#second").click();
    else if (key === "b" && $("#back")) $("#back").click();
    else if (key === "w") location.assign($(".brand").href);
    else if (key === "/") ($("#search") || $("#add-code"))?.focus();
    else if (key === "?") $("#help")?.showModal();
    else if (key === "Enter" && target.matches("[data-main]")) $("[data-words]", target)?.click();
    else return false;
    if (key === "/" && !$("#search") && $("#add")) { $("#add").open = true; $("#add-code").focus(); }
    return true;
  }

  // After a part of the page came: the version of all forms, the current card, and which folds were open.
  let open = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "panel") open = $$("details.fold[open]").map((d) => d.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    const panel = $("#panel");
    if (!panel) return;
    $$("[data-version]").forEach((i) => { if (i.tagName === "INPUT") i.value = panel.dataset.version; });
    open.forEach((id) => { const d = document.getElementById(id); if (d) d.open = true; });
    const card = current && document.getElementById(current);
    if (card && !card.classList.contains("here")) go(card, !document.activeElement || document.activeElement === document.body);
    rest();
  });
  document.addEventListener("htmx:responseError", (event) => {
    waiting.length = 0;
    rest();
    const said = $("#said") || $("#lint");
    if (said) said.textContent = event.detail.xhr.status === 403 ? "Your log-in has ended or your role may not do this. Load the page again." : "The workbench did not answer. Nothing was stored.";
  });
  document.addEventListener("htmx:sendError", () => { waiting.length = 0; rest(); const said = $("#said"); if (said) said.textContent = "The workbench cannot be reached. Nothing was stored."; });

  if (location.hash) { const card = document.getElementById(location.hash.slice(1)); if (card?.matches("[data-main]")) go(card); }
})();
