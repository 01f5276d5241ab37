"""What the styles and lists of a Word document say of its paragraphs: headings, hidden text, and the numbers a person sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_UNSEEN = ("vanish", "strike", "dstrike")
_OFF = {"0", "false", "off"}
_BULLET = "- "


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Any, *path: str) -> Any:
    """The first child a path of names leads to, or None."""
    for name in path:
        element = next((e for e in element if local(e) == name), None) if element is not None else None
    return element


def value(element: Any, name: str = "val") -> str:
    """An attribute in the namespace of Word, or in none; empty where there is none."""
    if element is None:
        return ""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")


def number(said: str) -> int | None:
    """A number as it stands in an attribute; None for anything else."""
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None


def is_on(element: Any) -> bool:
    """Whether a property stands, and is not switched off."""
    return element is not None and value(element).lower() not in _OFF


def hides(properties: Any) -> bool | None:
    """Whether properties of a run hide or strike out its words; None where they say nothing of it."""
    if properties is None:
        return None
    said = [e for e in properties if local(e) in _UNSEEN]
    return any(map(is_on, said)) if said else None


@dataclass(slots=True)
class Styles:
    """The styles by their id: which one they are based on, their properties, and their name."""

    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Any) -> Styles:
        """Those of the part ``styles``; none without it."""
        return cls({value(s, "styleId"): s for s in root if local(s) == "style"} if root is not None else {})

    def chain(self, style: str) -> Iterator[Any]:
        """A style and those it is based on."""
        seen: set[str] = set()
        while style in self.found and style not in seen:
            seen.add(style)
            yield self.found[style]
            style = value(child(self.found[style], "basedOn"))

    def hidden(self, style: str) -> bool:
        """Whether the words of a style are not seen."""
        return next((said for s in self.chain(style) if (said := hides(child(s, "rPr"))) is not None), False)

    def is_heading(self, style: str) -> bool:
        """Whether a paragraph of this style is a heading."""
        return any(re.match(r"heading \d|title$|subtitle$", value(child(s, "name")).lower()) for s in self.chain(style))

    def numbering(self, style: str) -> Any:
        """The list that paragraphs of a style belong to, or None."""
        return next((n for s in self.chain(style) if (n := child(s, "pPr", "numPr")) is not None), None)


@dataclass(slots=True)
class Lists:
    """The lists of a document, and how far each has counted."""

    levels: dict[str, dict[str, Any]] = field(default_factory=dict)
    starts: dict[tuple[str, str], int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Any) -> Lists:
        """Those of the part ``numbering``; none without it."""
        lists = cls()
        for e in root if root is not None else ():
            if local(e) == "abstractNum":
                lists.levels[value(e, "abstractNumId")] = {value(v, "ilvl"): v for v in e if local(v) == "lvl"}
            elif local(e) == "num":
                lists.kinds[value(e, "numId")] = value(child(e, "abstractNumId"))
                for over in (o for o in e if local(o) == "lvlOverride"):
                    if (first := number(value(child(over, "startOverride")))) is not None:
                        lists.starts[value(e, "numId"), value(over, "ilvl")] = first
        return lists

    def label(self, numbering: Any) -> str:
        """What stands before the next paragraph of a list: its number as written there, or a dash."""
        one, level = value(child(numbering, "numId")), value(child(numbering, "ilvl")) or "0"
        levels, at = self.levels.get(self.kinds.get(one, ""), {}), number(level)
        if one in {"", "0"} or at is None or level not in levels:
            return ""
        key = one if any((one, str(v)) in self.starts for v in range(9)) else self.kinds[one]
        counts = self.counts.setdefault(key, {})
        first = self.starts.get((one, level)) or self._start(levels[level])
        counts[at] = counts[at] + 1 if at in counts else first
        for deeper in [k for k in counts if k > at]:
            del counts[deeper]
        return self._written(levels, at, counts)

    @staticmethod
    def _start(level: Any) -> int:
        said = number(value(child(level, "start")))
        return 1 if said is None else said

    def _written(self, levels: dict[str, Any], at: int, counts: dict[int, int]) -> str:
        kind = value(child(levels[str(at)], "numFmt"))
        if kind == "bullet":
            return _BULLET
        if kind == "none":
            return ""
        shape = value(child(levels[str(at)], "lvlText"))
        return re.sub(r"%([1-9])", lambda m: self._number(levels, int(m[1]) - 1, counts), shape).strip() + " " if shape else ""

    def _number(self, levels: dict[str, Any], at: int, counts: dict[int, int]) -> str:
        level = levels.get(str(at))
        count = counts.get(at, self._start(level) if level is not None else 1)
        return _counted(count, value(child(level, "numFmt")) if level is not None else "")


def _counted(count: int, kind: str) -> str:
    """A count as a list of a kind writes it."""
    if kind in {"lowerLetter", "upperLetter"} and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min(1 + (count - 1) // 26, 9)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in {"lowerRoman", "upperRoman"} and 0 < count < 4_000:
        roman = _roman(count)
        return roman.lower() if kind == "lowerRoman" else roman
    return f"{count:02}" if kind == "decimalZero" else str(count)


def _roman(count: int) -> str:
    pairs = zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True)
    out = ""
    for worth, sign in pairs:
        out += sign * (count // worth)
        count %= worth
    return out
