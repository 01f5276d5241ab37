"""Tumors that a word for metastasis stands beside: they are called metastatic, or only say what a deposit is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence import wording
from oncospan.pipeline.sentence.tumor_facts import TumorFact, adjective


def mark_metastatic(line: Line, tumors: Sequence[TumorFact]) -> list[TumorFact]:
    """The tumor facts, those with "metastatic" just before them marked."""
    out = []
    for fact in tumors:
        for m in line.of("metastasis"):
            if fact.mention.concept == "origin_word" and "(" in line.between(m, fact.mention):
                continue  # "metastatic paraganglioma (retroperitoneal primary)"
            if m.concept in _SPREADING and m.end <= fact.mention.start and adjective(line, m):
                gap = wording.bare(line, m, fact.mention, "grade", "behavior", "side", "site", "tumor")
                if (
                    len(wording.words(gap)) <= 3
                    and not re.search(r"[.;:]", gap)
                    and not set(wording.words(gap)) & (wording.BLOCKS | wording.LINKS | {"to", "disease"})
                ):
                    fact = replace(fact, metastatic=m)
            elif m.concept == "metastasis" and m.start >= fact.mention.end and adjective(line, m) and _closing(line, fact, m):
                fact = replace(fact, metastatic=m)
        out.append(fact)
    return out


_SPREADING = frozenset({"metastasis", "disseminated"})

_LAST = re.compile(r"\s*(?:[.;]|\Z|\n)")


def _closing(line: Line, fact: TumorFact, m: Mention) -> bool:
    """Whether the word closes a diagnosis ("neuroendocrine tumor, grade 2 (Ki-67 9%), metastatic.")."""
    between = wording.bare(line, fact.mention, m, "grade")
    return wording.GRADED.fullmatch(between) is not None and _LAST.match(line.text, m.end - line.sentence.start) is not None


_OF = re.compile(r"\s*(?:of|from|by)\s+(?:(?:a|an|the|his|her|known)\s+)*", re.IGNORECASE)


def mark_deposited(line: Line, fact: TumorFact) -> TumorFact:
    """The tumor fact, marked where it only says what a deposit is of ("biopsy: metastasis of a carcinoid tumor")."""
    before = [m for m in line.of("metastasis") if m.concept == "metastasis" and m.end <= fact.mention.start]
    if fact.metastatic or not before or not _OF.fullmatch(wording.bare(line, before[-1], fact.mention, "grade", "behavior")):
        return fact
    if fact.how == "after" and _lies_there(line, before[-1], fact):
        fact = replace(fact, place=None, how="none")
    return replace(fact, metastatic=before[-1])


def _lies_there(line: Line, word: Mention, fact: TumorFact) -> bool:
    """Whether the organ behind the tumor is where the deposit lies ("metastasis of melanoma located in the subcutis")."""
    if fact.place is None or told_as_one(line, word, fact.mention):
        return False
    return fact.line.within["tumor.lies"].fullmatch(line.between(fact.mention, fact.place.mentions[0])) is not None


def told_as_one(line: Line, word: Mention, tumor: Mention) -> bool:
    """Whether the tumor behind a metastasis word is one with a seat, no tissue ("hepatic metastases of …", "metastasis of a carcinoid …")."""
    placed = any(0 <= word.start - m.end <= _BESIDE for m in line.of("site"))
    endocrine = tumor.attrs.get("family", "other") != "other"
    return placed or endocrine or _ARTICLE.match(line.between(word, tumor)) is not None


_BESIDE = 2
_ARTICLE = re.compile(r"\s*(?:of|from|by)\s+(?:an?|the|his|her|known)\b", re.IGNORECASE)
