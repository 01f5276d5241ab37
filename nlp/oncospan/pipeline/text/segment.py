"""Sections and sentences of a raw note, in source offsets (code points); linear in the length of the note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oncospan.pipeline.text.boundaries import CAPS_RUN, COMMAS, DOTS, LINE_END, Marks, abbreviated, goes_on, runs_on
from oncospan.pipeline.text.headings import (
    Headings,
    SectionRule,
    is_specimen,
    is_title,
    names_tissue,
    tells_diagnosis,
)
from oncospan.pipeline.text.segmentation import Section, Segmentation, Sentence

MAX_SENTENCE = 1200
"""Code points; a longer sentence is cut at a semicolon, a comma or white space, so that no later step can be quadratic."""


_SHORT_TITLE, _HEADING = 48, 160


class Segmenter:
    """Splits notes by the headings of ``rules``; one instance serves any number of notes."""

    def __init__(self, rules: Iterable[SectionRule]) -> None:
        self._headings = Headings(rules)

    def __call__(self, text: str) -> Segmentation:
        """The sections and sentences of ``text``."""
        return _Scan(text, self._headings).run()


class _Scan:
    """One pass over one note: candidates close the sentence that began ``at`` and open the next."""

    __slots__ = (
        "at",
        "colon",
        "fresh",
        "group",
        "headings",
        "heads",
        "item",
        "line",
        "line_start",
        "marks",
        "number",
        "plain",
        "rows",
        "sections",
        "specimen",
        "text",
        "titled",
    )

    def __init__(self, text: str, headings: Headings) -> None:
        self.text, self.headings, self.heads, self.marks = text, headings, headings.heads, Marks.of(text)
        self.sections: list[tuple[str | None, int, int, int, frozenset[str]]] = []
        self.rows: list[tuple[int, int, int, bool, bool, bool, int]] = []
        self.at = self.line = self.number = 0
        self.colon = -1  # the next one
        self.group = -1
        self.fresh = True  # the next sentence begins a group
        self.item = self.line_start = self.specimen = self.titled = self.plain = False

    def run(self) -> Segmentation:
        text, rows = self.text, self.rows
        self.open(0, True)
        for match in self.marks.cut.finditer(text):
            start, end = match.span()
            at = self.at
            if start < at:
                continue
            # most sentences begin plainly and end with a full stop after a word of five letters: nothing else can be there
            if (
                self.plain
                and _SHORT_TITLE < start - at < MAX_SENTENCE - 99
                and self.colon > start
                and text[start] == "."
                and text[start - 5 : start].isalpha()
                and text[start - 1] != "x"
                and not self.fresh
            ):
                bare = end - start <= 3 and text[start + 1] == text[end - 1] == " "
                stop = start + 1 if bare else start + len(text[start:end].rstrip())
                rows.append((at, stop, len(self.sections) - 1, False, False, self.line_start, self.group))
                self.open(end, text[end - 1] == ",")
            else:
                self.cut(text[start], start, end)
        self.close(len(text), line_end=True)
        ends = [s[1] for s in self.sections[1:]] + [len(text)]
        sections = tuple(
            Section(name, title_start, min(title_end, end), start, end, flags)
            for (name, start, title_start, title_end, flags), end in zip(self.sections, ends, strict=False)
        )
        return Segmentation(sections=sections, sentences=tuple(map(Sentence._make, self.rows)))

    def cut(self, char: str, start: int, end: int) -> None:
        """Closes and opens at a candidate, or passes it by."""
        text = self.text
        if char == ".":
            # a word of five letters is no abbreviation, but for "approx"
            long_word = start - self.at > 5 and (word := text[start - 5 : start]).isalpha() and word != "pprox"
            if not runs_on(text, self.at, start, end) and (long_word or not abbreviated(text, self.at, start, end)):
                self.close(end)
                self.open(end, "," in text[start + 1 : start + 5])
        elif char in "?!":
            if char == "?" and (start == self.at or text[start - 1] in " ,(/"):
                return  # "lesions, ? HCC": the mark belongs to the word behind it
            self.close(end)
            self.open(end, "," in text[start + 1 : start + 5])
        elif char == ",":
            self.close(end)
            self.open(end, True)
        elif char == ":":
            if text[end - 1] != ":":
                self.close(end)
                self.open(end, False)
            elif run := CAPS_RUN.search(text, max(self.at, start - 72), start):
                self.inner_heading(run)
        elif char == ")":
            self.numbered(start)
        elif char in "[(" or char in DOTS:
            if start > self.at:
                self.close(start)
                self.open(start, False)
        else:
            self.new_line(start, end)

    def open(self, pos: int, line_start: bool) -> None:
        """Begins a sentence at ``pos``, after the headings that stand there."""
        text = self.text
        while True:
            if self.colon < pos:
                colon = text.find(":", pos)
                self.colon = colon if colon >= 0 else len(text) + 99
            head = text[pos : pos + 4]
            # at a glance neither item nor heading, as most sentences are; an unknown heading may hold a known one
            # ("Sent: Gross Description:"), so a colon is worth a look
            if self.colon - pos > 43 and head[:1].isupper() and head[1:2].islower() and head.lower() not in self.heads:
                self.at, self.item, self.line_start, self.titled, self.plain = pos, False, line_start, False, True
                return
            self.plain = False
            match = self.marks.open.match(text, pos)
            assert match is not None  # every part of the pattern is optional
            self.at, after = match.end(1), match.end(2)
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
        colon = text[end - 1] == ":"
        if not raw.isupper():
            whole_line = self.line_start and LINE_END.match(text, end) is not None
            plain = colon and not self.item and not raw[0].islower() and (self.line_start or not rule.strict)
            bare = not colon and not self.item and (self.line_start or (text[end] == "." and not rule.strict))
            if not (whole_line or plain or bare):
                return -1
        if not colon:
            end += 1
        if commas := COMMAS.match(text, end):
            end = commas.end()
        title_end = start + len(raw)
        self.begin_section(rule.name, start, title_end + (text[title_end : title_end + 1] == ":"), flags)
        self.emit(self.at, end, True)
        return end

    def unknown_title(self, raw: str, start: int, end: int) -> int:
        """What :meth:`title` says of a heading without a rule: a specimen, the outside of another heading, or a new section."""
        text = self.text
        if text[end - 1] != ":":
            return -1
        caps = raw.isupper()
        if (caps or self.item) and is_specimen(raw, self.item):
            self.fresh = self.specimen = True
            self.emit(self.at, end, True)
            return end
        inner = text.find(":", end, end + 60) if end - start <= 40 and text[end : end + 2][-1:].isupper() else -1
        if inner > 0 and self.headings.opens_anywhere(text[end:inner].strip(" ")):
            self.emit(self.at, end, False)
            return end
        if caps and self.line_start and not self.item and is_title(raw):
            self.begin_section(None, start, end, frozenset())
            self.titled = True
        return -1

    def begin_section(self, name: str | None, start: int, title_end: int, flags: frozenset[str]) -> None:
        if self.rows and self.rows[-1][2] < len(self.sections) - 1 and self.sections[-1][0] is None:
            self.sections.pop()  # what came after the family was this heading
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
        inside = breaks == 1 and start > self.at and end < len(text)
        if inside and goes_on(text, self.at, self.line, start, end, self.headings, self.marks.open):
            self.line = end
            return
        self.close(start, line_end=True)
        self.line, self.number = end, 0
        if breaks > 1 and self.rows and not self.rows[-1][3]:
            self.fresh, self.specimen = True, False
            if self.told_in_passing():
                self.sections.append((None, end, end, end, frozenset()))
        self.open(end, True)

    def told_in_passing(self) -> bool:
        """Whether the paragraph that ends here said all behind its heading ("Family: father …", "Working diagnosis: lymphoma …")."""
        name, _, _, title_end, flags = self.sections[-1]
        behind = self.text[title_end : title_end + 12].partition("\n")[0]
        passing = flags & _IN_PASSING or ("low_trust" in flags and name in _LISTS)
        return bool(passing) and behind.strip(" :.-") != ""

    def close(self, end: int, *, line_end: bool = False) -> None:
        """Ends the sentence before ``end``; it may turn out to be a heading."""
        piece = self.text[self.at : end].rstrip()
        if size := len(piece):
            if size <= _HEADING and ": " in piece and piece[-1] == "." and (lead := self.hidden_heading(piece)):
                self.emit(self.at, self.at + len(piece[:lead].rstrip()), False)
                self.at, piece, size = self.at + lead, piece[lead:], size - lead
            heading = size <= _HEADING and (
                self.item or self.titled or size <= _SHORT_TITLE or piece[-1] == ":" or not piece[1].islower()
            )
            self.emit(self.at, self.at + size, heading and self.is_heading(piece, line_end))
        self.at = end

    def hidden_heading(self, piece: str) -> int:
        """Where a known heading of several words begins that ends a run of empty form fields (``Client: FINAL DIAGNOSIS.``)."""
        lead = piece.rfind(": ") + 2
        raw = piece[lead:].strip(" .")
        if (
            raw[:4].lower() not in self.heads
            or " " not in raw
            or len(raw) > _SHORT_TITLE
            or not all(w[0].isupper() for w in raw.split() if len(w) > 3)
        ):
            return 0
        return lead + len(piece[lead:]) - len(piece[lead:].lstrip()) if self.headings.opens_anywhere(raw) else 0

    def is_heading(self, piece: str, line_end: bool) -> bool:
        """Whether the whole sentence is a heading; a known one begins its section here."""
        last = piece[-1]
        if self.titled:
            return last == ":"
        if piece[0].isupper() and len(piece) <= _SHORT_TITLE and piece[:4].lower() in self.heads:
            whole_line = self.line_start and line_end and last not in ".,"
            raw, caps = piece.rstrip(" .:,-"), piece.isupper()
            if (whole_line or last == "." or (caps and last == ",")) and len(raw) >= 4 and (found := self.headings.find(raw)):
                rule, flags = found
                if not rule.sub and (caps or self.line_start or not rule.strict):
                    self.begin_section(rule.name, self.at, self.at + len(raw), flags)
                    return True
        if last == ":":
            titled = (
                self.item or piece.count(" ") < 5 or piece.isupper() or (self.line_start and line_end and names_tissue(piece))
            )
            return titled and not tells_diagnosis(piece)
        if (self.item or piece.isupper()) and is_specimen(piece, self.item):
            self.fresh = self.specimen = True
            return True
        return False

    def emit(self, start: int, end: int, heading: bool) -> None:
        if not self.sections:
            self.sections.append((None, 0, 0, 0, frozenset()))
        if self.fresh:
            self.group, self.fresh = self.group + 1, False
        section = len(self.sections) - 1
        if end - start <= MAX_SENTENCE:
            self.rows.append((start, end, section, heading, self.item, self.line_start, self.group))
            return
        for first, last in _pieces(self.text, start, end):
            self.rows.append((first, last, section, heading, self.item, self.line_start, self.group))
            self.line_start = self.item = False


_IN_PASSING = frozenset({"family", "uncertain"})
"""Of sections whose heading may stand before a paragraph of a story: it says nothing of the next one."""
_LISTS = frozenset({"problem_list", "past_medical_history", "past_surgical_history"})
"""Sections of the author's own, trusted less only where a remark says that they were carried over."""


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
