"""How far a cue reaches: whether the words between a cue and a target let the cue through.

medspaCy ConText ends a scope at a sentence border, at a cue of the same category and at TERMINATE cues. Clinical prose
needs more: "no ascites, liver metastases are stable" denies only the ascites, and "no progression of liver metastases" denies
nothing of the metastases. Each rule gets one of the tests made here; they read nothing but lower-case words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from oncospan.pipeline.mentions.clauses import (
    BEFORE,
    BREAKS,
    EXAMPLES,
    JOINS,
    PREPOSITIONS,
    REMOVALS,
    VERBS,
    antecedent,
    belongs,
    cause,
    definite,
    fresh_clause,
    goes_on,
    heads,
    listed,
    names_origin,
    next_clause,
    origin,
    plain,
    predicate,
    shielded,
    told_before,
)
from oncospan.pipeline.mentions.courses import in_course


class Reach(StrEnum):
    """How far a rule's cue reaches towards a target."""

    SENTENCE = "sentence"
    """To the end of the sentence, or to the first fresh clause."""
    CLAUSE = "clause"
    """Not across a comma, unless the comma parts the items of one list."""
    ITEM = "item"
    """Not across a comma, ``and`` or ``or``."""
    PHRASE = "phrase"
    """Not across a comma, ``and``, ``or`` or a preposition."""
    REMOVAL = "removal"
    """Like phrase, but through a removal to what was removed: "s/p resection of"."""


_OR = frozenset({"or", "nor"})
_CLOSERS = frozenset(
    "by on at after via based before because but though although however given considering owing biochemically clinically histologically radiologically "
    "genetically radiographically endoscopically surgically pathologically scintigraphically hormonally molecularly".split()
)
_WHEN = frozenset(
    "in since during last next tomorrow today this later soon early late mid monday tuesday wednesday thursday friday january "
    "february march april may june july august september october november december once pending".split()
)
"""Words that follow a cue which looks back: "resection planned next week", "excised in 2010"."""

_REASONS = frozenset({("in", "view"), ("in", "light")})
"""What opens the reason for an answer ("improbable in view of the interval")."""
_SETTINGS = frozenset({"in", "with", "without"})
"""Words that say where an answer holds, behind one that is a predicate ("is unlikely in a patient without a renal tumor")."""
_OVER = frozenset({"resolved", "subsided", "disappeared", "cleared"})
_CURES = frozenset("chemo chemotherapy treatment therapy surgery resection octreotide lanreotide restriction radiation".split())
"""What ends something, behind a word for what is over ("SIADH resolved with chemotherapy")."""
_DATES = frozenset({"in", "since"})
"""Words that begin a date behind a cue which looks back ("ruled out in 2018")."""

_BEHIND = 8
"""How many words behind a target are read to see whether it has a predicate of its own."""
_LIST = 16
"""How many words behind a target are read to see whether the list it stands in goes on."""

_TELLS = frozenset({"has", "have", "had"})
"""Words that begin a target which tells what became of a tumor ("has spread"), and names none itself."""

Tokens = tuple[int, int]
Callback = Callable[[Sequence[str], int, Tokens, Tokens], bool]
"""Takes the lower-case words, the end of the sentence, the cue's tokens and the target's; says whether the cue reaches."""


def _clause(words: Sequence[str], behind: Sequence[str], joins: frozenset[str]) -> bool:
    """Whether the words stand in one clause, or in one list, or name examples ("a sarcoma, such as")."""
    if BREAKS.isdisjoint(words):
        return True
    for example in EXAMPLES:
        for i in range(len(words)):
            if tuple(words[i : i + len(example)]) == example:
                named = words[: i - 1] if i and words[i - 1] == "," else words[:i]
                one = listed(named) or BREAKS.isdisjoint(named)
                return one and _clause(words[i + len(example) :], behind, joins)
    return listed(words) or (listed(words, open_end=True) and goes_on(behind, joins))


def _passes(reach: Reach, words: Sequence[str], behind: Sequence[str] = (), joins: frozenset[str] = JOINS) -> bool:
    """Whether the words between cue and target are within the reach; sentence scopes pass everything here."""
    if reach is Reach.SENTENCE:
        return True
    if reach is Reach.CLAUSE:
        return _clause(words, behind, joins)
    if not (BREAKS.isdisjoint(words) and JOINS.isdisjoint(words)):
        return False
    if reach is Reach.ITEM:
        return True
    prepositions = [i for i, w in enumerate(words) if w in PREPOSITIONS]
    if not prepositions:
        return True
    return reach is Reach.REMOVAL and len(prepositions) == 1 and _removed(words[: prepositions[0] + 1])


def _removed(words: Sequence[str]) -> bool:
    """Whether the words end with a removal and the preposition before what was removed, or what it was done for."""
    caused = tuple(words[-2:]) in {("secondary", "to"), ("due", "to")}
    head = words[: -2 if caused else -1]
    return (caused or words[-1] in {"of", "for"}) and bool(head) and (head[-1] in REMOVALS or head[-1].endswith("ectomy"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the test of a rule's cue differs from that of its bare reach."""

    guarded: bool = False
    """Stops at shields and at fresh clauses."""
    denies: bool = False
    """Stops at a target that only qualifies what is denied."""
    known: bool = False
    """Stops at the tumor that spread is told of, known already ("to rule out metastases of his cancer"), or that is a cause ("not due to his cancer")."""
    spoken: bool = False
    """Stops at a target already spoken of."""
    course: bool = False
    """Goes through the counts of a course of treatment."""
    timed: bool = False
    """Looks back also where a time follows ("resection planned next week", "excised in 2010")."""
    joins: frozenset[str] = JOINS
    """What ends the list a target stands in the middle of."""
    barred_by: frozenset[str] = frozenset()
    """Words which, between the cue and the end of the target, keep the cue away."""


def forward(reach: Reach, manner: Manner) -> Callback:
    """The test of a cue that works on what follows."""

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        behind = words[target[1] : min(end, target[1] + _LIST)]
        if names_origin(words[cue[1] : target[0]]) or _aside_ended(words, cue, target):
            return False
        between = plain(words[cue[1] : target[0]], behind)
        if not _passes(reach, between, behind, manner.joins) and not (manner.course and in_course(between)):
            return False
        if (manner.denies and heads(behind)) or (manner.known and _known(words, cue, target)):
            return False
        if manner.spoken and words[target[0]] not in _TELLS and definite(between, behind):
            return False
        if not manner.barred_by.isdisjoint(words[cue[1] : target[1]]):
            return False
        if not manner.guarded or not between:
            return True
        return not shielded(between) and not fresh_clause(between, behind[:_BEHIND])

    return reaches


_NEAR = 3
"""How many words before a cue its "whose" stands."""


def _aside_ended(words: Sequence[str], cue: Tokens, target: Tokens) -> bool:
    """Whether the cue stands in a remark on somebody's kin that a comma and the verb of the sentence end ("a man, whose father died of it, has")."""
    if "whose" not in words[max(0, cue[0] - _NEAR) : cue[0]]:
        return False
    return any(a == "," and b in VERBS for a, b in pairwise(words[cue[1] : target[0]]))


def _known(words: Sequence[str], cue: Tokens, target: Tokens) -> bool:
    """Whether the target is told as known already: spread is told of it, or something is put down to it."""
    caused = cause(words, target[0])
    return origin(words, *target, article=True) or (caused is not None and cue[0] < caused[0])


def backward(reach: Reach, manner: Manner) -> Callback:
    """The test of a cue that works on what stands before it."""

    def reaches(words: Sequence[str], _end: int, cue: Tokens, target: Tokens) -> bool:
        between = antecedent(_before_aside(words[target[1] : cue[0]]), words[target[0] - 1] if target[0] else "")
        if manner.denies and (heads(between) or belongs(words, target[0]) or origin(words, *target)):
            return False
        if manner.denies and told_before(between, words[max(0, target[0] - BEFORE) : target[0]]):
            return False
        if not manner.barred_by.isdisjoint(words[target[1] : cue[0]]):
            return False
        return _passes(reach, between)

    return reaches


def _before_aside(words: Sequence[str]) -> Sequence[str]:
    """The words without the parenthesis that opens right before the cue ("cholangiocarcinoma (excluded by stains)")."""
    return words[:-1] if words and words[-1] == "(" else words


def answer(reach: Reach, manner: Manner) -> Callback:
    """The test of a cue that answers what stands before it when it ends its clause, and else works on what follows."""
    onward = forward(reach, replace(manner, guarded=True, joins=_OR))
    back = backward(Reach.CLAUSE if reach is Reach.SENTENCE else reach, manner)
    closers = _CLOSERS | _WHEN if manner.timed else _CLOSERS

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        word = words[cue[1]] if cue[1] < end else "."
        closes = not word[0].isalnum() or word in closers or (manner.timed and word[0].isdigit())
        closes = closes or (word in _DATES and words[min(cue[1] + 1, end - 1)][0].isdigit())
        closes = (
            closes
            or tuple(words[cue[1] : cue[1] + 2]) in _REASONS
            or (word in _SETTINGS and any(map(predicate, words[max(0, cue[0] - 1) : cue[0] + 1])))
        )
        closes = closes or (word == "with" and words[cue[1] - 1] in _OVER and not _CURES.isdisjoint(words[cue[1] : cue[1] + 4]))
        closes = closes or (predicate(words[cue[0]]) and next_clause(words[cue[1] : min(end, cue[1] + _BEHIND)]))
        closes = closes or _asked_again(words, end, cue)
        if target[0] >= cue[1]:
            return not closes and onward(words, end, cue, target)
        return closes and back(words, end, cue, target)

    return reaches


def _asked_again(words: Sequence[str], end: int, cue: Tokens) -> bool:
    """Whether a question mark is the first of several that each end a guess ("metastasis? granuloma?")."""
    if not words[cue[0]].startswith("?") or cue[0] == 0 or not words[cue[0] - 1][0].isalnum():
        return False
    later = (i for i in range(cue[1], min(end, cue[1] + _BEHIND)) if words[i].startswith("?"))
    return any(i + 1 >= end or not words[i + 1][0].isalnum() for i in later)


def either(reach: Reach, manner: Manner) -> Callback:
    """The test of a cue that works on both sides."""
    ahead, back = forward(reach, replace(manner, guarded=False)), backward(reach, manner)

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        return (ahead if target[0] >= cue[1] else back)(words, end, cue, target)

    return reaches
