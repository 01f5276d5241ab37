"""Is there anything in this note for us, and in which sentences? Automata over the pack's words answer.

A sentence is kept when a carrier term stands in it, exactly as the target matcher would find it, so that reading only
the kept sentences changes no finding. Most notes end here, so this is written for speed: the raw text is searched for one
word of each anchor term, and the sentences of the few notes that matter are searched in spaced form, whole terms at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import ahocorasick_rs

from oncospan.pack import Pack, TermRule

Words = tuple[str, ...]

_MARKS = tuple(m for m in map(chr, range(128)) if not (m.isalnum() or m.isspace() or m == "_"))
_WORD = re.compile(r"\w+|[^\w\s]")
_SHORT = 24
_PLAIN = 60
"""Shorter texts may hold nothing but letters and figures: most terms of a pack do."""


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length: a character whose lower case is longer is kept as it is."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def words_of(text: str) -> list[str]:
    """The words of a text: runs of word characters, and every other visible character by itself."""
    if len(text) < _PLAIN and text.replace(" ", "").isalnum():
        return text.split()
    if len(text) < _SHORT or not text.isascii():
        return _WORD.findall(text)
    return _apart(text).split()  # three times as fast as the pattern on a sentence


def _apart(text: str) -> str:
    """ASCII text with blanks around every mark."""
    for mark in _MARKS:
        if mark in text:
            text = text.replace(mark, f" {mark} ")
    return text


def spaced(text: str) -> str:
    """The words of a text, each between single blanks: what is left of it for a matcher of words."""
    return f" {' '.join(words_of(text))} "


@lru_cache(maxsize=4)
def spelled(pack: Pack) -> Mapping[TermRule, tuple[Words, ...]]:
    """Every spelling of the pack's terms in lower case, as words."""
    return {rule: tuple(dict.fromkeys(map(tuple, _words_of_each(rule.literals())))) for rule in pack.terms}


def _words_of_each(literals: Iterable[str]) -> Iterable[list[str]]:
    """The words of each literal in lower case; there are tens of thousands, so those of a rule are cut together."""
    lines = "\n".join(literals)
    if not lines.isascii():
        return (words_of(line.lower()) for line in lines.split("\n"))
    return map(str.split, _apart(lines.lower()).split("\n"))


def _shortest(literals: Iterable[Words]) -> list[Words]:
    """The literals without those that hold another one: where such a one stands, the other stands too."""
    every = set(literals)
    single = {words[0] for words in every if len(words) == 1}
    longer = {words for words in every if len(words) > 1 and single.isdisjoint(words)}
    return sorted([*(words for words in longer if longer.isdisjoint(_within(words))), *((word,) for word in single)])


def _within(words: Words) -> Iterator[Words]:
    """Two or more words that stand together within others."""
    for length in range(2, len(words)):
        for at in range(len(words) - length + 1):
            yield words[at : at + length]


_ENDS = tuple(c for c in map(chr, range(128)) if not (c.isalnum() or c == "_"))
"""What may stand behind a word in a text whose other marks were made blanks."""
_INSIDE_OTHERS = 4


class _Seeds:
    """Finds literals in raw text by the longest word of each, white space between the words of a literal being free."""

    def __init__(self, literals: Iterable[Words]) -> None:
        rests: dict[str, list[tuple[Words, Words]]] = {}
        for tokens in literals:
            at = tokens.index(max(tokens, key=len))
            rests.setdefault(tokens[at], []).append((tokens[:at][::-1], tokens[at + 1 :]))  # the nearest first
        # A short word stands inside of every third long one ("ca", "men"), so it is sought with the mark or blank behind it.
        seeds = sorted(
            (word, end) for word in rests for end in (_ENDS if len(word) <= _INSIDE_OTHERS and _word(word[-1]) else ("",))
        )
        made = {word: _Rests(its) for word, its in rests.items()}
        self._rests = [made[word] for word, _ in seeds]
        self._lengths = [len(word) for word, _ in seeds]
        self._words = [_word(word[0]) for word, _ in seeds]
        odd = "".join(sorted({c for word in rests for c in word if not c.isascii()}))
        self._odd_marks = re.compile(rf"[^\w\x00-\x7f{re.escape(odd)}]")
        self._automaton = ahocorasick_rs.AhoCorasick(
            ["".join(seed) for seed in seeds] or ["\0"],
            matchkind=ahocorasick_rs.MatchKind.Standard,
            implementation=ahocorasick_rs.Implementation.DFA,  # twice as fast as what is chosen by itself, for some megabytes
        )

    def stand_in(self, low: str) -> bool:
        """Whether one of the literals stands in the lowered text."""
        plain = low if low.isascii() else self._odd_marks.sub(" ", low)
        for which, start, _ in self._automaton.find_matches_as_indexes(f"{plain}\n", overlapping=True):
            end = start + self._lengths[which]
            # mostly a part of some longer word: tens of thousands a second, so no function is called to see that
            if self._words[which] and (
                (behind := low[end : end + 1]).isalnum()
                or behind == "_"
                or (before := low[start - 1 : start]).isalnum()
                or before == "_"
            ):
                continue
            if self._rests[which].stand_at(low, start, end):
                return True
        return False


class _Rests:
    """What the literals of one seed hold beside it: earlier words, the nearest first, and later ones.

    They are kept by the character that stands next to the seed, for most seeds hold many and most hits are none of theirs.
    """

    def __init__(self, rests: Iterable[tuple[Words, Words]]) -> None:
        self._alone = False
        self._behind: dict[str, list[tuple[Words, Words]]] = {}
        self._before: dict[str, list[Words]] = {}
        for earlier, later in rests:
            if later:
                self._behind.setdefault(later[0][0], []).append((earlier, later))
            elif earlier:
                self._before.setdefault(earlier[0][-1], []).append(earlier)
            else:
                self._alone = True

    def stand_at(self, low: str, start: int, end: int) -> bool:
        """Whether one of the literals stands around the seed at these places."""
        if self._alone:
            return True
        if self._behind:
            next_ = low[end : end + 1]
            next_ = low[end : end + _GAP + 2].lstrip()[:1] if next_.isspace() else next_
            for earlier, later in self._behind.get(next_, ()):
                if _follow(low, end, later) and (not earlier or _precede(low, start, earlier)):
                    return True
        if self._before:
            last = low[start - 1 : start]
            last = low[max(0, start - _GAP - 2) : start].rstrip()[-1:] if last.isspace() else last
            return any(_precede(low, start, earlier) for earlier in self._before.get(last, ()))
        return False


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _follow(low: str, at: int, tokens: Iterable[str]) -> bool:
    """Whether the tokens stand after ``at``, with any white space before each, the last one whole."""
    for token in tokens:
        if low[at : at + 1].isspace():
            at += 1
            if low[at : at + 1].isspace():
                ahead = low[at : at + _GAP]
                at += len(ahead) - len(ahead.lstrip())
        if not low.startswith(token, at):
            return False
        at += len(token)
    return not (_word(low[at : at + 1]) and _word(low[at - 1]))


def _precede(low: str, at: int, tokens: Iterable[str]) -> bool:
    """Whether the tokens, the nearest first, stand before ``at``, with any white space after each, the last one whole."""
    for token in tokens:
        if low[at - 1 : at].isspace():
            at -= 1
            if low[at - 1 : at].isspace():
                at = max(0, at - _GAP) + len(low[max(0, at - _GAP) : at].rstrip())
        if not low.endswith(token, 0, at):
            return False
        at -= len(token)
    return not (_word(low[at - 1 : at]) and _word(low[at]))


_GAP = 200
"""How much white space may stand between two words of an anchor term."""


class Screen:
    """Tells whether a note matters and which of its sentences do."""

    def __init__(self, pack: Pack) -> None:
        terms = spelled(pack).items()
        self._anchors = _Seeds(_shortest(words for rule, literals in terms if rule.anchor for words in literals))
        carriers = _shortest(words for rule, literals in terms if rule.carrier for words in literals)
        self._carriers = ahocorasick_rs.AhoCorasick(
            [f" {' '.join(words)} " for words in carriers] or ["\0"], matchkind=ahocorasick_rs.MatchKind.Standard
        )

    def matters(self, low: str) -> bool:
        """Whether an anchor term stands anywhere in the lowered text."""
        return self._anchors.stand_in(low)

    def kept(self, low: str, spans: Iterable[tuple[int, int]]) -> list[int]:
        """The indexes of the spans of the lowered text in which a carrier term stands."""
        low = low.replace(_BORDER, "\1")
        joined = spaced(f" {_BORDER} ".join([low[start:end] for start, end in spans]))
        out: list[int] = []
        at = which = 0
        for _, _, end in self._carriers.find_matches_as_indexes(joined):  # the ends rise; one a sentence is enough
            which += joined.count(_BORDER, at, end)
            at = end
            if not out or out[-1] != which:
                out.append(which)
        return out


_BORDER = "\0"
"""Stands between two sentences as a mark of its own, so that no term goes across; no term holds one."""


@lru_cache(maxsize=4)
def screen_of(pack: Pack) -> Screen:
    """The screen of a pack, built once."""
    return Screen(pack)
