"""Which test of a sentence showed which result, and which results only take up what the sentence before showed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.tests.shown import Result

REACH = 2
"""How many sentences after a test without a finding of its own may carry its result."""

_BREAK = re.compile(r"[.;](?:\s|\Z)")
_ASIDE = re.compile(
    r"[^(),]{0,30}\((?:[\w/-]{2,14}(?:\s[\d/]{2,10})?[,;]\s)?(?:(?:on|by|at|via|per|see|seen|known|proven)\s)?(?:[\w./-]+\s+){0,2}\Z"
)
"""Between a result and the test named with it in brackets ("bone metastases (bone scan 4/26)")."""


def resumed(facts: LineFacts, results: list[Result], before: LineFacts, shown: Sequence[Result]) -> list[Result]:
    """The results of a sentence; a lump it takes up again ("the lesion") is the metastasis that the sentence before showed."""
    line = facts.line
    near = line.index - before.line.index <= REACH and line.section is before.line.section
    if not near or not shown or any(r.of != "metastasis" for r in shown):
        return results
    lumps = [
        t
        for t in facts.tumors
        if t.mention.weak and t.place is None and line.within["test.taken_up"].search(line.text, 0, t.start - line.sentence.start)
    ]
    if not lumps:
        return results
    again = {id(t.mention) for t in facts.tumors if t.place is None and t.start >= lumps[0].start}
    return [replace(r, of="metastasis", sites=shown[-1].sites) if id(r.mentions[0]) in again else r for r in results]


def names_tumor(r: Result) -> bool:
    """Whether a result stands on a tumor word or a metastasis word, not on a mere lump."""
    return any(m.category in ("tumor", "metastasis") and not m.weak for m in r.mentions)


def tied(
    line: Line, tests: Sequence[Mention], results: Sequence[Result], mute: Sequence[Mention]
) -> Iterator[tuple[Mention, Result]]:
    """Each result with the tests that lead up to it; a test that comes after its result ("a mass on CT") with that.

    The ``mute`` tests showed nothing after their name; what stands before it they may have shown.
    """
    leading: list[Mention] = []
    waiting: list[Mention] = []
    orphans: list[Result] = []
    last: Result | None = None
    end = results[-1].start
    events: list[Mention | Result] = [*tests, *results]
    ordered = sorted(events, key=lambda e: (e.start, isinstance(e, Result)))
    for i, e in enumerate(ordered):
        if isinstance(e, Result):
            if (
                not waiting
                and last is not None
                and (_apart(line, last, e, ordered[i + 1 : i + 2]) or _proved(line, leading, last, e))
            ):
                leading = []
            leading, waiting = waiting or leading, []
            yield from ((t, e) for t in leading)
            orphans += [] if leading else [e]
            last = e
        elif last is not None and _looks_back(line, last, e, at_end=e.start > end and e not in mute):
            orphans = [r for r in orphans if r.of == last.of] if _joined(line, orphans, last) else orphans
            shown = [last] if _ASIDE.match(line.between(last.mentions[-1], e)) else orphans or [last]
            yield from ((e, r) for r in shown)
            orphans = [r for r in orphans if r not in shown]
        elif e not in mute:
            waiting.append(e)
        elif not waiting:
            leading = []


_WITH = re.compile(r"\bwith\b", re.IGNORECASE)


def _joined(line: Line, orphans: Sequence[Result], last: Result) -> bool:
    """Whether the deposits that a test behind them showed are only joined to the primary ("carcinoid with metastases on MRI")."""
    others = [r for r in orphans if r.of != last.of]
    if last.of != "metastasis" or not others or not names_tumor(others[-1]):
        return False
    return _WITH.search(line.between(others[-1].mentions[-1], last.mentions[0])) is not None


def _proved(line: Line, leading: Sequence[Mention], before: Result, result: Result) -> bool:
    """Whether what is proven is told before a comma ("biopsy-proven hepatic metastasis, ileal NET")."""
    if not leading or not all(t.category == "tissue" and line.within["test.proven"].search(line.word(t)) for t in leading):
        return False
    between = line.between(before.mentions[-1], result.mentions[0])
    return "," in between and _AND.search(between) is None


_AND = re.compile(r"\b(?:and|with)\b", re.IGNORECASE)


def _apart(line: Line, before: Result, result: Result, behind: Sequence[Mention | Result]) -> bool:
    """Whether a result stands in a clause of its own with the test behind it ("PET: metastases; adenocarcinoma by biopsy")."""
    if not _BREAK.search(line.between(before.mentions[-1], result.mentions[0])):
        return False
    tests = [t for t in behind if isinstance(t, Mention)]
    return any(_looks_back(line, result, t, at_end=False) for t in tests)


def _looks_back(line: Line, result: Result, test: Mention, *, at_end: bool) -> bool:
    """Whether a test named after a result is the one that showed it: "on CT", or nothing else follows."""
    between = line.between(result.mentions[-1], test)
    if _BREAK.search(between):
        return False
    if _ASIDE.match(between):
        return True
    return at_end or line.within["test.back"].search(line.text, 0, test.start - line.sentence.start) is not None
