"""The headings of notes: section rules from the pack, and what a piece of text is as a heading."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncospan.errors import PackError
from oncospan.tables import checked_keys, read_yaml

TRUST = frozenset(
    {
        "family",
        "low_trust",
        "history",
        "hypothetical",
        "diagnosis_final",
        "no_code",
        "plan",
        "specimen",
        "superseded",
        "uncertain",
    }
)
"""The flags a section may carry: what its words are worth for coding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRule:
    """The headings of one kind of section; ``strict`` ones count in running text only in ALL CAPS, ``sub`` ones open none."""

    id: str
    name: str
    headers: tuple[str, ...]
    trust: frozenset[str]
    example: str
    counter_example: str
    strict: bool = False
    sub: bool = False


def read_sections(pack_root: Path) -> tuple[SectionRule, ...]:
    """The section rules of a pack's ``sections.yaml``. Raises PackError with file:line for a bad rule."""
    path = pack_root / "sections.yaml"
    items = read_yaml(path)
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise PackError("the file must be a list of section rules", where=path.name)
    rules: list[SectionRule] = []
    seen: dict[str, str] = {}
    for item in items:
        where = f"{path.name}:{item['__line__']}"
        rule = _rule(item, where)
        for key in (rule.id, *sorted(set(map(header_key, rule.headers)))):
            if key in seen:
                raise PackError(f"id or header {key!r} stands at {seen[key]} too", where=where)
            seen[key] = where
        rules.append(rule)
    return tuple(rules)


def _rule(item: dict[str, Any], where: str) -> SectionRule:
    required = frozenset({"id", "name", "headers", "trust", "example", "counter_example"})
    cells = checked_keys(item, where, required, frozenset({"strict", "sub"}))
    texts = [cells[k] for k in ("id", "name", "example", "counter_example")]
    if not all(isinstance(t, str) and t for t in texts) or not re.fullmatch(r"section(\.[a-z0-9_]+)+", cells["id"]):
        raise PackError("id (section.name), name, example and counter_example must be text", where=where)
    headers, trust = cells["headers"], cells["trust"]
    if not isinstance(headers, list) or not headers or not all(isinstance(h, str) and header_key(h) for h in headers):
        raise PackError(
            "headers must be a list of words", where=where, hint="Quote words that YAML reads as numbers or booleans."
        )
    if not isinstance(trust, list) or not TRUST.issuperset(trust):
        raise PackError(f"trust {trust!r} is not among {sorted(TRUST)}", where=where)
    if not all(isinstance(cells.get(k, False), bool) for k in ("strict", "sub")):
        raise PackError("strict and sub are true or false", where=where)
    return SectionRule(**{**cells, "headers": tuple(headers), "trust": frozenset(trust)})


_FOLD = str.maketrans(
    {"&": " and ", **dict.fromkeys("-\u2010\u2011\u2013\u2014/_,", " "), **dict.fromkeys("'\u2019().*#=:;", "")}
)
_REMARK = re.compile(r"\s?\([^()]{0,40}\)\Z")
_STATE = ("superseded", "amended", "corrected", "revised", "verified")
_TIMES = ("visit", "note", "encounter", "admission", "consult")
_BEFORE = rf"(?:from|at|of) (?:the )?(?:last|prior|previous|earlier) (?:{'|'.join(_TIMES)})"
_SUFFIX = re.compile(
    rf"\s?(?:{_BEFORE}|\([^()]{{0,60}}\)|\[[^\[\]]{{0,60}}\]|#?\d[\d/.\-]{{0,11}}|[-\u2013]{{1,2}}\s?(?:{'|'.join(_STATE)}))\s?\Z",
    re.IGNORECASE,
)
_CARRIED = re.compile(rf"\b(?:carried|copied|copy|imported|{_BEFORE})\b", re.IGNORECASE)


def header_key(header: str) -> str:
    """The header without case, hyphens, slashes, brackets and other marks: what two spellings of it have in common."""
    return " ".join(header.casefold().translate(_FOLD).split())


def _heads(header: str) -> Iterator[str]:
    """The first four characters of all spellings of a header."""
    head = header.lower()[:4]
    for mark in " -/&_,":
        yield head.replace(" ", mark)
    if len(header) < 4:
        for tail in itertools.product(" ,([#-0123456789", repeat=4 - len(header)):
            yield head + "".join(tail)


class Headings:
    """Finds the rule of a heading; built once for the rules of a pack.

    ``heads`` has the first four characters of every heading and specimen, in lower case: a quick look, and mostly a no.
    """

    def __init__(self, rules: Iterable[SectionRule]) -> None:
        rules = tuple(rules)
        self._rules = {header_key(h): (r, r.trust) for r in rules for h in r.headers}
        self._spelled = {form: (r, r.trust) for r in rules for h in r.headers for form in (h, h.upper())}
        heads = itertools.chain.from_iterable(map(_heads, [*self._rules, *(h for r in rules for h in r.headers)]))
        self.heads = frozenset(heads) | {"part", "spec"}

    def find(self, raw: str) -> tuple[SectionRule, frozenset[str]] | None:
        """The rule of a heading such as ``HPI (carried forward)`` or ``ASSESSMENT 11/10/2026``, and the section's flags."""
        if found := self._spelled.get(raw):
            return found
        if raw[:4].lower() not in self.heads or (". " in raw and ". " in _REMARK.sub("", raw)):
            return None
        if found := self._rules.get(header_key(raw)):
            return found
        if not raw.endswith((")", "]", *"0123456789")) and not raw.lower().endswith((*_STATE, *_TIMES)):
            return None
        bare, suffix = raw, ""
        for _ in range(2):  # a date and a remark, at most
            if match := _SUFFIX.search(bare, max(0, len(bare) - 64)):
                bare, suffix = bare[: match.start()], match[0] + suffix
        found = self._rules.get(header_key(bare))
        if found is not None and _CARRIED.search(suffix):
            return found[0], found[1] | {"low_trust"}
        return found

    def opens_anywhere(self, raw: str) -> bool:
        """Whether the heading opens a section wherever it stands, even inside a line."""
        found = self.find(raw)
        return found is not None and not found[0].strict and not found[0].sub


_TITLE = re.compile(r"[\w /&'#-]++(?:\([\w ,/-]{2,40}\))?")
_TISSUE_ENDS = (
    "biopsy", "biopsies", "bx", "core", "cores", "excision", "excisions", "resection", "resections", "ectomy", "ectomies",
    "fna", "aspirate", "aspiration", "cytology", "removal", "dissection", "brushing", "brushings", "washing", "washings",
    "curetting", "curettings", "curettage", "shave", "punch", "amputation", "whipple",
)  # fmt: skip
_DIAGNOSTIC = re.compile(
    r"carcinom|tumou?r|metasta|negative|positive|malignan|\bnot?\b|benign|neoplas|lymphoma|melanoma|sarcoma|status|s/p"
    r"|history|\bwith\b|evidence|carcinoid|cancer|invasive|\bsee\b",
    re.IGNORECASE,
)


def is_specimen(raw: str, marked: bool) -> bool:
    """Whether a heading names a specimen (``LIVER, SEGMENT 6, CORE BIOPSY``) and tells no diagnosis.

    ``marked`` ones (``A.``, ``PART 2:``) need a comma or capitals; others a comma and capitals.
    """
    caps, comma = raw.isupper(), "," in raw
    if not (caps or comma) if marked else not (caps and comma):
        return False
    bare = raw.rstrip(" -\u2013:.,")
    if bare.endswith(")"):
        bare = _REMARK.sub("", bare[-100:])
    last = bare[-30:].lower().replace("-", " ").rpartition(" ")[2]
    if not last.endswith(_TISSUE_ENDS) or last in {"score", "scores"}:
        return False
    return ". " not in raw and not tells_diagnosis(raw)


_TISSUE = re.compile(
    r"\b(?:biops(?:y|ies)|bx|cores?|wedge|\w{0,12}(?:section|cision|ectomy|ectomies)|fna|aspirat\w{2,3}|cytology|washings?|fluid|effusion|curett\w{3,5}"
    r"|(?:part|specimen|jar|container)s?\s\(?[A-Z\d]{1,2})\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:was|were|is|are|has|had|have|underwent|show\w{0,3}|reveal\w{0,3}|following|follows|discuss\w{0,3}|includ\w{1,3}|he|she|we|they"
    r"|because|plan\w{0,4}|recommend\w{0,4}|after|before|until|if|pending)\b",
    re.IGNORECASE,
)


def names_tissue(raw: str) -> bool:
    """Whether a longer line of mixed case names a specimen and tells nothing ("Liver, segment 2, wedge (part D):")."""
    return ("," in raw or "(" in raw) and _TISSUE.search(raw) is not None and _TOLD.search(raw) is None


def tells_diagnosis(raw: str) -> bool:
    """Whether words that look like a heading say what was found."""
    return _DIAGNOSTIC.search(raw) is not None


def is_title(raw: str) -> bool:
    """Whether a heading without a rule opens a section of its own at a line start: a few words in capitals, no specimen."""
    words = raw.isupper() and 3 <= len(raw) <= 60 and raw.count(" ") <= 6 and _TITLE.fullmatch(raw)
    return bool(words) and not is_specimen(raw, True)
