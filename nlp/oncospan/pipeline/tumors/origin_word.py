"""Words for an origin ("primary", "site of origin") that name the organ where a cancer began."""

from __future__ import annotations

import re

from oncospan.pipeline.sentence.tumor_facts import TumorFact

_FOUND = (
    r"(?:(?:has|have|had|could|was|were|is|has now|is now|been|be|then|now|later|subsequently|eventually|finally|ultimately|afterwards)\s){0,4}"
    r"(?:identified|found|located|locali[sz]ed|discovered|detected|disclosed|demonstrated|traced|uncovered|revealed|proved|proven|shown|turned\sout"
    r"|confirmed)\s(?:(?:to\s(?:be|lie|have\sbeen)|as)\s)?(?:(?:in|at|within|to)\s)?(?:(?:the|her|his|a|an)\s)?"
)
"""The words that tell of an origin that was sought and found ("was later identified in the")."""

_FOUND_OUT = re.compile(r"\W{1,2}" + _FOUND, re.IGNORECASE)
_FINDS = re.compile(
    r"\b(?:identified|found|located|locali[sz]ed|discovered|disclosed|uncovered|revealed|traced)\s(?:the|an?|her|his)\s(?:\w{1,12}\s)?\Z",
    re.IGNORECASE,
)
_TO = re.compile(r"\s(?:to|in|within|at)\s(?:the\s|her\s|his\s)?(?:\w{1,9}\s)?", re.IGNORECASE)
_ORIGIN_OF = re.compile(r"\W*(?:site\W*)?(?:(?:is|was|in|of|the|from|left|right)\W+){0,4}", re.IGNORECASE)


_TAKEN_FOR = re.compile(
    r"\s?(?:(?:mass|lesion|tumou?r|nodule|focus|uptake|opacity)\b\s?)?"
    r"(?:[,(]?\s?(?:(?:which|that|this)\s)?(?:(?:is|was|and)\s)?(?:most\s)?"
    r"(?:(?:considered|presumed|taken|regarded|interpreted|identified|likely|probably|presumably|favou?red|suspected|thought|felt|believed)\s"
    r"(?:(?:as|to be|to represent|for)\s)?)?(?:(?:the|a|its|her|his)\s)?(?:(?:likely|probable|presumed|suspected|possible)\s)?)?",
    re.IGNORECASE,
)
"""What stands between an organ and the word that calls it the origin ("uptake in the ileum, considered the primary")."""


def origin_word(fact: TumorFact) -> bool:
    """Whether a weak word names where the cancer began: "her gastric primary", "primary: pancreas"."""
    if fact.mention.concept != "origin_word" or fact.place is None or not _of_tumor(fact):
        return False
    if fact.how == "before":
        return _TAKEN_FOR.fullmatch(_gap(fact)) is not None
    return _ORIGIN_OF.fullmatch(_gap(fact)) is not None or found_out(fact)


def found_out(fact: TumorFact) -> bool:
    """Whether the words tell that an origin was sought and found ("the primary was later identified in the jejunum")."""
    if fact.mention.concept != "origin_word" or fact.place is None:
        return False
    sought = fact.line.text[: min(fact.place.start, fact.start) - fact.line.sentence.start]
    if fact.how == "after" and _FOUND_OUT.fullmatch(_gap(fact)):
        return True
    return _FINDS.search(sought) is not None and (_TAKEN_FOR if fact.how == "before" else _TO).fullmatch(_gap(fact)) is not None


def _gap(fact: TumorFact) -> str:
    """What stands between the word and the organ."""
    assert fact.place is not None
    return fact.line.between(fact.mention, fact.place.mentions[0 if fact.how == "after" else -1])


def _of_tumor(fact: TumorFact) -> bool:
    """Whether "X origin" can be a tumor's: one is named in the sentence, or what a stain speaks for ("syncope of cardiac origin" is none)."""
    if "origin" not in fact.line.word(fact.mention):
        return True
    named = any(m is not fact.mention for m in fact.line.of("tumor", "metastasis"))
    return named or fact.line.says("tumor.profile") is not None
