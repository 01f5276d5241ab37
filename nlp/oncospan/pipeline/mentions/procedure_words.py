"""The words that tell how a procedure was done: body region, extent, contrast, guidance, approach, method, tracer.

They are matched apart from the other terms and may overlap them: the abdomen of "CT of the abdomen" is the region of the
test and still the site that other rules read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType

import ahocorasick_rs

from oncospan.pack import Pack, TermRule
from oncospan.pipeline.mentions.mention import Mention
from oncospan.pipeline.mentions.targets import passes
from oncospan.pipeline.text.screen import spaced
from oncospan.pipeline.text.window import Window

CATEGORY = "procedure"

NOT_DONE_BY = re.compile(
    r"\b(?:avid\w{0,4}|uptake|\w{0,6}metabol\w{1,5}|suv\s?max|suv|standardized|krenning|positive)\b", re.IGNORECASE
)
"""What an image shows, not the test itself."""


ACTS = ("imaging", "tissue", "treatment")
"""The categories that name deeds."""


def is_act(mention: Mention, word: str) -> bool:
    """Whether a mention names a test, sampling or operation as a deed; ``word`` are its words."""
    match mention.category:
        case "imaging":
            return mention.concept != "other_imaging" and NOT_DONE_BY.search(word) is None
        case "tissue":
            return mention.concept in ("biopsy", "fna")
        case "treatment":
            return mention.attrs.get("effect") == "surgery"
    return False


class ProcedureWords:
    """Finds the pack's procedure terms in a sentence, the longest first, several rules a literal allowed."""

    def __init__(self, pack: Pack) -> None:
        rules: dict[str, list[TermRule]] = {}
        for rule in pack.of_category(CATEGORY):
            for literal in rule.literals():
                rules.setdefault(spaced(literal.lower())[1:], []).append(rule)
        literals = sorted(rules)
        self._rules = [rules[literal] for literal in literals]
        kind = ahocorasick_rs.MatchKind.LeftmostLongest
        self._automaton = ahocorasick_rs.AhoCorasick(literals or ["\0"], matchkind=kind)

    def __call__(self, window: Window, which: int, sentence: int) -> Iterator[Mention]:
        """The procedure mentions of a sentence of the window, in order; ``sentence`` is its index in the note."""
        text, offset = window.texts[which], window.sentences[which].start
        here = slice(window.opens[which], window.opens[which + 1] if which + 1 < len(window.opens) else None)
        words, starts, ends = window.words[here], window.starts[here], window.ends[here]
        joined = f" {' '.join(words)} ".lower()
        places = list(accumulate((len(word) + 1 for word in words), initial=1))
        if len(joined) != places[-1]:  # a character whose lower case is longer: rare enough to be passed over
            return
        for literal, start, end in self._automaton.find_matches_as_indexes(joined):
            if joined[start - 1] != " ":
                continue  # the end of a longer word
            first, last = bisect_left(places, start), bisect_left(places, end) - 1
            for rule in self._rules[literal]:
                a, b = starts[first] - offset, ends[last] - offset
                if passes(rule, text, a, b):
                    yield Mention(
                        start=offset + a, end=offset + b, category=CATEGORY, concept=rule.concept, rule=rule.id,
                        attrs=MappingProxyType({"kind": rule.id.split(".")[1]}), sentence=sentence,
                    )  # fmt: skip


@lru_cache(maxsize=2)
def procedure_words_of(pack: Pack) -> ProcedureWords:
    """The matcher of a pack, built once."""
    return ProcedureWords(pack)
