"""Words for an origin ("primary", "site of origin") that name the organ where a cancer began."""

from __future__ import annotations

import re

from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.tumor_facts import TumorFact

_TO = re.compile(r"\s(?:to|in|within|at)\s(?:the\s|her\s|his\s)?(?:\w{1,9}\s)?", re.IGNORECASE)
_ORIGIN_OF = re.compile(r"\W*(?:site\W*)?(?:(?:is|was|in|of|the|from|left|right)\W+){0,4}", re.IGNORECASE)


def origin_word(fact: TumorFact) -> bool:
    """Whether a weak word names where the cancer began: "her gastric primary", "primary: pancreas"."""
    if fact.mention.concept != "origin_word" or fact.place is None or not _of_tumor(fact) or _not_known(fact):
        return False
    if fact.how == "before":
        return fact.line.within["tumor.taken_for"].fullmatch(_gap(fact)) is not None
    return _ORIGIN_OF.fullmatch(_gap(fact)) is not None or wording.seats_origin(_gap(fact)) or found_out(fact)


def _not_known(fact: TumorFact) -> bool:
    """Whether the word stands in the name of a cancer whose origin nobody knows ("of unknown primary in the liver")."""
    before = fact.line.text[: fact.start - fact.line.sentence.start].rstrip().lower()
    return before.endswith(("unknown", "occult", "unidentified", "undetermined", "unclear"))


def found_out(fact: TumorFact) -> bool:
    """Whether the words tell that an origin was sought and found ("the primary was later identified in the jejunum")."""
    if fact.mention.concept != "origin_word" or fact.place is None:
        return False
    sought = fact.line.text[: min(fact.place.start, fact.start) - fact.line.sentence.start]
    if fact.how == "after" and fact.line.within["tumor.found_out"].fullmatch(_gap(fact)):
        return True
    led = fact.line.within["tumor.taken_for"] if fact.how == "before" else _TO
    return fact.line.within["tumor.finds"].search(sought) is not None and led.fullmatch(_gap(fact)) is not None


def _gap(fact: TumorFact) -> str:
    """What stands between the word and the organ."""
    assert fact.place is not None
    return fact.line.between(fact.mention, fact.place.mentions[0 if fact.how == "after" else -1])


def _of_tumor(fact: TumorFact) -> bool:
    """Whether "X origin" can be a tumor's: one is named in the sentence, or what a stain speaks for ("syncope of cardiac origin" is none)."""
    if fact.line.word(fact.mention) not in ("origin", "primary origin"):
        return True
    named = any(m is not fact.mention for m in fact.line.of("tumor", "metastasis"))
    return named or fact.line.says("tumor.profile") is not None
