"""A learned reading of what a named site is in its note: the place of the primary, of a metastasis, denied, doubted, or none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from oncospan.errors import PackError
from oncospan.pack import Pack
from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.sites import organ
from oncospan.tables import read_tsv
from oncospan.types import Assertion, Finding, Kind

FILE = "learned/site_roles.tsv"
"""Where the weights stand in a pack."""

ROLES = ("primary", "metastasis", "absent", "uncertain", "none")
"""The place of a primary; of a metastasis that is present, denied or doubted; neither."""

Weights = Mapping[str, tuple[float, ...]]
"""What every feature adds to each role, in the order of ``ROLES``."""

INTERCEPT = "(intercept)"
_WORDS = 7
"""How many words on each side of a site are looked at."""
_FADES = tuple(1 / (1 + away / 4) for away in range(_WORDS))
"""What a word counts by how many others stand between: half at the fourth."""
_NEAR = 30
"""The distance, in characters, at which a mention has lost two thirds of its weight."""
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_BESIDE = ("tumor", "metastasis", "imaging", "tissue", "treatment", "side")
_TELLING = frozenset({"tumor", "metastasis"})
_OPENS = re.compile(r"[\s\dA-F.):-]*")


def features(line: Line, place: Place) -> dict[str, float]:
    """What stands around a place: the words on each side, the section, and the nearest mention of each kind."""
    at = line.sentence.start
    before, after = line.text[: place.start - at], line.text[place.end - at :]
    out: dict[str, float] = {}
    for side, words in (("before", reversed(_WORD.findall(before)[-_WORDS:])), ("after", _WORD.findall(after)[:_WORDS])):
        for fades, word in zip(_FADES, words, strict=False):
            out.setdefault(f"{side} {word.lower()}", fades)
    out[f"section {line.section.name if line.section else None}"] = 1.0
    for category in _BESIDE:
        mentions = line.of(category)
        if not mentions:
            continue
        distance, nearest = min(((max(m.start - place.end, place.start - m.end), m) for m in mentions), key=lambda n: n[0])
        out[f"{category}"] = 1.0
        out[f"{category} near"] = math.exp(-max(distance, 0) / _NEAR)
        out[f"{category} {nearest.assertion}"] = 1.0
        if category in _TELLING:
            out[f"{category} {'before' if nearest.start < place.start else 'after'} {nearest.concept}"] = 1.0
    if place.node:
        out["node"] = 1.0
    if _OPENS.fullmatch(before):
        out["opens"] = 1.0
    out[f"site {place.site}"] = out[f"is {place.assertion}"] = 1.0
    return out


@dataclass(frozen=True, slots=True)
class SiteRoles:
    """A multinomial logistic regression over the words and mentions around a site."""

    weights: Weights

    def chances(self, line: Line, place: Place) -> tuple[float, ...]:
        """The chance of each role, in the order of ``ROLES``."""
        primary, metastasis, absent, uncertain, none = self.weights[INTERCEPT]
        for feature, value in features(line, place).items():
            if (adds := self.weights.get(feature)) is not None:  # thousands a second: written out, it takes a third of the time
                primary += adds[0] * value
                metastasis += adds[1] * value
                absent += adds[2] * value
                uncertain += adds[3] * value
                none += adds[4] * value
        totals = (primary, metastasis, absent, uncertain, none)
        top = max(totals)
        shares = [math.exp(t - top) for t in totals]
        whole = math.fsum(shares)
        return tuple([s / whole for s in shares])

    def supported(self, findings: Iterable[Finding], lines: Iterable[LineFacts]) -> Iterator[Finding]:
        """The findings, each primary and metastasis with the mean chance of what it says over the mentions of its organ.

        An organ is weighed once, however many findings it has.
        """
        places: dict[str, list[tuple[Line, Place]]] = {}
        for facts in lines:
            for place in facts.places:
                places.setdefault(organ(place.site), []).append((facts.line, place))
        weighed: dict[str, list[tuple[float, ...]]] = {}
        for finding in findings:
            site, role = organ(finding.concept), _ROLE.get((finding.kind, finding.assertion))
            if role is None or site not in places:
                yield finding
                continue
            if site not in weighed:
                weighed[site] = [self.chances(line, p) for line, p in places[site]]
            chances = [c[ROLES.index(role)] for c in weighed[site]]
            yield replace(finding, support=round(math.fsum(chances) / len(chances), 3))


_ROLE = {
    (Kind.PRIMARY, Assertion.PRESENT): "primary", (Kind.PRIMARY, Assertion.HISTORY): "primary",
    (Kind.METASTASIS, Assertion.PRESENT): "metastasis", (Kind.METASTASIS, Assertion.ABSENT): "absent",
    (Kind.METASTASIS, Assertion.UNCERTAIN): "uncertain",
}  # fmt: skip


def text_of(weights: Weights) -> str:
    """The table of the weights, features in order."""
    rows = ["\t".join([f, *(f"{w:g}" for w in weights[f])]) for f in sorted(weights)]
    return "\n".join(["\t".join(_COLUMNS), *rows, ""])


_COLUMNS = ("feature", *ROLES)


def read_roles(path: Path) -> SiteRoles:
    """The model in a table. Raises PackError with file:line for a weight that is no number, or without an intercept."""
    weights: dict[str, tuple[float, ...]] = {}
    for row in read_tsv(path, _COLUMNS):
        weights[row["feature"]] = _numbers([row[role] for role in ROLES], row.where)
    if INTERCEPT not in weights:
        raise PackError(f"there is no row {INTERCEPT}", where=path.name, hint="Run make train.")
    return SiteRoles(weights)


def _numbers(cells: Sequence[str], where: str) -> tuple[float, ...]:
    try:
        found = tuple(map(float, cells))
    except ValueError:
        found = (math.nan,)
    if not all(map(math.isfinite, found)):
        raise PackError("a weight is no number", where=where, hint="Run make train.")
    return found


@lru_cache(maxsize=4)
def roles_of(pack: Pack) -> SiteRoles | None:
    """The model of a pack, None where it has none. Raises PackError for a table that cannot be read."""
    path = pack.root / FILE
    return read_roles(path) if path.is_file() else None
