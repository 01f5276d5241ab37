"""The query composer: indicators from the note, one question, options; nothing else in the product builds a Query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oncospan.gaps.lint import ELISION, TAIL, LintProblem, QueryRefusedError, forbidden, lint
from oncospan.types import Evidence, Indicator, Note, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oncospan.gaps.wording import Wording

MOST_INDICATORS = 6
MOST_AGAINST = 2
SNIPPET = 180
"""The most characters of a quoted indicator, unless its evidence alone is longer."""

PHRASE = 80
"""The most characters of a phrase quoted inside a question."""

_END = re.compile(r"[.!?](?=\s)|\n|;\s")
_LONGEST_ABBREVIATION = 8
_ABBREVIATION = re.compile(r"(?:\b(?:dr|mr|mrs|ms|vs|st|no|approx|e\.g|i\.e|cf|ca|pt|dx|hx|[a-z]))\.\Z", re.IGNORECASE)


def compose(
    template: Wording,
    indicators: Sequence[Indicator],
    values: Mapping[str, str],
    *,
    supported: Iterable[str] = (),
    extra_words: Iterable[str] = (),
) -> Query:
    """The query of ``template`` with its placeholders filled, checked by the linter; raises QueryRefusedError when it may not be sent.

    ``supported`` names the conditional options the case supports; ``extra_words`` are a site's own forbidden words.
    """
    extra = tuple(extra_words)
    given = frozenset(supported)
    try:
        question = template.question.format_map(values)
        options = [o.text.format_map(values) for o in template.options if o.needs is None or o.needs in given]
    except KeyError as e:
        raise QueryRefusedError((LintProblem(rule="placeholder", what=f"no value for {e}"),), where=template.where) from None
    query = Query(
        title=template.title,
        indicators=tuple(indicators),
        question=question,
        options=(*dict.fromkeys(options), *TAIL),
    )
    if problems := lint(query, extra):
        raise QueryRefusedError(problems, where=template.where)
    return query


def indicators_of(
    note: Note, evidence: Sequence[Evidence], against: Sequence[Evidence] = (), extra_words: Iterable[str] = ()
) -> tuple[Indicator, ...]:
    """Up to six quotes of ``note``: those for the question first, then up to two against; none twice."""
    words = forbidden(tuple(extra_words))
    source = words.sub(ELISION, f"{note.note_type or 'clinical note'}, {note.author_role}")
    date = note.note_date.isoformat() if note.note_date else None
    contrary = _snippets(note.text, against, MOST_AGAINST)
    spoken = _snippets(note.text, evidence, MOST_INDICATORS)
    contrary = [s for s in contrary if s not in spoken]
    texts = [*spoken[: MOST_INDICATORS - len(contrary)], *contrary]
    return tuple(Indicator(text=words.sub(ELISION, t), source=source, date=date) for t in texts)


_LOOKED_AT = 300
"""How many spans are looked at for snippets that differ: a note that says one thing a thousand times has no more."""


def _snippets(text: str, evidence: Sequence[Evidence], most: int) -> list[str]:
    """The snippets of the evidence in its given order; a span inside an earlier snippet needs none of its own."""
    spans: list[tuple[int, int]] = []
    out: dict[str, None] = {}
    for e in evidence[:_LOOKED_AT]:
        if len(out) == most:
            break
        if text[e.start : e.end] != e.text:  # evidence of another note of the encounter: quote it as it is
            out[e.text] = None
            continue
        if any(a <= e.start and e.end <= b for a, b in spans):
            continue
        a, b = snippet(text, e.start, e.end)
        spans.append((a, b))
        out[text[a:b]] = None
    return list(out)


def snippet(text: str, start: int, end: int, most: int = SNIPPET) -> tuple[int, int]:
    """The offsets of a readable piece of the sentence around ``start:end``, cut between words, about ``most`` characters."""
    room = max(0, most - (end - start))
    low, high = max(0, start - room), min(len(text), end + room)
    left = max((at for at in _ends(text, low, start) if not _abbreviated(text, low, at)), default=low)
    right = next((at for at in _ends(text, end, high) if not _abbreviated(text, 0, at)), high)
    while right - left > max(most, end - start):  # too long: give up words on the longer side
        if start - left >= right - end:
            left = _next_word(text, left, start)
        else:
            right = _word_before(text, right, end)
    left = _on_boundary(text, left, start) if left == low and low else left
    right = _back_to_boundary(text, right, end) if right == high and high < len(text) else right
    while left < start and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Where marks and lines end between two places of the text."""
    return (m.end() for m in _END.finditer(text, start, end))


def _abbreviated(text: str, start: int, end: int) -> bool:
    """Whether a full stop is that of an abbreviation which begins behind ``start``."""
    return _ABBREVIATION.search(text, max(start, end - _LONGEST_ABBREVIATION), end) is not None


def _next_word(text: str, at: int, stop: int) -> int:
    while at < stop and not text[at].isspace():
        at += 1
    while at < stop and text[at].isspace():
        at += 1
    return at


def _word_before(text: str, at: int, stop: int) -> int:
    while at > stop and text[at - 1].isspace():
        at -= 1
    while at > stop and not text[at - 1].isspace():
        at -= 1
    return at


def _on_boundary(text: str, at: int, stop: int) -> int:
    return at if text[at - 1].isspace() else _next_word(text, at, stop)


def _back_to_boundary(text: str, at: int, stop: int) -> int:
    return at if text[at].isspace() else _word_before(text, at, stop)


def quoted(phrases: Iterable[str], extra_words: Iterable[str] = ()) -> str:
    """Up to three different phrases of the record in quotation marks, joined with "and"; each cut to 80 characters.

    A forbidden word in a phrase is left out; phrases of which nothing stays give "the finding quoted above".
    """
    words = forbidden(tuple(extra_words))
    told = dict.fromkeys(p for p in (_phrase(words.sub(ELISION, t)) for t in phrases) if any(c.isalnum() for c in p))
    return " and ".join(f"“{p}”" for p in list(told)[:3]) or "the finding quoted above"


def _phrase(text: str) -> str:
    plain = " ".join(re.sub("[“”]", "'", text).split())
    if len(plain) <= PHRASE:
        return plain
    cut = plain[:PHRASE]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"
