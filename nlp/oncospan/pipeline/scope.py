"""How far a cue reaches: whether the words between a cue and a target let the cue through.

medspaCy ConText ends a scope at a sentence border, at a cue of the same category and at TERMINATE cues. Clinical prose
needs more: "no ascites, liver metastases are stable" denies only the ascites, and "no progression of liver metastases" denies
nothing of the metastases. Each rule gets one of the tests made here; they read nothing but lower-case words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise


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


BREAKS = frozenset(", ; ( ) \N{EM DASH} \N{EN DASH} \N{BULLET}".split())
_JOINS = frozenset({"and", "or", "nor", "&"})
_AUXILIARIES = frozenset("is are was were has have had been be also all now".split())
_PREPOSITIONS = frozenset("of for from to with in on at by into via against as after before since".split())
_VERBS = frozenset(
    "is are was were has have had shows show showed showing demonstrates demonstrated demonstrate reveals revealed reveal "
    "confirms confirmed measures measured remains remain remained persists persist persisted presents presented underwent "
    "received developed continues continue started noted found identified seen grew progressed appears appear".split()
)
_PREDICATES = _VERBS - {"noted", "found", "identified", "seen"} | frozenset(
    "stable unchanged increased decreased progressed enlarged would will should may".split()
)
_SIGHTED = frozenset(
    "seen identified noted present evident visualized visualised demonstrated appreciated detected found observed "
    "reported not no absent negative excluded ruled resolved there".split()
)
_OPEN_QUESTIONS = (("cannot",), ("can", "not"), ("could", "not"), ("not", "excluded"), ("not", "ruled"), ("can", "'"))
_FRESH_OPENERS = frozenset(
    "possible possibly probable probably likely suspected suspicious questionable concerning concern consistent compatible "
    "presumed presumably favored worrisome".split()
)
_SHIELDS = frozenset(
    "progression growth change changes increase increases enlargement worsening complication complications pain response "
    "reaction treatment treatments therapy therapies chemotherapy radiation radiotherapy immunotherapy surgery surgeries "
    "resection resections biopsy biopsies debulking embolization chemoembolization radioembolization ablation bleeding "
    "obstruction toxicity control palliation".split()
)
_SHIELD_SUFFIXES = ("ectomy", "otomy", "ostomy", "oscopy", "plasty")
_SHIELDED_BY = frozenset({"of", "for", "from", "to", "in", "related", "due", "secondary"})
_REMOVALS = frozenset("resection removal excision enucleation extirpation surgery".split())

_BEHIND = 8
"""How many words behind a target are read to see whether it has a predicate of its own."""

Tokens = tuple[int, int]
Callback = Callable[[Sequence[str], int, Tokens, Tokens], bool]
"""Takes the lower-case words, the end of the sentence, the cue's tokens and the target's; says whether the cue reaches."""


def shielded(words: Sequence[str]) -> bool:
    """Whether the words hold a noun that takes the cue upon itself ("progression of", "hepatectomy for")."""
    return any(
        b in _SHIELDED_BY and (a in _SHIELDS or a.endswith(_SHIELD_SUFFIXES))
        for a, b in pairwise(words)
    )  # fmt: skip


def listed(words: Sequence[str]) -> bool:
    """Whether commas in the words only part the items of one list that ends in ``and``, ``or`` or ``nor``."""
    while words and words[-1] in _AUXILIARIES:
        words = words[:-1]
    if any(w in BREAKS and w != "," for w in words):
        return False
    last = max((i for i, w in enumerate(words) if w == ","), default=-1)
    if not any(w in _JOINS for w in words[last + 1 :]):
        return False
    if any(w in _VERBS or w in _PREPOSITIONS for w in words):
        return False
    run = 0
    for word in words:
        run = 0 if word == "," or word in _JOINS else run + 1
        if run > 4:
            return False
    return True


def _finite(words: Sequence[str]) -> bool:
    """Whether the words after a target say something of it that a denial would not ("are stable", not "are seen")."""
    for i, word in enumerate(words):
        if word in BREAKS:
            return False
        if any(tuple(words[i : i + len(q)]) == q for q in _OPEN_QUESTIONS):
            return True
        if word in _PREDICATES:
            rest = [w for w in words[i + 1 : i + 3] if w not in {"been", "also", "currently", "again"}]
            return not (rest and rest[0] in _SIGHTED)
    return False


def fresh_clause(between: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the target opens or stands in a clause of its own, so that a cue before that clause does not reach it.

    ``between`` are the words from the cue to the target, ``after`` some words behind the target.
    """
    at = max((i for i, w in enumerate(between) if w in BREAKS or w in _JOINS), default=-1)
    if at < 0:
        return False
    if any(
        w in _VERBS and any(v in BREAKS or v == "and" for v in between[:i]) and not _passive(between, i)
        for i, w in enumerate(between)
    ):
        return True
    if between[at] in {"or", "nor"}:
        return False
    tail = between[at + 1 :]
    if between[at] == "," and tail and tail[0] in _JOINS:
        return False
    if tail and tail[0] in _FRESH_OPENERS:
        return True
    return _finite(after)


def _passive(words: Sequence[str], at: int) -> bool:
    """Whether the verb is one of those a denied list may still hold ("no nodes, as noted before, or masses")."""
    return words[at] in {"noted", "found", "identified", "seen", "presents"} and not any(
        w in {"is", "are", "was", "were", "has", "have"} for w in words[max(0, at - 2) : at]
    )


def _passes(reach: Reach, words: Sequence[str]) -> bool:
    """Whether the words between cue and target are within the reach; sentence scopes pass everything here."""
    if reach is Reach.SENTENCE:
        return True
    if reach is Reach.CLAUSE:
        return not any(w in BREAKS for w in words) or listed(words)
    if any(w in BREAKS or w in _JOINS for w in words):
        return False
    if reach is Reach.ITEM:
        return True
    prepositions = [i for i, w in enumerate(words) if w in _PREPOSITIONS]
    if not prepositions:
        return True
    first = prepositions[0]
    return (
        reach is Reach.REMOVAL
        and len(prepositions) == 1
        and first > 0
        and words[first] in {"of", "for"}
        and (words[first - 1] in _REMOVALS or words[first - 1].endswith("ectomy"))
    )


def forward(reach: Reach, *, guarded: bool) -> Callback:
    """The test of a cue that works on what follows; ``guarded`` also stops at shields and fresh clauses."""

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        between = words[cue[1] : target[0]]
        if not _passes(reach, between):
            return False
        if not guarded or not between:
            return True
        return not shielded(between) and not fresh_clause(between, words[target[1] : min(end, target[1] + _BEHIND)])

    return reaches


def backward(reach: Reach) -> Callback:
    """The test of a cue that works on what stands before it."""

    def reaches(words: Sequence[str], _end: int, cue: Tokens, target: Tokens) -> bool:
        return _passes(reach, words[target[1] : cue[0]])

    return reaches


def answer(reach: Reach) -> Callback:
    """The test of a cue that answers what stands before it when it ends its clause, and else works on what follows."""
    ahead, back = forward(reach, guarded=True), backward(Reach.CLAUSE if reach is Reach.SENTENCE else reach)

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        closes = cue[1] >= end or not words[cue[1]][0].isalnum()
        if target[0] >= cue[1]:
            return not closes and ahead(words, end, cue, target)
        return closes and back(words, end, cue, target)

    return reaches


def either(reach: Reach) -> Callback:
    """The test of a cue that works on both sides."""
    ahead, back = forward(reach, guarded=False), backward(reach)

    def reaches(words: Sequence[str], end: int, cue: Tokens, target: Tokens) -> bool:
        return (ahead if target[0] >= cue[1] else back)(words, end, cue, target)

    return reaches
