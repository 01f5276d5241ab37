"""A reviewer's day in a real browser, by the server that people start; pages are checked by axe-core and photographed."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install -e '.[dev]')")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (apt-get install chromium)"),
]

sync_api.expect.set_options(timeout=20_000)  # a machine may have more to do
PASSWORD = "correct horse battery"
AXE = Path(__file__).parent / "data" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
}


WORDS = """() => {
  const text = document.querySelector('.text').firstChild, range = document.createRange(), at = text.data.indexOf('MEDICAL');
  range.setStart(text, at); range.setEnd(text, at + 'MEDICAL IMAGING'.length);
  text.parentElement.scrollIntoView({ block: 'start', behavior: 'instant' });
  const box = range.getBoundingClientRect(), y = box.top + box.height / 2;
  return [[box.left + 1, y], [box.right - 1, y]];
}"""
"""Where words of the first note begin and end on the page."""


@pytest.fixture(scope="module")
def workbench(run_folder, new_data):
    """The address of a workbench with the sample run, and its setup code."""
    data = new_data()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "oncospan", "review", str(run_folder), "--data", str(data), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        said = ""
        for line in server.stderr:
            said += line
            if "http://" in line:
                break
        code = re.search(r"setup code (\S+)", said)
        assert code, said
        yield f"http://127.0.0.1:{port}", code[1], data
        server.terminate()


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Watched:
    """A page that notes what goes wrong in it, and whatever it asks for outside."""

    def __init__(self, browser, base, folder, **options):
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.base, self.folder, self.faults = base, folder, []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("request", lambda r: None if r.url.startswith(base) else self.faults.append(f"outside: {r.url}"))

    def photo(self, name):
        self.page.screenshot(path=self.folder / f"{name}.png")

    def violations(self):
        """What axe-core finds on the page."""
        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        found = self.page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        session.detach()
        return [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in found]

    def log_in(self, name="ada"):
        self.page.goto("/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_selector("table.worklist")


@pytest.fixture(scope="module")
def administrator(workbench, browser, tmp_path_factory):
    """The first administrator, made through the page for it."""
    base, code, _ = workbench
    ada = Watched(browser, base, tmp_path_factory.mktemp("photos"))
    ada.page.goto("/")
    ada.photo("01-first-run")
    assert ada.violations() == []
    for name, value in (("username", "ada"), ("password1", PASSWORD), ("password2", PASSWORD), ("code", code)):
        ada.page.fill(f"[name={name}]", value)
    ada.page.click("main button")
    ada.page.wait_for_selector("table.worklist")
    return ada


def test_a_day_of_a_reviewer(administrator):  # noqa: PLR0915 - a day is long
    me, page = administrator, administrator.page
    expect = sync_api.expect
    me.photo("02-worklist")

    # Assign rows without opening them.
    expect(page.locator("#give")).to_be_hidden()
    page.locator("[name=chosen]").last.focus()
    page.keyboard.press("Space")
    expect(page.locator("#how-many")).to_have_text("1")
    me.photo("02-worklist-chosen")
    assert me.violations() == []
    page.click("#give button")
    expect(page.locator(".messages")).to_contain_text("1 encounter assigned to ada.")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[name=chosen]").first).to_be_checked()
    page.keyboard.press("x")

    # Filter, and open the first encounter by keys alone.
    page.select_option("#severity", "high")
    page.click("button:text-is('Filter')")
    page.wait_for_selector("button:text-is('Clear')")
    assert "?" not in page.url
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel")
    me.photo("03-encounter")

    # From the card to its words, and back.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("a.mark.here")).to_have_count(1)
    page.locator("a.mark.here").click()
    expect(page.locator(".card.here")).to_have_count(1)
    page.locator(".gap-card a.code").first.click()
    expect(page.locator("a.mark.here")).to_be_in_viewport()
    expect(page.locator(".gap-card")).to_contain_text(page.locator("a.mark.here").inner_text())
    me.photo("04-words")

    # Accept, reject with a reason, replace by search, move, undo: by keys.
    page.locator("[data-main]").first.click(position={"x": 5, "y": 5})
    first = page.locator("[data-main]").first.get_attribute("id")
    page.keyboard.press("a")
    expect(page.locator(f"#{first} .decided")).to_contain_text("Accepted")
    page.keyboard.press("r")
    expect(page.locator(f"#{first} select[name=why]").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("seen on MRI only")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{first} .decided")).to_contain_text("seen on MRI only")
    page.locator(f"#{first}").click(position={"x": 5, "y": 5})
    page.keyboard.press("p")
    expect(page.locator(f"#{first} input[type=search]")).to_be_focused()
    page.keyboard.type("secondary bone")
    found = page.locator(f"#{first} .found button", has_text="C79.51")
    expect(found).to_be_visible()
    me.photo("05-replace")
    found.click()
    expect(page.locator(f"#{first} .decided")).to_contain_text("Replaced by C79.51")
    page.locator(f"#{first}").click(position={"x": 5, "y": 5})
    page.keyboard.press("]")
    expect(page.locator("#said")).to_contain_text("is now number 2")
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("Taken back")
    page.keyboard.press("u")
    expect(page.locator(f"#{first} .decided")).to_contain_text("seen on MRI only")

    # Help, and missed evidence.
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    me.photo("06-help")
    page.keyboard.press("Escape")
    start, end = page.evaluate(WORDS)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    expect(page.locator("#marker-words")).to_have_text("MEDICAL IMAGING")
    expect(page.locator("#marker")).to_be_in_viewport(ratio=1)
    me.photo("07-marking")
    page.click("#marker button.primary")
    expect(page.locator(".by-hand-list li")).to_have_count(1)
    expect(page.locator(".by-hand-list li a")).to_have_text("MEDICAL IMAGING")
    page.locator("[data-main]").first.click(position={"x": 5, "y": 5})
    page.keyboard.press("m")
    expect(page.locator(".by-words input[name=words]").first).to_be_focused()
    page.keyboard.type(page.locator(".text").first.inner_text().split()[3])
    page.keyboard.press("Enter")
    expect(page.locator(".by-hand-list li")).to_have_count(2)

    # Take it, and think better of it; the same with a mark.
    page.locator("[data-main]").first.click(position={"x": 5, "y": 5})
    page.keyboard.press("t")
    expect(page.locator("#assignee option:checked")).to_have_text("ada")
    page.keyboard.press("u")
    expect(page.locator("#assignee option:checked")).to_have_text("nobody")
    expect(page.locator(".messages")).to_contain_text("Taken back: assignment")
    page.keyboard.press("u")
    expect(page.locator(".by-hand-list li")).to_have_count(1)

    # A query: stopped by the check, mended, sent, answered, closed.
    at = page.url.partition("#")[0]
    page.locator("a[data-act=q], button[data-act=q]").first.click()
    page.wait_for_selector("#query-form")
    original = page.input_value("#question")
    page.fill("#question", "Please document that this supports reimbursement")
    expect(page.locator("#lint")).to_contain_text("Not ready to send")
    expect(page.locator("#lint")).to_contain_text("word of payment")
    me.photo("07-query-stopped")
    assert me.violations() == []
    page.click("button[value=send]")
    expect(page.locator("[role=alert]")).to_contain_text("may not be sent")
    page.fill("#question", original)
    expect(page.locator("#lint")).to_contain_text("Ready to send")
    page.click("button[value=send]")
    expect(page.locator("h1")).to_contain_text("open")
    assert me.violations() == []
    me.photo("08-query-open")
    page.fill("#answer", "See addendum.")
    page.click("button[value=answer]")
    expect(page.locator("h1")).to_contain_text("answered")
    page.locator("h1").click()
    page.keyboard.press("u")
    expect(page.locator("h1")).to_contain_text("open")
    page.fill("#answer", "See addendum of today.")
    page.click("button[value=answer]")
    assert me.violations() == []
    page.fill("#close-reason", "Documented")
    page.click("button[value=close]")
    expect(page.locator("h1")).to_contain_text("closed")
    me.photo("08-query-closed")

    # Second review, audit, log out.
    page.goto(at)
    page.keyboard.press("s")
    expect(page.locator("#panel")).to_contain_text("Asked for by ada")
    page.click("nav >> text=People")
    for name, value in (("username", "ben"), ("password1", PASSWORD), ("password2", PASSWORD)):
        page.fill(f"[name={name}]", value)
    page.select_option("[name=role]:has(option[selected])", "lead")
    page.click("button:text-is('Add')")
    expect(page.locator(".messages")).to_contain_text("ben may log in now")
    ben = Watched(me.context.browser, me.base, me.folder)
    ben.log_in("ben")
    ben.page.goto(at)
    ben.page.keyboard.press("s")
    expect(ben.page.locator("#review-comment")).to_be_focused()
    ben.page.keyboard.type("The kidney is documented.")
    ben.page.click("button[value=disagree]")
    expect(ben.page.locator("#panel")).to_contain_text("ben disagrees")
    ben.photo("09-second-review")
    assert ben.faults == []
    ben.context.close()
    page.click("nav >> text=Figures")
    expect(page.locator("main")).to_contain_text("of them accepted")
    expect(page.locator("main")).to_contain_text("The kidney is documented.")
    me.photo("09-figures")
    page.click("nav >> text=Audit")
    expect(page.locator("table")).to_contain_text("ask second review")
    me.photo("10-audit")
    page.click(".top .menu summary")
    page.click("#log-out")
    page.wait_for_selector("[name=password]")
    # A refused step answers 422, which the browser tells on its console; nothing else may stand there.
    assert [f for f in me.faults if "422" not in f] == []
    me.log_in()


@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_is_wider_than_the_window(administrator, workbench, browser, width):
    narrow = Watched(browser, workbench[0], administrator.folder)
    narrow.page.set_viewport_size({"width": width, "height": 800})
    narrow.log_in()
    encounter = narrow.page.locator("tbody a").first.get_attribute("href")
    wide = []
    for at in (
        "/",
        encounter,
        f"{encounter}/coder-facts",
        "/queries",
        "/queries?state=closed",
        "/figures",
        "/audit",
        "/people",
        "/password",
    ):
        narrow.page.goto(at)
        narrow.photo(f"{width}-{at.strip('/').replace('/', '-').replace('?', '-') or 'worklist'}")
        if narrow.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(at)
    assert wide == []
    narrow.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible(administrator, theme):
    me, page = administrator, administrator.page
    page.goto("/")
    page.click(".top .menu summary")
    page.click(f"button[value={theme}]")
    page.wait_for_selector(f"html[data-theme={theme}]")
    encounter = page.locator("tbody a").first.get_attribute("href")
    pages = [
        "/",
        encounter,
        f"{encounter}/coder-facts",
        "/queries?state=closed",
        "/queries",
        "/figures",
        "/audit",
        "/people",
        "/password",
        "/none",
        "/audit?who=ada&encounter=1",
        "/audit?who=nobody",
    ]
    page.goto("/queries?state=closed")
    if page.locator("tbody a").count():
        pages.append(page.locator("tbody a").first.get_attribute("href"))
    found = {}
    for at in pages:
        page.goto(at)
        me.photo(f"{theme}-{at.strip('/').replace('/', '-').replace('?', '-') or 'worklist'}")
        found[at] = me.violations()
    for at in (encounter, "/figures", pages[-1]):
        page.goto(at)
        page.locator("details:not(.menu)").evaluate_all("all => all.forEach(d => d.open = true)")
        found[f"{at}, all folds open"] = me.violations()
    page.click(".top .menu summary")
    found["the menu"] = me.violations()
    outside = Watched(me.context.browser, me.base, me.folder, color_scheme=theme)
    outside.page.goto("/")
    found["log in"] = outside.violations()
    outside.photo(f"{theme}-log-in")
    outside.page.fill("[name=username]", "ada")
    outside.page.fill("[name=password]", "wrong")
    outside.page.click("main button")
    found["log in, refused"] = outside.violations()
    outside.photo(f"{theme}-log-in-refused")
    outside.context.close()
    assert {k: v for k, v in found.items() if v} == {}


def test_it_is_readable_at_200_percent(administrator, workbench, browser):
    small = Watched(browser, workbench[0], administrator.folder)
    small.page.set_viewport_size({"width": 720, "height": 450})
    small.log_in()
    for at in ("/", small.page.locator("tbody a").first.get_attribute("href")):
        small.page.goto(at)
        small.photo("200-percent" + at.replace("/", "-"))
        assert small.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    small.context.close()


def test_the_essentials_work_without_script(administrator, workbench, browser):
    plain = Watched(browser, workbench[0], administrator.folder, java_script_enabled=False)
    page = plain.page
    plain.log_in()
    page.locator("tbody a").nth(1).click()
    before = page.locator(".decided").count()
    page.locator("[data-act=a]").last.click()
    sync_api.expect(page.locator(".messages")).to_contain_text("accepted")
    assert page.locator(".decided").count() == before + 1
    page.click("#undo")
    sync_api.expect(page.locator(".messages")).to_contain_text("Taken back")
    page.locator("button[data-act=q]").first.click()
    sync_api.expect(page.locator("h1")).to_contain_text("draft")
    assert plain.faults == []
    plain.context.close()


def test_it_prints(administrator):
    page = administrator.page
    page.goto("/")
    page.locator("tbody a").first.click()
    page.emulate_media(media="print")
    administrator.photo("print")
    assert not page.locator(".actions").first.is_visible()
    assert page.locator(".text").first.is_visible()
    page.emulate_media(media="screen")


def test_the_audit_of_the_day_is_whole(administrator, workbench):
    command = [sys.executable, "-m", "oncospan", "audit", "verify", "--data", str(workbench[2])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "whole" in done.stdout
