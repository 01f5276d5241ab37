"""One page of all rules, made from the annotated texts beside this file: ``python tests/spec/page.py [file]``.

It reads the texts and the pack's word lists only; nothing is analysed, so the page shows what is asked for, not what came out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import ahocorasick_rs
import yaml

from oncospan.highlight import Mark, marked

SPEC = Path(__file__).parent
TERMS = SPEC.parents[1] / "models" / "oncospan_metastatic" / "terms"
OUT = SPEC.parents[1] / "out" / "docs" / "rules.html"

GROUPS = {
    "coding": ("Codes", "From a documented case to ICD-10-CM codes: what is proposed, in which order, what goes to a coder, what is refused."),
    "encounters": ("Encounters", "Several notes of one encounter or patient read together. A code with * is for a coder to decide."),
    "findings": ("Findings", "What a note says: primaries, deposits, syndromes, and the tests that showed them."),
    "assertion": ("Assertion", "Whether the marked words are present, uncertain, absent, history, hypothetical, or of a relative."),
    "segment": ("Sections and sentences", "How a note is cut before it is read."),
}  # fmt: skip
"""The folders in the order of the page; one that is not named here follows under its own name."""

ORDER = (
    "families carcinoid_sites matrix secondary laterality nodes direction unknown_primary functional status certainty authors "
    "sequencing conflicts policies releases traps"
).split()
"""The topics of coding in the order a coder meets the questions; others follow by name."""

LABELS = {
    "is": "The marked words are", "codes": "Codes", "review": "For a coder to decide", "optional": "May also stand",
    "must_not": "Never", "rejected": "Refused, with the reason", "absent_codes": "Not", "gaps": "Asked of the provider",
    "no_gaps": "Not asked", "silent_gaps": "Not asked", "alternates": "Shown as an alternate", "because": "The first stands first by",
    "release_note": "In another release", "primaries": "Primaries", "metastases": "Deposits", "functional": "Functional",
    "confirmations": "Shown by", "findings": "Findings", "absent_findings": "No finding", "copied": "Copied forward in",
    "timeline": "Timeline", "quoted": "Quoted from", "sources": "The query quotes", "errors": "Errors", "want": "Cut into",
    "review_only": "Nothing is proposed outright", "groups": "Groups", "extras": "More may be found", "subset": "More may be shown",
}  # fmt: skip
GIVEN = ("setting", "note_type", "type", "role", "author", "date", "policy", "family_history_codes", "by", "encounter", "as")
ORDERS = {"strict": "Codes, in this order", "first": "Codes, this one first", "any": "Codes, in any order"}
CATEGORIES = {
    "trap": "", "metastasis": "metastasis", "tumor": "primary", "site": "primary", "functional": "functional",
    "imaging": "confirmation", "tissue": "confirmation",
}  # fmt: skip
"""The word lists whose words are colored, and how; a trap swallows the words inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One file of annotated texts; ``body`` is its list of items, or the mapping of a matrix."""

    group: str
    name: str
    about: str
    body: Any

    @property
    def ident(self) -> str:
        return f"{self.group}.{self.name}"

    @property
    def idents(self) -> tuple[str, ...]:
        """The ids of its items, as they stand on the page."""
        if isinstance(self.body, list):
            return tuple(f"{self.ident}.{i['id']}" for i in self.body)
        return tuple(f"{self.ident}.{row['id']}-{c}" for row in self.body["rows"] for c in self.body["carriers"])

    @property
    def failures(self) -> int:
        """How many of its items the engine does not meet yet."""
        rows = self.body if isinstance(self.body, list) else self.body["rows"]
        known = (r.get("known_failure", ()) for r in rows)
        return sum(len(k) if isinstance(k, dict) else bool(k) for k in known)


def topics(folder: Path = SPEC) -> tuple[Topic, ...]:
    """The topics in the order of the page."""
    found = sorted({p.parent.name for p in folder.glob("*/*.yaml")}, key=lambda n: (n not in GROUPS, [*GROUPS, n].index(n), n))
    return tuple(_topic(path) for group in found for path in sorted((folder / group).glob("*.yaml"), key=_place))


def _place(path: Path) -> tuple[int, str]:
    coding = path.parent.name == "coding" and path.stem in ORDER
    return (ORDER.index(path.stem) if coding else len(ORDER)), path.stem


def _topic(path: Path) -> Topic:
    text = path.read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    about = " ".join(lines).replace("«target»", "a phrase")
    about = about.removeprefix(f"{path.stem.replace('_', ' ')}:").removeprefix(f"{path.stem}:").strip()
    return Topic(group=path.parent.name, name=path.stem, about=about[:1].upper() + about[1:], body=yaml.safe_load(text))


@lru_cache(maxsize=1)
def _words() -> tuple[ahocorasick_rs.AhoCorasick, tuple[str, ...]]:
    """The automaton of the pack's words and the color of each."""
    colors: dict[str, str] = {}
    for category, color in CATEGORIES.items():
        for line in (TERMS / f"{category}.tsv").read_text(encoding="utf-8").splitlines():
            cells = line.split("\t")
            if not line.startswith("#") and cells[0] != "id" and len(cells) > 3:
                for term in filter(None, cells[3].lower().split("|")):
                    colors.setdefault(term, color)
    kind = ahocorasick_rs.MatchKind.LeftmostLongest
    return ahocorasick_rs.AhoCorasick(list(colors), matchkind=kind), tuple(colors.values())


def text_html(text: str) -> str:
    """The text with the pack's words in color; what stands in «angle quotes» is what decides."""
    plain, marks, opened = "", [], 0
    for c in text:
        if c == "«":
            opened = len(plain)
        elif c == "»":
            marks.append(Mark(start=opened, end=len(plain), css="decides"))
        else:
            plain += c
    automaton, colors = _words()
    lower = plain.lower()
    if len(lower) == len(plain):
        for which, a, b in automaton.find_matches_as_indexes(lower):
            if colors[which] and not _inside_word(plain, a) and not _inside_word(plain, b):
                marks.append(Mark(start=a, end=b, css=colors[which]))
    return marked(plain, marks)


def _inside_word(text: str, at: int) -> bool:
    """Whether the place between two characters is none where a word begins or ends."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def page(found: Sequence[Topic]) -> str:
    """The whole page."""
    items, failures = sum(len(t.idents) for t in found), sum(t.failures for t in found)
    groups = list(dict.fromkeys(t.group for t in found))
    nav = "".join(_nav(g, [t for t in found if t.group == g]) for g in groups)
    body = "".join(_group(g, [t for t in found if t.group == g]) for g in groups)
    css = (SPEC / "page.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OncoSpan: the rules, by example</title>
<style>{css}</style>
<header>
<h1>The rules, by example</h1>
<p>Every line is an invented text and what OncoSpan must say of it. Each is a test; the tests read the same files this page is
made from. All {items} stand here, {failures} of them known to fail today and marked so.</p>
<p class="legend">Colors: <mark class="primary">tumor and site</mark> <mark class="metastasis">metastasis</mark>
<mark class="functional">hormonal syndrome</mark> <mark class="confirmation">test</mark> <mark class="decides">the words that
decide</mark>. The colors show words of the word lists, whatever is said of them.</p>
</header>
<nav aria-label="Topics">{nav}</nav>
<main>{body}</main>
</html>
"""


def _named(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _nav(group: str, found: Sequence[Topic]) -> str:
    links = "".join(
        f'<li><a href="#{escape(t.ident)}">{escape(_named(t.name))}</a> <small>{len(t.idents)}</small></li>' for t in found
    )
    return f"<section><h2>{escape(GROUPS.get(group, (_named(group), ''))[0])}</h2><ul>{links}</ul></section>"


def _group(group: str, found: Sequence[Topic]) -> str:
    title, about = GROUPS.get(group, (_named(group), ""))
    return f"<h2>{escape(title)}</h2><p>{escape(about)}</p>{''.join(_topic_html(t) for t in found)}"


def _topic_html(t: Topic) -> str:
    rows = _matrix(t) if isinstance(t.body, dict) else "".join(_item(f"{t.ident}.{i['id']}", i) for i in t.body)
    return (
        f'<section class="topic" id="{escape(t.ident)}"><h3>{escape(_named(t.name))}</h3><p class="about">{escape(t.about)}</p>'
        f"<table>{rows}</table></section>"
    )


def _item(ident: str, item: dict[str, Any]) -> str:
    rule = item.get("rule") or item.get("why") or _named(item["id"])
    given = " · ".join(f"{_named(k).lower()}: {item[k]}" for k in GIVEN if k in item)
    notes = "".join(_note(n) for n in item.get("notes", ()))
    text = f"<blockquote>{text_html(item['text'])}</blockquote>" if "text" in item else notes
    failure = f'<p class="failure">Known failure: {escape(item["known_failure"])}</p>' if item.get("known_failure") else ""
    return (
        f'<tr id="{escape(ident)}"><td><p class="rule">{escape(rule)}</p>{text}'
        f"{f'<p class=given>{escape(given)}</p>' if given else ''}{failure}</td><td>{''.join(_expected(item))}</td></tr>"
    )


def _note(note: dict[str, Any]) -> str:
    head = " · ".join(str(note[k]) for k in ("id", "date", "type", "role", "encounter") if k in note)
    return f'<blockquote><p class="given">{escape(head)}</p>{text_html(note["text"])}</blockquote>'


def _expected(item: dict[str, Any]) -> Iterator[str]:
    hidden = {"id", "rule", "why", "text", "notes", "order", "known_failure", *GIVEN}
    for key, value in item.items():
        if key in hidden:
            continue
        label = LABELS.get(key, _named(key))
        if key == "codes" and "rule" in item:
            label = ORDERS[item.get("order", "strict")] if len(value) > 1 else "Codes"
        yield f'<p class="label">{escape(label)}</p>{_value(key, value)}'


def _value(key: str, value: Any) -> str:
    if value is True:
        return ""
    if isinstance(value, dict):
        value = [f"{k}: {', '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in value.items()]
    values = value if isinstance(value, list) else [value]
    chips = "".join(f"<li>{escape(str(v))}</li>" for v in values) or '<li class="none">none</li>'
    return f'<ul class="{escape(key)}">{chips}</ul>'


def _matrix(t: Topic) -> str:
    """The rows of a matrix by its carriers, each cell with its own id."""
    carriers = t.body["carriers"]
    head = "".join(_carrier(name, c) for name, c in carriers.items())
    rows = "".join(_matrix_row(t, row, carriers) for row in t.body["rows"])
    return f"<caption>{escape(t.body['rule'])}</caption><tr><th>Then the note says</th>{head}</tr>{rows}"


def _carrier(name: str, carrier: dict[str, Any]) -> str:
    title = escape(carrier.get("name", _named(name)))
    text = text_html(carrier["text"])
    return f'<th><p class="rule">{title}</p><blockquote>{text}</blockquote>{_value("codes", carrier["codes"])}</th>'


def _matrix_row(t: Topic, row: dict[str, Any], carriers: dict[str, Any]) -> str:
    cells = ""
    for name, carrier in carriers.items():
        review = row.get(f"{name}_review")
        codes = _value("review", review) if review else _value("codes", carrier.get("deposit") or row[name])
        why = row.get("known_failure", {}).get(name)
        failure = f'<p class="failure">Known failure: {escape(why)}</p>' if why else ""
        ident = f"{t.ident}.{row['id']}-{name}"
        cells += f'<td id="{escape(ident)}">{codes}{failure}</td>'
    gaps = f'<p class="label">{LABELS["gaps"]}</p>{_value("gaps", row["gaps"])}' if "gaps" in row else ""
    return f"<tr><th><blockquote>{text_html(row['text'])}</blockquote>{gaps}</th>{cells}</tr>"


def main(arguments: Sequence[str]) -> int:
    """Write the page to the file given, or under ``out/docs``."""
    out = Path(arguments[0]) if arguments else OUT
    found = topics()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(found), encoding="utf-8")
    sys.stdout.write(f"{out}: {sum(len(t.idents) for t in found)} rules of {len(found)} topics\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
