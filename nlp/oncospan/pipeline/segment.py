"""Sections and sentences of a raw note, in source offsets (code points); linear in the length of the note."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oncospan.pipeline.headings import Headings, SectionRule, is_specimen, is_title, read_sections, tells_diagnosis

__all__ = ["MAX_SENTENCE", "Section", "SectionRule", "Segmentation", "Segmenter", "Sentence", "read_sections"]

MAX_SENTENCE = 1200
"""Code points; a longer sentence is cut at a semicolon, a comma or white space, so that no later step can be quadratic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its text, ``start`` to ``end``; ``name`` is None before the first heading and below an unknown one."""

    name: str | None
    title_start: int
    title_end: int
    start: int
    end: int
    flags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, list item or heading, trimmed; sentences of one ``group`` stand in one paragraph, item or specimen."""

    start: int
    end: int
    section: int
    heading: bool
    list_item: bool
    line_start: bool
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """The sections and sentences of one note; every character that is not white space is in exactly one sentence."""

    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]

    def sentence_at(self, offset: int) -> int | None:
        """The index of the sentence that holds the character at ``offset``; None in white space between sentences."""
        i = bisect_left(self.sentences, offset + 1, key=lambda s: s.end)
        return i if i < len(self.sentences) and self.sentences[i].start <= offset else None


# Every repeat below is bounded or possessive, and each pattern but the first is tried at one place only: nothing backtracks
# over the note, whatever is in it.
_NL = r"\n\r\x0b\x0c\x85\u2028\u2029"
_HS = rf"[^\S{_NL}]"
_DOTS = "\u2022\u25aa\u25cf\u25e6\u2023\u25a0\u25a1\u2610\u2611\u2612"
_CUT = re.compile(
    rf"""[.?!:,)(\[{_NL}{_DOTS}](?:
      (?<=[{_NL}])\s*+                                                        # the end of a line, and blank lines below it
    | (?<=[.?!])["'\u201d\u2019)\]]{{0,3}}+
        (?: {_HS}++ (?= ["'\u201c\u2018(\[]{{0,2}}[^\W_a-z] | [-*+>#\u2013\u2014{_DOTS}] | \[ )  # the end of a sentence
          | (?:{_HS}*+,)++{_HS}*+ (?= [^\sa-z] ) )                            # a line end that became a comma
    | (?<=[a-z]{{3}}\.)(?=[A-Z][a-z])                                         # a sentence end that lost its space
    | (?<=:){_HS}++(?=[-*\u2013]\s)                                           # a heading before a dash item
    | (?<=[A-Z)][A-Z)][A-Z)]:) | (?<=,[A-Z][A-Z]:)                            # perhaps a heading inside a line
    | (?<=,)(?=\d\d?\.\s)                                                     # "1. One.,2. Two"
    | (?<=[\s;,]\d\))(?=\s) | (?<=[\s;,]\d\d\))(?=\s)                         # "1) one 2) two"
    | (?<=\[)[ xX\u2713\u2714_]?\] | (?<=\()[ xX]\)                           # a checkbox
    | (?<=[{_DOTS}])
    )""",
    re.VERBOSE,
)
_ITEM = rf"""(?: \d{{1,2}}(?:[.)](?=[^\S\n\r]|[A-Z])|:(?=\s?[A-Z])) | \(?[A-Za-z]\)(?=\s|[A-Z]) | [A-Z]\.(?=\s?(?![A-Z]\.)[A-Z\d"(]) | [A-Z]:(?=\s?[A-Z])
    | (?:i|ii|iii|iv|v|vi|II|III|IV|VI)[.)](?=\s) | [-*+>\#\u2013\u2014\u00b7\uf0b7]{{1,2}}(?={_HS}) | [-*\#](?=[A-Za-z])
    | [{_DOTS}] | o(?={_HS}) | \[[ xX\u2713\u2714_]?\] | \([ xX]\)
    | (?:PART|Part|SPECIMEN|Specimen)\s[\#\dA-Z]{{1,3}}\s?[:.)-] )"""
_OPEN = re.compile(
    rf"""({_HS}*+) ({_ITEM}{_HS}*+)?
    ((?:[^\W\d_]|\d\d[\ -][A-Za-z])[^:{_NL}]{{0,119}}+: | [A-Z][A-Za-z\ &/'()]{{2,60}}+(?=[-\u2013\u2014]\s|,[A-Z\d]|\.\s[a-z]))?""",
    re.VERBOSE,
)
_COMMA = re.compile(rf"(?:{_HS}*+,)++")
_LINE_END = re.compile(rf"{_HS}*+(?:[{_NL}]|\Z)")
_LINE = re.compile(rf"[^{_NL}]{{0,200}}")
_CAPS_RUN = re.compile(r"(?<![^\s.,;:])((?:[A-Z][A-Z/&()'-]{0,24}\s){0,5}[A-Z][A-Z/&()'-]{1,24})\Z")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[Dd]rs?|M[rs]|Mrs|Prof|St|[Vv]s|[Aa]pprox|e\.g|i\.e|cf|ca|viz|[Rr]esp|incl)"
    r"|\b((?:Dr|M[rs]|Mrs|[A-Z])\.\s?[A-Z]))\Z"
)
_BEFORE_NUMBER = re.compile(
    r"\b(?:[Nn]os?|NO|[Ff]igs?|[Rr]ef|[Vv]ol|pp?|[Mm]ax|[Mm]in|[Dd]iam|[Ss]eg|[Ee]xt|[Tt]el"
    r"|Jan|Feb|Mar|Apr|Ju[nl]|Aug|Sept?|Oct|Nov|Dec)\Z"
)
_TABLE = re.compile(r"[\t|]|\S\s{3}\s*\S")
_STARTER = re.compile(r"(?:The|This|That|He|She|We|I|It|In|At|An?|No|Patient|Pt|Then|After|On|There|His|Her|They)\b")
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "II", "III", "IV", "VI"})
_CONTINUES = frozenset(
    "of the and with to in by from for or a an at on as is was were are be been has have had that which who no not without "
    "via per into within than showing including involving".split()
)
_CONTINUED = _CONTINUES | frozenset("but however although because due while when where after before".split())
_SHORT_LINE, _WRAPPED_LINE, _SHORT_TITLE = 30, 60, 48


class Segmenter:
    """Splits notes by the headings of ``rules``; one instance serves any number of notes."""

    def __init__(self, rules: Iterable[SectionRule]) -> None:
        self._headings = Headings(rules)

    def __call__(self, text: str) -> Segmentation:
        """The sections and sentences of ``text``."""
        return _Scan(text, self._headings).run()


class _Scan:
    """One pass over one note: candidates from ``_CUT`` close the sentence that began ``at`` and open the next."""

    __slots__ = (
        "at", "fresh", "group", "headings", "item", "line", "line_start", "number", "sections", "sentences", "specimen",
        "text", "titled",
    )  # fmt: skip

    def __init__(self, text: str, headings: Headings) -> None:
        self.text, self.headings = text, headings
        self.sections: list[tuple[str | None, int, int, int, frozenset[str]]] = []
        self.sentences: list[Sentence] = []
        self.at = self.line = self.number = 0
        self.group = -1
        self.fresh = True  # the next sentence begins a group
        self.item = self.line_start = self.specimen = self.titled = False

    def run(self) -> Segmentation:
        text = self.text
        self.open(0, True)
        for match in _CUT.finditer(text):
            start, end = match.span()
            if start >= self.at:
                self.cut(text[start], start, end)
        self.close(len(text), line_end=True)
        ends = [s[1] for s in self.sections[1:]] + [len(text)]
        sections = tuple(
            Section(name=name, title_start=title_start, title_end=min(title_end, end), start=start, end=end, flags=flags)
            for (name, start, title_start, title_end, flags), end in zip(self.sections, ends, strict=False)
        )
        return Segmentation(sections=sections, sentences=tuple(self.sentences))

    def cut(self, char: str, start: int, end: int) -> None:
        """Closes and opens at a candidate, or passes it by."""
        text = self.text
        if char in ".?!":
            if char != "." or not self.abbreviated(start, end):
                self.close(end)
                self.open(end, "," in text[start + 1 : start + 5])
        elif char == ",":
            self.close(end)
            self.open(end, True)
        elif char == ":":
            if text[end - 1] != ":":
                self.close(end)
                self.open(end, False)
            elif run := _CAPS_RUN.search(text, max(self.at, start - 72), start):
                self.inner_heading(run)
        elif char == ")":
            self.numbered(start)
        elif char in "[(" or char in _DOTS:
            if start > self.at:
                self.close(start)
                self.open(start, False)
        else:
            self.new_line(start, end)

    def abbreviated(self, dot: int, end: int) -> bool:
        """Whether the full stop belongs to a list marker, an abbreviation or an initial."""
        text = self.text
        word = text[max(self.at, dot - 5) : dot]
        if len(word) == 5 and word.isalpha() and word != "pprox":
            return False
        if dot - self.at <= 3:
            token = text[self.at : dot]
            if token.isdigit() or (len(token) == 1 and token.isalpha()) or token in _ROMAN:
                return True
        if found := _ABBREVIATION.search(text, max(self.at, dot - 8), dot):
            # "Dr. A.  This shows": two spaces or a usual first word after an initial
            return not found[1] or not (text[end - 2].isspace() or _STARTER.match(text, end))
        return text[end : end + 1].isdigit() and _BEFORE_NUMBER.search(text, max(self.at, dot - 5), dot) is not None

    def open(self, pos: int, line_start: bool) -> None:
        """Begins a sentence at ``pos``, after the headings that stand there."""
        while True:
            match = _OPEN.match(self.text, pos)
            assert match is not None  # every part of the pattern is optional
            self.at, after = match.span(1)[1], match.span(2)[1]
            self.item, self.line_start, self.titled = after >= 0, line_start, False
            if after >= 0:
                self.begin_item(match[2])
            start, end = match.span(3)
            if start < 0:
                return
            body = self.title(start, end)
            if body < 0:
                return
            pos, line_start = body, False

    def begin_item(self, mark: str) -> None:
        if not self.specimen:
            self.fresh = True
        digits = mark.rstrip(") ")
        self.number = int(digits) if ")" in mark and digits.isdecimal() else 0

    def title(self, start: int, end: int) -> int:
        """Where the text after a heading begins, when a heading that stands alone is there; else -1."""
        text = self.text
        raw = text[start:end].rstrip(" :")
        if end - start > 80 or (found := self.headings.find(raw)) is None:
            return self.unknown_title(raw, start, end)
        rule, flags = found
        if rule.sub:
            self.titled = True
            return -1
        caps = raw.isupper()
        if not caps:
            whole_line = self.line_start and _LINE_END.match(text, end) is not None
            plain = not raw[0].islower() and not self.item and text[end - 1] == ":" and (self.line_start or not rule.strict)
            dash = not self.item and text[end - 1] != ":" and (self.line_start or (text[end] == "." and not rule.strict))
            if not (whole_line or plain or dash):
                return -1
        if text[end - 1] != ":":
            end += 1
        if comma := _COMMA.match(text, end):
            end = comma.end()
        self.begin_section(rule.name, start, start + len(raw) + (text[start + len(raw) : start + len(raw) + 1] == ":"), flags)
        self.emit(self.at, end, True)
        self.fresh = False
        return end

    def unknown_title(self, raw: str, start: int, end: int) -> int:
        """What :meth:`title` says of a heading without a rule: a specimen, the outside of another heading, or a new section."""
        if self.text[end - 1] != ":":
            return -1
        if is_specimen(raw, self.item):
            self.fresh = self.specimen = True
            self.emit(self.at, end, True)
            return end
        nested = _OPEN.match(self.text, end) if end - start <= 40 else None
        if nested and nested[3] and nested[3][0].isupper() and self.headings.opens_anywhere(nested[3].rstrip(" :")):
            self.emit(self.at, end, False)
            return end
        if self.line_start and not self.item and is_title(raw):
            self.begin_section(None, start, end, frozenset())
            self.titled = True
        return -1

    def begin_section(self, name: str | None, start: int, title_end: int, flags: frozenset[str]) -> None:
        self.sections.append((name, self.at, start, title_end, flags))
        self.fresh, self.specimen, self.number = True, False, 0

    def inner_heading(self, run: re.Match[str]) -> None:
        """Opens a section at an ALL CAPS heading inside a line of mixed case (``… in no distress FAMILY HISTORY: …``)."""
        start = run.start(1)
        if start > self.at and (found := self.headings.find(run[1])) is not None and not found[0].sub:
            self.close(start)
            self.open(start, False)

    def numbered(self, bracket: int) -> None:
        """Opens an item at ``2)`` when the item before it in the line was ``1)``."""
        text = self.text
        start = bracket - (2 if text[bracket - 2].isdecimal() else 1)
        before = text[max(self.at, start - 80) : start]
        number = int(text[start:bracket])
        follows = number == self.number + 1 and (number > 1 or before.rstrip()[-1:] in tuple(":;,."))
        if start > self.at and follows and before.rfind("(") <= before.rfind(")"):
            self.close(start)
            self.open(start, False)

    def new_line(self, start: int, end: int) -> None:
        """Ends the sentence at a line end, unless the next line goes on with it."""
        text = self.text
        breaks = 1 if end - start == 1 else max(text.count("\n", start, end), text.count("\r", start, end))
        if breaks == 1 and end < len(text) and start > self.at and self.goes_on(start, end):
            self.line = end
            return
        self.close(start, line_end=True)
        self.line, self.number = end, 0
        if breaks > 1 and self.sentences and not self.sentences[-1].heading:
            self.fresh, self.specimen = True, False
        self.open(end, True)

    def goes_on(self, start: int, end: int) -> bool:
        """Whether the line that begins at ``end`` continues the one before."""
        text = self.text
        tail = text[max(self.at, start - 32) : start].rstrip()
        last = tail.rstrip("\"')]\u201d\u2019")[-1:]
        if not tail or last in ".?!:" or tail.endswith(".,"):
            return last == "." and text[end].islower() and _ABBREVIATION.search(tail) is not None
        if self.begins_block(end) or (tail[-1] == "-" and is_specimen(text[max(self.at, start - 160) : start], True)):
            return False
        words = tail.split()
        if tail[-1] == "," or words[-1].lower() in _CONTINUES or (tail[-1] == "-" and tail[-2:-1].isalpha()):
            return True
        if start - self.line < 1000 and (_TABLE.search(text, self.line, start) or _TABLE.search(_LINE.match(text, end)[0])):
            return False
        return self.wrapped(start, text[end : end + 24].split(None, 1)[0], start - self.line)

    def wrapped(self, start: int, word: str, length: int) -> bool:
        """Whether a line of that length, ended without a mark, was broken before ``word``."""
        if word[0].islower() or word[0] == "(":
            return length >= _SHORT_LINE or word.lower() in _CONTINUED
        if length < _WRAPPED_LINE or self.text[max(self.line, start - 200) : start].isupper():
            return False
        return self.at != self.line or word[0].isdigit() or word[:2].isupper()

    def begins_block(self, pos: int) -> bool:
        """Whether an item or a heading begins the line at ``pos``."""
        match = _OPEN.match(self.text, pos)
        assert match is not None
        line = _LINE.match(self.text, match.span(1)[1])
        raw = (match[3] or (line[0] if line and len(line[0]) <= _SHORT_TITLE else "")).rstrip(" :.")
        if match[2] or not raw:
            return bool(match[2])
        return raw[0].isupper() and ((bool(match[3]) and raw.isupper()) or self.headings.find(raw) is not None)

    def close(self, end: int, *, line_end: bool = False) -> None:
        """Ends the sentence before ``end``; it may turn out to be a heading."""
        piece = self.text[self.at : end].rstrip()
        if piece:
            size = len(piece)
            if size <= 160 and piece[-1] == "." and ": " in piece and (lead := self.hidden_heading(piece)):
                self.emit(self.at, self.at + len(piece[:lead].rstrip()), False)
                self.at, piece, size = self.at + lead, piece[lead:], size - lead
            heading = size <= 160 and self.is_heading(piece, line_end)
            self.emit(self.at, self.at + size, heading)
        self.at = end

    def hidden_heading(self, piece: str) -> int:
        """Where a known heading of several words begins that ends a run of empty form fields (``Client: FINAL DIAGNOSIS.``)."""
        lead = piece.rfind(": ") + 2
        raw = piece[lead:].strip(" .")
        if " " not in raw or len(raw) > _SHORT_TITLE or not all(w[0].isupper() for w in raw.split() if len(w) > 3):
            return 0
        return lead + len(piece[lead:]) - len(piece[lead:].lstrip()) if self.headings.opens_anywhere(raw) else 0

    def is_heading(self, piece: str, line_end: bool) -> bool:
        """Whether the whole sentence is a heading; a known one begins its section here."""
        last, caps = piece[-1], piece.isupper()
        if self.titled:
            return last == ":"
        if len(piece) <= _SHORT_TITLE and piece[0].isupper():
            whole_line = self.line_start and line_end and last not in ".,"
            raw = piece.rstrip(" .:,-")
            if (whole_line or last == "." or (caps and last == ",")) and len(raw) >= 4 and (found := self.headings.find(raw)):
                rule, flags = found
                if not rule.sub and (caps or self.line_start or not rule.strict):
                    self.begin_section(rule.name, self.at, self.at + len(raw), flags)
                    return True
        if last == ":":
            return (caps or self.item or piece.count(" ") < 5) and not tells_diagnosis(piece)
        if (caps or self.item) and is_specimen(piece, self.item):
            self.fresh = self.specimen = True
            return True
        return False

    def emit(self, start: int, end: int, heading: bool) -> None:
        if not self.sections:
            self.sections.append((None, 0, 0, 0, frozenset()))
        if self.fresh:
            self.group, self.fresh = self.group + 1, False
        pieces = [(start, end)] if end - start <= MAX_SENTENCE else _pieces(self.text, start, end)
        for first, last in pieces:
            self.sentences.append(
                Sentence(
                    start=first,
                    end=last,
                    section=len(self.sections) - 1,
                    heading=heading,
                    list_item=self.item,
                    line_start=self.line_start,
                    group=self.group,
                )
            )
            self.line_start = self.item = False


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The trimmed pieces of an overlong sentence, each at most MAX_SENTENCE code points."""
    while start < end:
        stop = min(start + MAX_SENTENCE, end)
        if stop < end:
            window = text[start + MAX_SENTENCE // 2 : stop]
            at = max(window.rfind(";"), -1)
            at = at if at >= 0 else window.rfind(", ")
            if at < 0:
                at = max((m.start() for m in re.finditer(r"\s", window)), default=len(window) - 1)
            stop = start + MAX_SENTENCE // 2 + at + 1
        piece = text[start:stop]
        if trimmed := piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(trimmed)
        start = stop
