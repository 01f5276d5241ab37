"""Every gap rule by its number, which gap silences which, and the gaps of a case."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oncospan.gaps.query import compose, indicators_of, quoted
from oncospan.gaps.rules_care import g21, g22, g23, g24, g28, g29
from oncospan.gaps.rules_record import g10, g19, g30
from oncospan.gaps.rules_site import g01, g02, g03, g04, g18, g25, g26, g27
from oncospan.gaps.rules_spread import g16, g17, g20
from oncospan.gaps.rules_status import g08, g09, g14, g15
from oncospan.gaps.rules_tumor import g05, g06, g07, g11, g12, g13
from oncospan.gaps.view import GapHit, GapRule, GapView
from oncospan.types import Evidence, Gap

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["RULES", "SILENCES", "GapHit", "GapRule", "GapView", "find_gaps"]

RULES: Mapping[str, GapRule] = MappingProxyType(
    {
        "G01": g01, "G02": g02, "G03": g03, "G04": g04, "G05": g05, "G06": g06, "G07": g07, "G08": g08, "G09": g09, "G10": g10,
        "G11": g11, "G12": g12, "G13": g13, "G14": g14, "G15": g15, "G16": g16, "G17": g17, "G18": g18, "G19": g19, "G20": g20,
        "G21": g21, "G22": g22, "G23": g23, "G24": g24, "G25": g25, "G26": g26, "G27": g27, "G28": g28, "G29": g29, "G30": g30,
    }
)  # fmt: skip
"""The rules there are, by the number of their gap."""

SILENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "G01": frozenset({"G02", "G15"}),
        "G12": frozenset({"G11"}),
        "G13": frozenset({"G11"}),
        "G25": frozenset({"G01"}),
        "G26": frozenset({"G03"}),
    }
)
"""Which gaps a gap silences (SPEC 7.2); precedence that depends on a deposit stands in the rules themselves."""


OF_THE_CARE = frozenset({"G02", "G15", "G16", "G17", "G21", "G22", "G23", "G24", "G27", "G28", "G29"})
"""What only a treating provider can be asked: nothing of the kind is raised for a case told when it was over."""


def find_gaps(view: GapView, skip: frozenset[str] = frozenset()) -> tuple[Gap, ...]:
    """The gaps of a case with their queries, by number and then by place in the note.

    ``skip`` names gaps (``G02``) a site does not ask about; a skipped gap still silences what it silences. Raises
    QueryRefusedError when a wording of the pack cannot become a query.
    """
    hits = [h for rule in RULES.values() for h in rule(view)]
    silenced = frozenset[str]().union(*(SILENCES.get(h.gap, frozenset()) for h in hits)) | skip
    silenced |= OF_THE_CARE if view.told_case else frozenset()
    kept = sorted((h for h in hits if h.gap not in silenced), key=lambda h: (h.gap, min(map(_place, h.evidence)), h.codes))
    return tuple(_gap(view, h) for h in kept)


def _gap(view: GapView, hit: GapHit) -> Gap:
    wording = view.wordings.of(hit.gap)
    values = {**{k: quoted(v, view.extra_words) for k, v in hit.quotes.items()}, **hit.plain}
    query = compose(
        wording,
        indicators_of(view.note, hit.evidence, hit.against, view.extra_words),
        values,
        supported=hit.supported,
        extra_words=view.extra_words,
    )
    evidence = tuple(sorted(dict.fromkeys(hit.evidence), key=_place))
    return Gap(gap=wording.id, severity=wording.severity, evidence=evidence, codes=hit.codes, query=query)


def _place(e: Evidence) -> tuple[int, int, str]:
    return e.start, e.end, e.rule
