"""Tumor words that tell of no tumor of this patient: general statements, names of clinics, other patients, printed choices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line
from oncospan.pipeline.mentions.talk import printed, stranger
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.one_tumor import feature
from oncospan.pipeline.tumors.primary import generic

_IGNORED = frozenset({"hematologic"})


def own_facts(lines: Sequence[LineFacts]) -> list[TumorFact]:
    """The tumor facts of a note that may tell of a malignant or neuroendocrine tumor of the patient."""
    facts = [f for ln in lines for f in ln.tumors if f.mention.attrs.get("family") not in _IGNORED]
    facts = [f for f in facts if f.mention.attrs.get("behavior") not in ("in_situ", "benign")]
    others = {ln.line.index for ln in lines if ln.tumors and _not_ours(ln.line)}
    facts = [f for f in facts if f.line.index not in others and not said_in_general(f) and not feature(f)]
    options = _options(facts)
    return [f for f in facts if f.line.index not in options]


_OFTEN = r"(?:most\s+)?(?:usually|often|commonly|typically|generally|rarely|seldom|frequently|sometimes|always)"
_MANY = re.compile(
    rf"s\b\W{{0,3}}(?:\([^()]{{0,40}}\)\s*)?(?:of\s+the\s+[\w-]+\s+)?(?:(?:are|is)\s+{_OFTEN}|{_OFTEN}|are\s+(?:rare|uncommon|common|a|an|the|tumou?rs|cancers)|represent|account"
    r"|comprise|constitute|arise|occur|may|can|tend|start|begin|spread\s+(?:to|most|when)|come\s+from|carry|have\s+(?:a|an)\s+(?:low|high|good|poor|excellent|small))\b",
    re.IGNORECASE,
)
_ONE = re.compile(
    rf"\W{{0,3}}(?:of\s+the\s+[\w-]+\s+)?(?:(?:is\s+)?{_OFTEN}\b|spreads?,|may\s+(?:look|come|present|mimic|resemble|be\s+(?:seen|found|associated))\b|can\s+(?:spread|cause|start|come|begin"
    r"|occur|present|be\s+(?:found|cured|treated|inherited|prevented|detected|seen))\b|is\s+(?:a|an|the|one\s+of)\s+(?:\w+\s+)?(?:common\w{0,4}|most|leading|second"
    r"|third|disease|type|kind|form|group|rare)\b|begins\b|starts\b|goes\s+to\b)",
    re.IGNORECASE,
)
_KINDS = re.compile(
    r"\b(?:most|many|certain|various|(?:types?|kinds?|forms?) of|(?:majority|percent|%|proportion|incidence|rate|risk) of(?: all)?|such|like|other|all)\s"
    r"(?:[\w-]+\s){0,3}\Z",
    re.IGNORECASE,
)
"""Words before a plural that make it speak of a kind ("many lung cancers")."""

_OWNED = re.compile(r"\b(?:her|his|your|our|my|this|these|the|patient's)\s+(?:[\w-]+\s+){0,3}\Z", re.IGNORECASE)
_PLACE = re.compile(
    r"s?\W{0,2}(?:[\w-]+\s+){0,1}(?:clinic|ward|unit|institute|hospital|conference|charity|society|foundation|walk|program(?:me)?|support\s+group"
    r"|navigator|league|awareness|registry|guidelines?|protocol)\b(?!\s+(?:at|on|in)\s+\d)",
    re.IGNORECASE,
)
_SYNDROME = re.compile(
    r"\b(?:MEN[ -]?\d[AB]?|lynch|sdh\w|brca\d?|vhl|mutations?|variants?|carriers?|syndromes?|gene)\b[^.;]{0,60}"
    r"\b(?:associated\s+with|may\s+develop|can\s+develop|develop|includes?|comprises?|predispos\w{1,5}|features?|characterized\s+by|raises?)\b[^.;]{0,90}\Z",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:what|how|why)\s+(?:is|are|you|to|does|do|causes?)\s+(?:a\s+|an\s+|the\s+)?[^.;]{0,60}(?:\?|should\s+know|need\s+to\s+know|to\s+know)",
    re.IGNORECASE,
)
"""Titles of teaching material ("Carcinoid tumors: what you should know")."""

_SHARE = re.compile(r"\s*[(:]?\s*\d{1,3}(?:\.\d)?\s?%")
_ASSAY = re.compile(
    r"\b(?:assay|classifier|tissue[- ]of[- ]origin|origin test|predict\w{0,4}|probabilit\w{1,3}|gene[- ]expression)\b",
    re.IGNORECASE,
)


_OWN = re.compile(r"\b(?:her|his|known)\b", re.IGNORECASE)


def _not_ours(line: Line) -> bool:
    """Whether a sentence speaks of another patient or only names teaching material."""
    if stranger(line) or _TITLE.search(line.text):
        return True
    found = printed(line)
    return found is not None and _OWN.search(line.text, found.end()) is None


def said_in_general(fact: TumorFact) -> bool:
    """Whether the sentence speaks of such tumors or of a clinic ("Neuroendocrine tumors are rare")."""
    text, at = fact.line.text, fact.line.sentence.start
    end = fact.mention.end - at
    before = text[: fact.mention.start - at]
    if _PLACE.match(text, end) or _SYNDROME.search(before):
        return True
    if _SHARE.match(text, end) and _ASSAY.search(text):
        return True
    if _OWNED.search(before):
        return False
    if fact.line.word(fact.mention).endswith("s") and _KINDS.search(before[-60:]):
        return True
    return _MANY.match(text, end - 1) is not None or _ONE.match(text, end) is not None


_OPTIONS, _OPTION_REACH, _OPTION_LENGTH = 4, 12, 70


def _options(facts: Sequence[TumorFact]) -> set[int]:
    """The sentences that only print the choices of a form: many histologies in short neighboring lines, none with a site."""
    bare = [f for f in facts if f.place is None and not generic(f) and len(f.line.text) <= _OPTION_LENGTH]
    out: set[int] = set()
    for i, fact in enumerate(bare):
        near = [f for f in bare[i:] if f.line.index - fact.line.index <= _OPTION_REACH]
        if len({f.mention.concept for f in near}) >= _OPTIONS and len({f.line.index for f in near}) >= _OPTIONS:
            out |= {f.line.index for f in near}
    return out
