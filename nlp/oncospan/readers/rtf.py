r"""The text a person sees of RTF: paragraphs as lines, cells with ``|`` between them, check boxes as ``[x]`` or ``[ ]``; deleted, struck-out and hidden text left out.

Why not striprtf: it gives deleted, struck-out and hidden text as if it were seen, drops headers, footers and footnotes, and takes
a document that was cut short for a whole one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from oncospan.readers.problems import Unreadable

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z'])|(?P<brace>[{}])|(?P<end>[\r\n]+)"
    rb"|(?P<text>[^\\{}\r\n]+)|(?P<other>\\.?)",
    re.DOTALL,
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object objdata filetbl listtable listoverridetable revtbl rsidtbl generator themedata "
    b"colorschememapping latentstyles datastore xmlnstbl fldinst bkmkstart bkmkend pgptbl mmathpr operator template "
    b"userprops docvar panose falt wgrffmtfilter ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn nonshppict annotation atnid atnauthor "
    b"atndate atnref".split()
)
"""Groups whose text is not seen on the page."""

_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"nestrow": "\n", b"tab": "\t", b"cell": " | ",
           b"nestcell": " | "}  # fmt: skip
_SIGNS = {
    b"emdash": "\u2014", b"endash": "\u2013", b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d",
    b"bullet": "\u2022", b"enspace": "\u2002", b"emspace": "\u2003",
}  # fmt: skip
_SYMBOLS = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "\u2011", b"\n": "\n", b"\r": "\n"}
_FORM = re.compile(rb"FORM(CHECKBOX|DROPDOWN)")
_AS_DEFAULT = 25
"""The result of a field of a form that nobody has touched."""

_CODEPAGES = {437: "cp437", 850: "cp850", 65001: "utf-8", 10000: "mac_roman"}
_SHOWN = {b"shppict", b"shpinst", b"shptxt"}
_APART = {b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf", b"footnote"}
_UNSEEN = {b"v", b"strike", b"striked", b"deleted"}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group: whether it is skipped, what hides its text, and the characters that follow a Unicode one."""

    skipped: bool = False
    unseen: frozenset[bytes] = frozenset()
    fallback: int = 1
    apart: bool = False


@dataclass(slots=True)
class _Form:
    """A field of a form, as its instruction says: a check box, or a list of which one item is chosen."""

    box: bool
    numbers: dict[bytes, int] = field(default_factory=dict)
    items: list[bytes] = field(default_factory=list)

    def shown(self, codepage: str) -> str:
        """What a person sees of it."""
        chosen = self.numbers.get(b"ffres", _AS_DEFAULT)
        chosen = self.numbers.get(b"ffdefres", 0) if chosen == _AS_DEFAULT else chosen
        if self.box:
            return "[x] " if chosen == 1 else "[ ] "
        return self.items[chosen].decode(codepage, "replace") if 0 <= chosen < len(self.items) else ""


@dataclass(slots=True)
class _Page:
    """What was read so far of a document."""

    raw: bytes
    at: int = 0
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    codepage: str = "cp1252"
    starred: bool = False
    skip: int = 0
    form: _Form | None = None
    item: bool = False
    """Whether the text that comes now is an item of a list of a form."""

    @property
    def seen(self) -> bool:
        """Whether text that comes now is seen."""
        return not self.state.skipped and not self.state.unseen

    def show(self, text: str) -> None:
        """Add text where it is seen."""
        self.flush()
        if text and self.seen:
            self.pieces.append(text)

    def flush(self) -> None:
        """Decode the bytes that wait: those of one character may come one by one."""
        if self.pending:
            self.pieces.append(self.pending.decode(self.codepage, "replace"))
            self.pending.clear()

    def brace(self, opens: bool) -> bool:
        """Open or close a group; whether the document ends with it."""
        self.flush()
        self.starred, self.skip = False, 0
        if opens:
            self.stack.append(self.state)
            return False
        apart = self.state.apart
        if self.stack:
            self.state = self.stack.pop()
        if apart and not self.state.apart:
            self.show("\n")
        if self.form is not None and not self.state.skipped:
            self.show(self.form.shown(self.codepage))
            self.form = None
        return not self.stack

    def data(self, data: bytes) -> None:
        """Text in the code page, without the characters that stand in for a Unicode one before it."""
        data, self.skip = data[self.skip :], max(0, self.skip - len(data))
        if self.seen:
            self.pending += data
        elif found := _FORM.search(data):
            self.form = _Form(box=found[1] == b"CHECKBOX")
        elif self.form is not None and self.item:
            self.form.items[-1] += data

    def word(self, word: bytes, value: int | None) -> None:
        """A control word."""
        self.item = self.form is not None and word == b"ffl"
        if self.form is not None and self.item:
            self.form.items.append(b"")
        if self.starred or word in _SKIPPED:
            self.starred = False
            if word not in _SHOWN and value != 0:
                self.state = replace(self.state, skipped=True)
        elif word in _APART:
            self.show("\n")
            self.state = replace(self.state, apart=True)
        elif word in _UNSEEN:
            now = self.state.unseen
            self.flush()
            self.state = replace(self.state, unseen=now - {word} if value == 0 else now | {word})
        elif word == b"u" and value is not None:
            self.show(chr(value & 0xFFFF))
            self.skip = self.state.fallback
        elif word in _BREAKS or word in _SIGNS:
            self.show(_BREAKS.get(word) or _SIGNS[word])
        else:
            self._setting(word, value or 0)

    def _setting(self, word: bytes, value: int) -> None:
        if word == b"bin":
            self.at += max(0, value)
        elif word == b"ansicpg" and value:
            known = 1250 <= value <= 1258 or value in {874, 932, 936, 949, 950}
            self.codepage = f"cp{value}" if known else _CODEPAGES.get(value, "cp1252")
        elif word == b"uc":
            self.state = replace(self.state, fallback=value)
        elif word in {b"ffres", b"ffdefres"} and self.form is not None:
            self.form.numbers[word] = value
        elif word == b"plain":
            self.flush()
            self.state = replace(self.state, unseen=frozenset())


def rtf_text(raw: bytes) -> str:
    """What a person sees of an RTF document. Raises Unreadable where it is none, or was cut short."""
    if not raw.lstrip().startswith(b"{\\rtf"):
        raise Unreadable("bad_rtf", "the document does not begin as RTF does", "Export it again.")
    page = _Page(raw.lstrip())
    while m := _TOKEN.match(page.raw, page.at):
        page.at = m.end()
        if m["text"] is not None:
            page.data(m["text"])
        elif m["word"]:
            page.word(m["word"], int(m["number"]) if m["number"] else None)
        elif m["hex"]:
            page.data(bytes.fromhex(m["hex"].decode()))
        elif m["brace"]:
            if page.brace(m["brace"] == b"{"):
                return _tidy("".join(page.pieces))
        elif m["symbol"] == b"*":
            page.starred = True
        elif m["symbol"]:
            page.show(_SYMBOLS.get(m["symbol"], ""))
    raise Unreadable("bad_rtf", "the document is cut short: a group of it is not closed", "Export it again.")


def _tidy(text: str) -> str:
    """The text with surrogate pairs joined and no cell mark before a line end."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return re.sub(r" \| *(?=\n|$)", "", whole).strip("\n")
