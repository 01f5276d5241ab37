"""Where a sentence may end: the patterns of :mod:`oncospan.pipeline.text.segment`, abbreviations, and lines that go on.

Every repeat is bounded or possessive, and every pattern but ``Marks.cut`` is tried at one place only: nothing backtracks over
the note, whatever is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from oncospan.pipeline.text.headings import Headings, is_specimen

DOTS = "\u2022\u25aa\u25cf\u25e6\u2023\u25a0\u25a1\u2610\u2611\u2612"
"""Bullets and drawn boxes: they begin an item wherever they stand."""

_NEW_LINES = r"\n\r\x0b\x0c\x85\u2028\u2029"
_BLANK = rf"[^\S{_NEW_LINES}]"

_CUT = r"""[.?!:,)(\[{NL}{DOTS}](?:
      (?<=[{NL}])\s*+                                                      # the end of a line, and blank lines below it
    | (?<=[.?!])["'\u201d\u2019)\]]{{0,3}}+
        (?: {HS}++ (?= ["'\u201c\u2018(\[]{{0,2}}{UPPER} | [-*+>\#\u2013\u2014{DOTS}] | \[ )  # the end of a sentence
          | (?:{HS}*+,)++{HS}*+ (?= [^\sa-z] ) )                           # a line end that became a comma
    | (?<=[a-z]{{3}}\.)(?=[A-Z][a-z])                                      # a sentence end that lost its space
    | (?<=:){HS}++(?=[-*\u2013]\s)                                         # a heading before a dash item
    | (?<=[A-Z)][A-Z)][A-Z)]:) | (?<=,[A-Z][A-Z]:)                         # perhaps a heading inside a line
    | (?<=,)(?=\d\d?\.\s)                                                  # "1. One.,2. Two"
    | (?<=[\s;,]\d\))(?=\s) | (?<=[\s;,]\d\d\))(?=\s)                      # "1) one 2) two"
    | (?<=\[)[ xX\u2713\u2714_]?\] | (?<=\()[ xX]\)                        # a checkbox
    {BULLET})"""
_OPEN = r"""({HS}*+)
    ( (?: \d{{1,2}}(?:[.)](?=[^\S\n\r]|[A-Z])|:(?=\s?[A-Z])) | \(?[A-Za-z]\)(?=\s|[A-Z])
        | [A-Z]\.(?=\s?(?![A-Z]\.)[A-Z\d"(]) | [A-Z]:(?=\s?[A-Z]) | (?:i|ii|iii|iv|v|vi|II|III|IV|VI)[.)](?=\s)
        | [-*+>\#\u2013\u2014\u00b7\uf0b7]{{1,2}}(?={HS}) | [-*\#](?=[A-Za-z]) | [\u2022{DOTS}] | o(?={HS})
        | \[[ xX\u2713\u2714_]?\] | \([ xX]\) | (?:PART|Part|SPECIMEN|Specimen)\s[\#\dA-Z]{{1,3}}\s?[:.)-] ) {HS}*+ )?
    ( (?:[^\W\d_]|\d\d[\ -][A-Za-z])[^:{NL}]{{0,119}}+:
      | [A-Z][A-Za-z\ &/'()]{{2,60}}+(?=[-\u2013\u2014]\s|,[A-Z\d]|\.\s[a-z]) )?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The two patterns of a scan; most notes are ASCII, and the narrow classes are three times as fast on them.

    ``cut`` finds where a sentence may end; ``open`` reads, where one begins, the white space (1), the mark of an item (2)
    and what may be a heading (3).
    """

    cut: re.Pattern[str]
    open: re.Pattern[str]

    @staticmethod
    def of(text: str) -> Marks:
        """The patterns to read ``text`` with."""
        return _ASCII if text.isascii() else _UNICODE


def _marks(ascii_only: bool) -> Marks:
    narrow = {"NL": r"\n\r\x0b\x0c", "HS": r"[ \t\x1c-\x1f]", "DOTS": "", "UPPER": "(?:[A-Z0-9]|[a-z][A-Z])", "BULLET": ""}
    wide = {"NL": _NEW_LINES, "HS": _BLANK, "DOTS": DOTS, "UPPER": r"(?:[^\W_a-z]|[a-z][A-Z])", "BULLET": rf"| (?<=[{DOTS}])"}
    cut, opening = (p.format(**(narrow if ascii_only else wide)) for p in (_CUT, _OPEN))
    if ascii_only:
        # "\s" stays that of Unicode, as str.strip has it; the curly marks can go
        cut, opening = (re.sub(r"\\u[0-9a-f]{4}", "", p).replace("| []", "| (?!)") for p in (cut, opening))
    return Marks(cut=re.compile(cut, re.VERBOSE), open=re.compile(opening, re.VERBOSE))


_ASCII, _UNICODE = _marks(True), _marks(False)

COMMAS = re.compile(rf"(?:{_BLANK}*+,)++")
LINE_END = re.compile(rf"{_BLANK}*+(?:[{_NEW_LINES}]|\Z)")
CAPS_RUN = re.compile(r"(?<![^\s.,;:])((?:[A-Z][A-Z/&()'-]{0,24}\s){0,5}[A-Z][A-Z/&()'-]{1,24})\Z")

_LINE = re.compile(rf"[^{_NEW_LINES}]{{0,200}}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[Dd]rs?|M[rs]|Mrs|Prof|St|[Vv]s|[Aa]pprox|e\.g|i\.e|cf|ca|viz|[Rr]esp|incl)"
    r"|\b((?:Dr|M[rs]|Mrs|[A-Z])\.\s?[A-Z]))\Z"
)
_DIED = re.compile(
    r"\b(?:mother|father|sister|brother|son|daughter|aunt|uncle|cousin|grandmother|grandfather|parent|mom|dad|[mp]?g[mf])\s[dD]\Z",
    re.IGNORECASE,
)
"""A relative who died ("mother d. breast cancer")."""
_ABBREVIATED = frozenset(
    "Dr DR dr Drs drs Mr MR Ms Mrs MRS Prof PROF St vs Vs VS approx Approx APPROX cf ca viz resp Resp incl INCL".split()
)
_BEFORE_NUMBER = frozenset(
    "No no Nos nos NO Fig fig Figs figs Ref ref Vol vol p pp Max max Min min Diam diam Seg seg Ext ext Tel tel "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec".split()
)
_PART, _PART_LABEL = re.compile(r"\s{0,4}(?:part|specimen)\s\#?[A-Z\d]{1,3}\s?", re.IGNORECASE), 20
_STARTER = re.compile(r"(?:The|This|That|He|She|We|I|It|In|At|An?|No|Patient|Pt|Then|After|On|There|His|Her|They)\b")
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "II", "III", "IV", "VI"})
_CONTINUES = frozenset(
    "left right upper lower distal proximal of the and with to in by from for or a an at on as is was were are be been has have had that which who no not without "
    "via per into within than showing including involving ascending descending transverse moderately poorly lymph".split()
)
_CONTINUED = _CONTINUES | frozenset("but however although because due while when where after before".split())
_SHORT_LINE, _WRAPPED_LINE, _HEADING_LINE = 30, 60, 48


def abbreviated(text: str, at: int, dot: int, end: int) -> bool:
    """Whether the full stop at ``dot`` belongs to a list marker, an abbreviation or an initial of the sentence from ``at``."""
    if dot - at <= 3:
        token = text[at:dot]
        if token.isdigit() or (len(token) == 1 and token.isalpha()) or token in _ROMAN:
            return True
    if dot - at <= _PART_LABEL and _PART.fullmatch(text, at, dot):
        return True
    word = text[max(at, dot - 8) : dot].rpartition(" ")[2]
    if word.isalpha() and len(word) > 1:
        return word in _ABBREVIATED or (word in _BEFORE_NUMBER and text[end : end + 1].isdigit())
    if word.isdecimal():
        return False
    if word in ("d", "D") and _DIED.search(text, max(at, dot - 16), dot):
        return True
    if found := _ABBREVIATION.search(text, max(at, dot - 8), dot):
        # "Dr. A.  This shows": two spaces, or a usual first word, after an initial
        return not found[1] or not (text[end - 2].isspace() or _STARTER.match(text, end))
    return text[end : end + 1].isdigit() and word.lstrip("([\"'") in _BEFORE_NUMBER


_NEVER_LAST = frozenset(
    "OF WITH AND OR THE IN TO FOR BY FROM INTO AT IS ARE METASTATIC INVASIVE INFILTRATING SQUAMOUS LYMPH MODERATELY POORLY CELL".split()
)
_NEVER_LAST_SMALL = frozenset("the and an or into than including showing".split())
_NEVER_FIRST = frozenset(
    "AND OR OF TO WITH WITHOUT BY FROM INTO WITHIN THAN WHICH THAT IS ARE WAS WERE HAS HAVE NOT FOR INVOLVING INVADING EXTENDING".split()
)


_SPREAD_ENDS = re.compile(r"(?:METS|METASTAS[EI]S|DISEASE|DEPOSITS?|NODULES?|LESIONS?|IMPLANTS)[.,;)]?")
"""A word of capitals, with its mark, that belongs to the sentence of the line above ("NO LUNG / METS.")."""


_TALLY = re.compile(r"\b[Nn]umber\sof\s[^.:;]{0,36}\b(?:[Pp]ositive|[Ii]nvolved|[Ss]ampled|[Ee]xamined)\Z")
"""The name of a count whose figure a full stop was put before ("Number of nodes positive. 0.")."""


_FIELD = re.compile(r"(?:(?:tumou?r|specimen)\s)?laterality", re.IGNORECASE)
"""The whole of a sentence that is only the name of a field, whose value stands behind the full stop ("Laterality. Left.")."""


_NODE_FIELD = re.compile(
    r"\W{0,4}(?:[A-Za-z]\d?[.):]\s{1,3})?(?:[a-z-]{3,16}\s){0,2}(?:lymph\s)?nodes?\b[^:\n]{0,40}[:.,]", re.IGNORECASE
)
_NODE_NUMBER = re.compile(
    r"(?:total\s)?number\s(?:of\s(?:regional\s)?(?:lymph\s)?nodes?\s)?(?:examined|involved|positive|sampled|submitted|evaluated|with\s(?:[a-z]{3,5})?metasta)"
    r"|(?-i:[yp]{0,2}N[0-3X]|[yp]{1,2}NO)(?:mi|[a-c])?\b",
    re.IGNORECASE,
)


def _of_nodes(text: str, at: int, end: int) -> bool:
    """Whether the figures of a field of nodes go on at ``end`` ("Regional lymph nodes: pN1. Number examined: 16. Number involved: 2.")."""
    if text[end : end + 1] not in "NnTtpPyY":
        return False
    return _NODE_NUMBER.match(text, end, end + 60) is not None and _NODE_FIELD.match(text, at, min(end, at + 90)) is not None


def runs_on(text: str, at: int, dot: int, end: int) -> bool:
    """Whether the full stop at ``dot`` only marks where a line was broken ("THREE OF NINE PERIBRONCHIAL. AND HILAR NODES")."""
    if _of_nodes(text, at, end):
        return True
    before = text[max(at, dot - 14) : dot].rpartition(" ")[2]
    after = text[end : end + 12]
    if before in _NEVER_LAST_SMALL:
        return after[:1].isalpha()
    if after[:1].isdigit() and _TALLY.search(text, max(at, dot - 48), dot):
        return True
    if dot - at <= 20 and after[:1].isalpha() and _FIELD.fullmatch(text, at, dot):
        return True
    if not before.isupper() or not after[:2].isupper():
        return False
    return before in _NEVER_LAST or after.split(" ", 1)[0] in _NEVER_FIRST


_ANSWER = re.compile(r"(?:[:?=]\s{0,6}|\s\s|\t)no\Z", re.IGNORECASE)
"""A line that ends in the answer to its label ("Lung metastasis: No")."""


def goes_on(text: str, at: int, line: int, start: int, end: int, headings: Headings, opening: re.Pattern[str]) -> bool:
    """Whether the sentence from ``at``, whose last line is ``line`` to ``start``, goes on in the line that begins at ``end``."""
    if _of_nodes(text, at, end):
        return True
    tail = text[max(at, start - 32) : start].rstrip()
    last = tail.rstrip("\"')]\u201d\u2019")[-1:]
    if not tail or last in ".?!:" or tail.endswith(".,"):
        return last == "." and text[end].islower() and _ABBREVIATION.search(tail[:-1]) is not None
    if _ANSWER.search(tail) and text[end].isupper():
        return False
    mark, word = tail[-1], tail.rpartition(" ")[2].lower()
    open_ended = mark == "," or word in _CONTINUES or (mark == "-" and tail[-2:-1].isalpha())
    if not open_ended and not _wrapped(text, at, line, start, end):
        return False
    if _block_below(text, end, headings, opening) or (mark == "-" and is_specimen(text[max(at, start - 160) : start], True)):
        return False
    return open_ended or not (_is_row(text[line : min(start, line + 200)]) or _is_row(_line(text, end)))


def _is_row(line: str) -> bool:
    """Whether the line is a row of a table: cells between tabs, bars or three spaces."""
    cells = line.strip()
    return "\t" in cells or "|" in cells or "   " in cells


def _wrapped(text: str, at: int, line: int, start: int, end: int) -> bool:
    """Whether the line, which ended without a mark, was broken before the word at ``end``."""
    length = start - line
    following = text[end : end + 24].split(None, 1)[0]
    if text[end].islower() or text[end] == "(":
        return length >= _SHORT_LINE or following.lower() in _CONTINUED
    if length >= _WRAPPED_LINE and (following in _NEVER_FIRST or _SPREAD_ENDS.fullmatch(following)):
        return True
    if length < _WRAPPED_LINE or (at == line and text[max(line, start - 200) : start].isupper()):
        return False
    return at != line or text[end].isdigit() or text[end : end + 2].isupper()


def _line(text: str, start: int) -> str:
    match = _LINE.match(text, start)
    return match[0] if match else ""


def _block_below(text: str, pos: int, headings: Headings, opening: re.Pattern[str]) -> bool:
    """Whether the line at ``pos`` begins with an item or a heading."""
    head = text[pos : pos + 4]
    if head.islower() and head.isalpha():
        return False
    match = opening.match(text, pos)
    if match is None or match[2]:
        return match is not None
    line = _line(text, pos).strip()
    raw = (match[3] or (line if len(line) <= _HEADING_LINE else "")).rstrip(" :.")
    if not raw or not raw[0].isupper():
        return False
    return (bool(match[3]) and raw.isupper() and ". " not in raw) or headings.find(raw) is not None
