"""The short names an author gives a tumor: "medullary thyroid carcinoma (MTC)" lets every later "MTC" of the note stand for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from oncospan.pack import TermRule
from oncospan.pipeline.mentions.targets import Match
from oncospan.pipeline.text.screen import lowered
from oncospan.pipeline.text.segmentation import Sentence
from oncospan.pipeline.text.window import Window, window_of
from oncospan.signals import Signals

_GIVEN = re.compile(
    r"(?:oma|omas|cancers?|tumou?rs?|carcinoids?|neoplasms?|paraganglia|[a-z]{4})"
    r"\)?\s?\((?=[A-Za-z]{0,3}[A-Z][A-Za-z]{0,2}[A-Z])([A-Z][A-Za-z]{1,7}?)s?\)"
)
"""A short name with two capitals at least, in brackets behind a word."""
_OF = re.compile(r"\s{0,2}(?:(?:of|in|from|at|arising (?:in|from|at)|involving)\s(?:the\s)?[\w\s-]{0,24})?")
"""What may stand between the words of a tumor and the organ it is named with."""
_NEAR = 24
_LONGEST = 90

Find = Callable[[Window], Sequence[Match]]


def given_names(text: str, sentences: Sequence[Sentence], find: Find, signals: Signals) -> dict[str, TermRule]:
    """The short names of tumors in a note, each with a rule as if the pack held it: the tumor's own, with the organ it is named with."""
    out: dict[str, TermRule] = {}
    at, searched = 0, -1
    for found in _GIVEN.finditer(text):
        bracket = text.rindex("(", 0, found.start(1))
        while at + 1 < len(sentences) and sentences[at].end <= bracket:
            at += 1
        start = _long_form(text, max(sentences[at].start, bracket - _LONGEST), bracket, found[1])
        if found[1] in out or start is None:
            continue
        if searched != at:  # once a sentence, however many short names it gives
            window = window_of(text, [sentences[at]])
            matches, searched = find(window), at
        if rule := _named(window, [m for m in matches if start < window.ends[m.end - 1]], text, bracket, signals):
            out[found[1]] = rule
    return out


def _long_form(text: str, first: int, end: int, short: str) -> int | None:
    """Where the words begin that a short name is made of: its letters stand in them in order, the first opens a word."""
    low = lowered(text[first:end])
    at = len(low)
    for letter in reversed(short.lower()[1:]):
        at = low.rfind(letter, 0, at)
        if at < 0:
            return None
    while (at := low.rfind(short[0].lower(), 0, at)) >= 0:
        if not first + at or not text[first + at - 1].isalnum():
            return first + at
    return None


def _named(window: Window, matches: Sequence[Match], text: str, end: int, signals: Signals) -> TermRule | None:
    """The rule for a short name: the last tumor before the bracket, and the organ among the same words."""
    before = [m for m in matches if window.ends[m.end - 1] <= end]
    tumors = [m for m in before if m.rule.category == "tumor"]
    if not tumors or not tumors[-1].rule.anchor:
        return None
    tumor = tumors[-1]
    if signals["tumor.early"].search(text, max(0, window.starts[tumor.start] - _NEAR), end):
        return None
    sites = [m for m in before if m.rule.category == "site"]
    behind = text[window.ends[tumor.end - 1] : end]
    if behind.strip() and not (sites and sites[-1].start >= tumor.end and _OF.fullmatch(behind)):
        return None
    attrs = dict(tumor.rule.attrs)
    if sites:
        attrs |= {"site": sites[-1].rule.concept} | {k: v for k, v in sites[-1].rule.attrs.items() if k == "subsite"}
    return replace(tumor.rule, attrs=attrs, unless_before=None, unless_after=None, needs=None)


def with_given_names(found: Sequence[Match], window: Window, names: Mapping[str, TermRule], signals: Signals) -> list[Match]:
    """The matches of a window with those of the short names in it, which stand aside for a tumor of the pack and its organ."""
    taken = {i for m in found if m.rule.category == "tumor" for i in range(m.start, m.end)}
    added = []
    for i, word in enumerate(window.words):
        rule = names.get(word) or names.get(word.removesuffix("s"))
        if rule is None or i in taken or _bracketed(window, i):
            continue
        which = window.sentence_of[i]
        place = window.ends[i] - window.sentences[which].start
        if not signals["tumor.name_of_other"].match(window.texts[which], place):
            added.append(Match(rule, i, i + 1))
    if not added:
        return list(found)
    mine = {m.start for m in added}
    return sorted([*(m for m in found if not mine.intersection(range(m.start, m.end))), *added], key=lambda m: m.start)


def _bracketed(window: Window, i: int) -> bool:
    """Whether a word stands alone in brackets, as where it is given."""
    return window.words[i - 1 : i] == ["("] and window.words[i + 1 : i + 2] == [")"]
