"""What the learned second opinion looks at: the structure of a proposal and of its note, as numbers; never their words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from oncospan.types import Assertion, AuthorRole, CodeProposal, CodeStatus, Finding, Gap, Kind

CONCLUSIVE = frozenset(
    "impression assessment assessment_and_plan diagnosis final_diagnosis discharge_diagnosis principal_diagnosis "
    "secondary_diagnoses postoperative_diagnosis synoptic".split()
)
"""The sections in which an author concludes."""

_SHORT = 5
"""Characters of the longest abbreviation; longer words are written out."""

_DIAGNOSES = (Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL)


@dataclass(frozen=True, eq=False)  # slots would leave the cached properties no room
class Around:
    """What stands around the proposals of a record: its findings, proposals and gaps, its author and its length."""

    findings: tuple[Finding, ...]
    proposals: tuple[CodeProposal, ...]
    gaps: tuple[Gap, ...]
    author_role: AuthorRole
    chars: int

    @cached_property
    def by_id(self) -> Mapping[str, Finding]:
        """The findings by id."""
        return {f.id: f for f in self.findings}

    @cached_property
    def primaries(self) -> int:
        """How many primaries the record holds as certain, current or former."""
        return sum(f.kind is Kind.PRIMARY and f.assertion in (Assertion.PRESENT, Assertion.HISTORY) for f in self.findings)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The codes a gap asks about."""
        return frozenset(code for g in self.gaps for code in g.codes)

    def own(self, p: CodeProposal) -> tuple[Finding, ...]:
        """The findings a proposal stands on."""
        if (own := self._own.get(p.findings)) is None:  # most features ask
            own = self._own[p.findings] = tuple(self.by_id[i] for i in p.findings if i in self.by_id)
        return own

    @cached_property
    def _own(self) -> dict[tuple[str, ...], tuple[Finding, ...]]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number of a proposal; ``sign`` says whether more of it speaks for the code (1) or against it (-1)."""

    sign: int
    what: str
    of: Callable[[CodeProposal, Around], float]


def _conflict(p: CodeProposal, around: Around) -> float:
    own = around.own(p)
    about = {(f.kind, f.concept) for f in own}
    return float(any((f.kind, f.concept) in about and f not in own for f in around.findings if f.kind in _DIAGNOSES))


def _rivals(p: CodeProposal, around: Around) -> float:
    family = _family(p)
    return math.log(sum(_family(o) == family for o in around.proposals))


def _site_role(p: CodeProposal, around: Around) -> float:
    told = [f.support for f in around.own(p) if f.support is not None]
    if not told:
        return _UNTOLD
    mean = min(max(math.fsum(told) / len(told), _LEAST), 1 - _LEAST)
    return math.log(mean / (1 - mean))


_UNTOLD, _LEAST = 0.8, 0.02
"""What a code without a site counts as, and the least chance that is told apart from none."""


def _family(p: CodeProposal) -> str:
    return p.rule.partition(".")[0]


def _flagged(*flags: str) -> Callable[[CodeProposal, Around], float]:
    return lambda p, around: float(any(not f.flags.isdisjoint(flags) for f in around.own(p)))


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "rule_figure": Feature(sign=1, what="the fixed figure of the rule", of=lambda p, _: p.confidence),
        "mentions": Feature(sign=1, what="log of the number of evidence spans", of=lambda p, _: math.log(len(p.evidence))),
        "wordings": Feature(
            sign=1, what="log of the number of term rules that matched", of=lambda p, _: math.log(len({e.rule for e in p.evidence}))
        ),
        "sections": Feature(
            sign=1, what="log of the number of sections they stand in",
            of=lambda p, _: math.log(len({e.section for e in p.evidence})),
        ),
        "conclusive": Feature(
            sign=1, what="a span stands in an impression, assessment or diagnosis",
            of=lambda p, _: float(any(e.section in CONCLUSIVE for e in p.evidence)),
        ),
        "written_out": Feature(
            sign=1, what="log of the length of the longest span", of=lambda p, _: math.log(max(e.end - e.start for e in p.evidence))
        ),
        "site_named": Feature(
            sign=1, what="a span names a site", of=lambda p, _: float(any(e.rule.startswith("site.") for e in p.evidence))
        ),
        "graded": Feature(sign=1, what="a grade is stated", of=lambda p, a: float(any(f.grade for f in a.own(p)))),
        "origin_known": Feature(
            sign=1, what="the primary of the deposit is known", of=lambda p, a: float(any(f.origin for f in a.own(p)))
        ),
        "tested": Feature(
            sign=1, what="an imaging study or tissue confirms it",
            of=lambda p, a: float(any(f.kind is Kind.CONFIRMATION and set(f.supports) & set(p.findings) for f in a.findings)),
        ),
        "site_role": Feature(
            sign=1, what="log odds that its sites are what the rules read them as, by the words around them", of=_site_role,
        ),
        "abbreviated": Feature(
            sign=-1, what="only abbreviations name it", of=lambda p, _: float(all(e.end - e.start <= _SHORT for e in p.evidence))
        ),
        "no_section": Feature(
            sign=-1, what="no span stands under a heading", of=lambda p, _: float(all(e.section is None for e in p.evidence))
        ),
        "late": Feature(
            sign=-1, what="where the first span stands, as a share of the text",
            of=lambda p, a: min(e.start for e in p.evidence) / max(a.chars, 1),
        ),
        "unspecified_code": Feature(
            sign=-1, what="the title of the code says unspecified", of=lambda p, _: float("unspecified" in p.title.lower())
        ),
        "other_code": Feature(sign=-1, what="the title of the code says other", of=lambda p, _: float("other " in p.title.lower())),
        "primaries": Feature(
            sign=-1, what="log of one more than the primaries of the record", of=lambda _, a: math.log1p(a.primaries)
        ),
        "rivals": Feature(sign=-1, what="log of the proposals of the same family of rules", of=_rivals),
        "conflict": Feature(sign=-1, what="the same site or syndrome is told otherwise too", of=_conflict),
        "doubt": Feature(
            sign=-1, what="a flag tells of doubt: low trust, direction, history, only metastatic, inferred, followed",
            of=_flagged(
                "low_trust", "direction_ambiguous", "history_cue", "metastatic_stated", "inferred_region", "followed", "stage_only"
            ),
        ),
        "cues": Feature(
            sign=-1, what="log of one more than the cues that decided it",
            of=lambda p, a: math.log1p(sum(len(f.cues) for f in a.own(p))),
        ),
        "asked": Feature(sign=-1, what="a gap asks about the code", of=lambda p, a: float(p.code in a.asked)),
        "no_provider": Feature(
            sign=-1, what="the author is no provider", of=lambda _, a: float(a.author_role is not AuthorRole.PROVIDER)
        ),
    }
)  # fmt: skip
"""Every feature by name; a model may weigh any of them, and never against its sign."""


def numbers(p: CodeProposal, around: Around) -> dict[str, float]:
    """Every feature of a proposal."""
    return {name: feature.of(p, around) for name, feature in FEATURES.items()}


def stands(p: CodeProposal) -> bool:
    """Whether the rules propose the code, rather than sending it to review themselves."""
    return p.status is CodeStatus.PROPOSED
