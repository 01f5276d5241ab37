"""Contradictions between the notes of a chart: both sides are kept for a gap to show, none is resolved in silence (SPEC G19).

Only assessments count: neither carried-forward text, nor a story, nor a nurse's words contradict anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from oncospan.case.chart import Chart
from oncospan.case.facts import ASIDE, SITED, STANDING, Fact, Statement
from oncospan.sites import PAIRED, organ
from oncospan.types import Assertion, AuthorRole, Evidence, Kind

_ENDED = ("context.history.resol", "context.negated.ruled_out")
"""Cues by which a text ends what an earlier one said: resolved, ruled out."""

_DISEASE = frozenset({"progression", "residual", "in_place", "stable_disease", "recurrence"})
"""Status words that do not go with "no evidence of disease"."""

_BOTH_SIDES = frozenset({"lung", "eye"})
"""Paired organs in which deposits on both sides are no surprise."""

_RIGHT, _LEFT = frozenset({"right"}), frozenset({"left"})

_QUOTE = 160
"""The longest quote that takes the cue along, in characters."""


def with_conflicts(chart: Chart, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts, each with the evidence that contradicts it; opposite sides of one tumor become one fact."""
    out = [_denied(chart, f) for f in _one_side(facts)]
    out = [_described_otherwise(f) for f in out]
    out = [_denied_as_a_whole(chart, f, out) for f in out]
    return tuple(_disease_or_none(out))


def _assessed(fact: Fact) -> list[Statement]:
    """The statements that may contradict each other."""
    return [s for s in fact.fresh if s.considered and s.standing and not fact.carried(s) and s.assertion not in ASIDE]


def _denied(chart: Chart, fact: Fact) -> Fact:
    """Present here and absent there, unless the absence explicitly ends the presence or a newer study replaces an older one."""
    said = _assessed(fact)
    present = [s for s in said if s.assertion is Assertion.PRESENT]
    absent = [s for s in said if s.assertion is Assertion.ABSENT]
    if fact.kind not in (Kind.PRIMARY, Kind.METASTASIS, Kind.FUNCTIONAL) or not present or not absent:
        return fact
    if _ended(said, present, absent) or _replaced(present, absent):
        return fact
    last = max((*present, *absent), key=lambda s: (s.standing, s.when, s.assertion is Assertion.PRESENT))
    other = absent if last.assertion is Assertion.PRESENT else present
    return _against(fact, _quotes(chart, other))


def _ended(said: Sequence[Statement], present: Sequence[Statement], absent: Sequence[Statement]) -> bool:
    """Whether a text after the last presence ends it: resolved, resected, ruled out."""
    last = max(s.when for s in present)
    after = [s for s in said if s.when >= last and s not in present]
    return max(s.when for s in absent) > last and any(s.assertion is Assertion.HISTORY or _explicit(s) for s in after)


def _explicit(s: Statement) -> bool:
    return any(c.rule.startswith(_ENDED) for c in s.finding.cues)


def _replaced(present: Sequence[Statement], absent: Sequence[Statement]) -> bool:
    """Whether only older reports deny what a newer report shows."""
    if any(s.standing != 1 for s in absent):
        return False
    last = max(s.when[0] for s in absent)
    return any(s.standing == 1 and s.when[0] > last for s in present)


def _quotes(chart: Chart, statements: Iterable[Statement]) -> tuple[Evidence, ...]:
    """The evidence of the statements; a denial is quoted with its cue."""
    out = []
    for s in statements:
        for e in s.finding.evidence:
            near = [c for c in s.finding.cues if c.start < e.end + _QUOTE and e.start < c.end + _QUOTE]
            start, end = min((e.start, *(c.start for c in near))), max((e.end, *(c.end for c in near)))
            text = chart.text[start:end]
            fits = len(text) <= _QUOTE and "\n" not in text and s.assertion is Assertion.ABSENT
            out.append(replace(e, start=start, end=end, text=text) if fits else e)
    return tuple(dict.fromkeys(out))


def _against(fact: Fact, evidence: Iterable[Evidence], axis: str = "presence") -> Fact:
    """The fact with evidence against it on an axis: presence, side or behavior."""
    against = tuple(dict.fromkeys((*fact.against, *evidence)))
    return replace(fact, against=against, axis=fact.axis or axis) if against else fact


def _described_otherwise(fact: Fact) -> Fact:
    """Benign here and malignant there."""
    said = [s for s in _assessed(fact) if s.assertion in (Assertion.PRESENT, Assertion.HISTORY) and s.finding.behavior]
    if fact.kind is not Kind.PRIMARY or not said:
        return fact
    best = max(said, key=lambda s: (s.standing, s.when, -s.order))
    other = [s for s in said if {best.finding.behavior, s.finding.behavior} == {"benign", "malignant"}]
    return _against(fact, (e for s in other for e in s.finding.evidence), "behavior")


def _one_side(facts: Sequence[Fact]) -> list[Fact]:
    """The facts, a tumor said to be on the right by one note and on the left by another made one, the other side against it."""
    out: list[Fact | None] = list(facts)
    sided = [i for i, f in enumerate(facts) if f.kind in SITED and _sides(f) in (_RIGHT, _LEFT)]
    for i, j in combinations(sided, 2):
        a, b = out[i], out[j]
        if a is not None and b is not None and _opposite(a, b, facts):
            first, other = sorted((a, b), key=_latest, reverse=True)
            seen = (e for s in _assessed(other) for e in s.finding.evidence)
            out[i], out[j] = _against(first, (*other.against, *seen), "side"), None
    return [f for f in out if f is not None]


def _latest(fact: Fact) -> tuple[object, ...]:
    return max((s.standing, s.considered, *s.when, -s.order) for s in fact.fresh)


def _opposite(a: Fact, b: Fact, facts: Sequence[Fact]) -> bool:
    """Whether two facts are one tumor on opposite sides: no note speaks of both, and none of both sides at once."""
    f, g = a.statements[0].finding, b.statements[0].finding
    if f.kind is not g.kind or organ(f.concept) != organ(g.concept) or _sides(a) == _sides(b):
        return False
    if organ(f.concept) not in PAIRED or (f.kind is Kind.METASTASIS and organ(f.concept) in _BOTH_SIDES):
        return False
    told = [[s for s in _assessed(x) if s.assertion is Assertion.PRESENT] for x in (a, b)]
    if not all(told) or {s.order for s in a.statements} & {s.order for s in b.statements}:
        return False
    return not any(
        "bilateral" in _sides(x) for x in facts
        if x.kind is f.kind and organ(x.statements[0].finding.concept) == organ(f.concept)
    )  # fmt: skip


def _sides(fact: Fact) -> frozenset[str]:
    return frozenset(s.finding.side for s in fact.statements if s.finding.side)


def _denied_as_a_whole(chart: Chart, fact: Fact, facts: Sequence[Fact]) -> Fact:
    """A deposit that stands, and a provider who says later, or the same day, that there is no metastatic disease at all."""
    if fact.kind is not Kind.METASTASIS or fact.statements[0].finding.concept.startswith(("lymph_node", "unspecified")):
        return fact
    present = [s for s in _assessed(fact) if s.assertion is Assertion.PRESENT]
    if not present:
        return fact
    last = max(s.when for s in present)
    ended = any(s.when >= last and (s.assertion is Assertion.HISTORY or _explicit(s)) for s in fact.fresh)
    whole = [
        s for f in facts if f.kind is Kind.METASTASIS and f.statements[0].finding.concept == "unspecified"
        for s in _assessed(f)
        if s.assertion is Assertion.ABSENT and s.standing == STANDING[AuthorRole.PROVIDER] and s.when >= last
        and not _explicit(s)
    ]  # fmt: skip
    return fact if ended else _against(fact, _quotes(chart, whole))


def _disease_or_none(facts: Sequence[Fact]) -> list[Fact]:
    """No evidence of disease in one note, progressing, residual or stable disease in another.

    A recurrence after such a statement ends it; what is told of the past contradicts nothing.
    """
    out = list(facts)
    status = {f.statements[0].finding.concept: f for f in facts if f.kind is Kind.STATUS}
    free = [s for s in _assessed(status["ned"]) if s.assertion is Assertion.PRESENT] if "ned" in status else []
    seen = [
        s for name in sorted(_DISEASE & status.keys()) for s in _assessed(status[name])
        if s.assertion is Assertion.PRESENT and any(_clashes(name, s, n) for n in free)
    ]  # fmt: skip
    if not seen:
        return out
    both = [s for s in free if any(_clashes(x.finding.concept, x, s) for x in seen)]
    last = max((*both, *seen), key=lambda s: (s.standing, s.when, -s.order))
    other = seen if last in both else both
    at = out.index(status[last.finding.concept])
    out[at] = _against(out[at], (e for s in other for e in s.finding.evidence))
    return out


def _clashes(name: str, disease: Statement, free: Statement) -> bool:
    if disease.order == free.order:
        return False
    return not (name == "recurrence" and disease.when[0] > free.when[0])
