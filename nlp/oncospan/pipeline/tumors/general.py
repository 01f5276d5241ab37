"""Tumor words that tell of no tumor of this patient: general statements, names of clinics, other patients, printed choices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, takewhile

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


def _not_ours(line: Line) -> bool:
    """Whether a sentence speaks of another patient, or only names teaching material or prints what a stage means."""
    if stranger(line) or line.says("talk.title") or line.says("talk.definition"):
        return True
    found = printed(line)
    return found is not None and line.within["talk.own"].search(line.text, found.end()) is None


def said_in_general(fact: TumorFact) -> bool:
    """Whether the sentence speaks of such tumors or of a clinic ("Neuroendocrine tumors are rare")."""
    text, at, signals = fact.line.text, fact.line.sentence.start, fact.line.within
    end = fact.mention.end - at
    before, after = text[: fact.mention.start - at], text[end:]
    if generic(fact) and signals["talk.referred"].match(after):
        return True
    if signals["talk.place"].search(after) or signals["talk.syndrome"].search(before):
        return True
    if signals["talk.quoted"].search(after) and _QUOTED.search(before):
        return True
    if fact.line.says("talk.assay") and signals["talk.share"].search(after):
        return True
    general = (
        signals["talk.linked"].search(before[-60:])
        or signals["talk.of_class"].search(before[-_CLASS_REACH:])
        or (fact.line.word(fact.mention).endswith("s") and signals["talk.kinds"].search(before[-60:]))
        or signals["talk.many"].search(text[end - 1 :])
        or signals["talk.one"].search(after)
    )
    return bool(general) and signals["talk.owned"].search(before) is None


_CLASS_REACH = 120
"""How many characters before a tumor word may name the patients who have it."""

_QUOTED = re.compile(r"[\"'\u2018\u201c](?:[\w-]{2,16}\s){0,3}\Z")
"""What stands before a tumor word that closes a quotation."""

_OPTIONS, _OPTION_REACH, _OPTION_LENGTH = 4, 12, 70


def _options(facts: Sequence[TumorFact]) -> set[int]:
    """The sentences that only print the choices of a form: many histologies in short neighboring lines, none with a site."""
    bare = [f for f in facts if f.place is None and not generic(f) and len(f.line.text) <= _OPTION_LENGTH]
    out: set[int] = set()
    for i, fact in enumerate(bare):
        end = fact.line.index + _OPTION_REACH
        near = list(takewhile(lambda f, end=end: f.line.index <= end, islice(bare, i, None)))  # type: ignore[misc]
        if len({f.mention.concept for f in near}) >= _OPTIONS and len({f.line.index for f in near}) >= _OPTIONS:
            out |= {f.line.index for f in near}
    return out
