"""The query linter: what a query to a provider may not be (leading, unbalanced, about money)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from oncospan.errors import OncoSpanError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oncospan.types import Query

OTHER = "Other (please specify): ____"
UNABLE = "Unable to determine"
TAIL = (OTHER, UNABLE)
"""The two options every query ends with."""

FORBIDDEN = (
    r"reimburs\w{0,10}", r"(?:co|pre)?payments?", r"payers?", r"payors?", r"revenues?", r"m?ccs?", r"(?:ms-?|apr-?)?drgs?",
    r"(?:cms-?)?hccs?", r"rafs?", r"severity scores?", r"severity of illness", r"risk adjust\w{0,6}", r"case[ -]mix", r"cmi",
    r"quality", r"denials?", r"audit(?:s|ed|ing|or|ors)?", r"billing", r"billable", r"financial(?:ly)?", r"dollars?",
)  # fmt: skip
"""Words of payment, severity and performance: none may stand anywhere in a query, its quotes included (SPEC 7.1.6)."""

ELISION = "[…]"
"""What stands in a quote where a forbidden word was left out."""

_QUOTE = re.compile("“[^”]{0,400}”")

_LEADING = re.compile(
    r"\b(?:please|kindly|must|should|need to|needs to|remember to)\s+(?:\w{1,12}\s){0,2}?"
    r"(?:document|add|code|confirm|state|write|addend|amend|change|specify that|include|agree)(?:d|ed)?\b"
    r"|\b(?:do|don't|would|wouldn't) you (?:not )?(?:agree|think|concur|consider)\b"
    r"|\b(?:isn't|aren't|wasn't|doesn't|hasn't|haven't|can't) (?:this|it|that|the)\b"
    r"|\bcan (?:you|we) (?:confirm|agree|document|add|code)\b"
    r"|\b(?:clearly|obviously|undoubtedly|as you know|meets? (?:the )?criteria for|is consistent with a diagnosis of)\b",
    re.IGNORECASE,
)

_YES_NO = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|had|should|would|will|could this|could these|can this|can these|might)\b",
    re.IGNORECASE,
)
_YES_NO_OPTION = re.compile(r"\s{0,4}(?:yes|no)\s{0,4}(?:[,.;:(/-]|\Z)", re.IGNORECASE)

_DIAGNOSIS = re.compile(
    r"\b(?:\w{2,20}omas?|carcinoids?|carcinomatosis|cancers?|cancerous|malignan\w{2,4}|metasta\w{2,6}|leuk\w{2,4}mias?"
    r"|\w{0,20}syndromes?|\w{0,12}cushing\w{0,5}|zollinger\w{0,9}|acromegal\w{1,2}|siadh|hyper(?!sens|act)\w{3,20}|hypo\w{3,20}"
    r"|\w{3,20}itis|\w{2,16}emia|(?!diagnosis|prognosis)\w{3,16}osis|\w{3,16}opathy|cachexia|cachectic|malnutrition|malnourished"
    r"|fractures?|sepsis|septic|pneumonia|embol\w{2,4}|infarct\w{0,4}|stroke|(?:heart|renal|kidney|respiratory|liver) failure"
    r"|effusions?|ascites|hernia|hemorrhage|diabet\w{2,3}|(?:heart|valve|kidney|liver|lung) disease)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LintProblem:
    """One reason to refuse a query; ``what`` names the fault and never quotes the note."""

    rule: str
    what: str


class QueryRefusedError(OncoSpanError):
    """A wording that cannot become a query; the fault lies in the pack, so it ends a run as a pack error does."""

    exit_code: ClassVar[int] = 4

    def __init__(self, problems: Iterable[LintProblem], *, where: str | None = None) -> None:
        self.problems = tuple(problems)
        told = "; ".join(f"{p.rule}: {p.what}" for p in self.problems)
        super().__init__(f"the query was refused ({told})", where=where, hint="Reword it in gaps.yaml.")


def lint(query: Query, extra_words: Iterable[str] = ()) -> tuple[LintProblem, ...]:
    """Why ``query`` may not be sent, in a fixed order; empty when it may. ``extra_words`` are a site's own forbidden words."""
    return (
        *_money(query, forbidden(tuple(extra_words))),
        *_record(query),
        *_options(query),
        *_title(query),
        *_question(query),
        *_yes_no(query),
    )


@lru_cache(maxsize=8)
def forbidden(extra_words: tuple[str, ...] = ()) -> re.Pattern[str]:
    """The pattern of every forbidden word, a site's ``extra_words`` (taken literally) included; case does not matter."""
    words = (*FORBIDDEN, *(re.escape(w.strip()) for w in extra_words if w.strip()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _problem(rule: str, what: str) -> tuple[LintProblem, ...]:
    return (LintProblem(rule=rule, what=what),)


def _money(query: Query, words: re.Pattern[str]) -> tuple[LintProblem, ...]:
    parts = {
        "title": (query.title,),
        "question": (query.question,),
        "options": query.options,
        "indicators": tuple(x for i in query.indicators for x in (i.text, i.source)),
    }
    hit = [name for name, texts in parts.items() if any(words.search(t) for t in texts)]
    return _problem("money", f"a word of payment, severity or quality stands in the {', '.join(hit)}") if hit else ()


def _record(query: Query) -> tuple[LintProblem, ...]:
    if not query.indicators:
        return _problem("indicators", "no clinical indicator is quoted")
    if not all(i.text.strip() and i.source.strip() for i in query.indicators):
        return _problem("indicators", "an indicator lacks its words or its source")
    return ()


def _options(query: Query) -> tuple[LintProblem, ...]:
    own = substantive(query)
    if query.options[-2:] != TAIL:
        return _problem("options", "the options do not end with 'other' and 'unable to determine'")
    if not own or len(set(query.options)) != len(query.options) or not all(o.strip() for o in own):
        return _problem("options", "there is no option to choose, an empty one or one twice")
    if any("{" in unquoted(o) for o in query.options):
        return _problem("placeholder", "an option has an unfilled placeholder")
    if len(own) == 1 and _foreign(own[0], query):
        return _problem("leading_option", "the only option names a diagnosis the quoted record does not have")
    return ()


def _title(query: Query) -> tuple[LintProblem, ...]:
    if not query.title.strip() or "{" in query.title:
        return _problem("title", "the title is empty or has an unfilled placeholder")
    if "?" in query.title or _presses(query.title):
        return _problem("leading_title", "the title asks or presses")
    if _foreign(query.title, query):
        return _problem("leading_title", "the title names a diagnosis the quoted record does not have")
    return ()


def _question(query: Query) -> tuple[LintProblem, ...]:
    own = unquoted(query.question)
    out: tuple[LintProblem, ...] = ()
    if "{" in own or "}" in own:
        out += _problem("placeholder", "the question has an unfilled placeholder")
    if own.count("?") != 1 or not own.rstrip().endswith("?"):
        out += _problem("one_question", "there is not exactly one question, at the end")
    if _presses(own):
        out += _problem("leading_question", "the question presses for an answer")
    if _foreign(own, query):
        out += _problem("leading_question", "the question names a diagnosis the quoted record does not have")
    return out


def _yes_no(query: Query) -> tuple[LintProblem, ...]:
    """Yes/no is refused unless the question quotes the words of the record it asks about (SPEC 7.1.5)."""
    last = re.split(r"(?<=[.:;!])\s+", unquoted(query.question).strip())[-1]
    if not (_YES_NO.match(last) or any(_YES_NO_OPTION.match(o) for o in query.options)):
        return ()
    record = _said(query)
    quotes = [q[1:-1].strip().casefold() for q in _QUOTE.findall(query.question)]
    if quotes and all(q and q in record for q in quotes):
        return ()
    return _problem("yes_no", "a yes/no question may not introduce what the quoted record does not say")


def substantive(query: Query) -> tuple[str, ...]:
    """The options of a query without the two that end every query."""
    return tuple(o for o in query.options if o not in TAIL)


def unquoted(text: str) -> str:
    """``text`` without its “quoted” parts: the words that are ours."""
    return _QUOTE.sub("“”", text)


def _said(query: Query) -> str:
    return " ".join(" ".join(i.text for i in query.indicators).split()).casefold()


def _foreign(text: str, query: Query) -> bool:
    """Whether ``text`` names a diagnosis that no quoted indicator has."""
    named = _diagnoses(text)
    return bool(named) and not all(map(_said(query).__contains__, named))


@lru_cache(maxsize=512)
def _diagnoses(text: str) -> tuple[str, ...]:
    """The diagnoses that words of ours name, folded; kept, for the wordings are few."""
    return tuple(m.group().casefold() for m in _DIAGNOSIS.finditer(text))


@lru_cache(maxsize=512)
def _presses(text: str) -> bool:
    """Whether words of ours press for an answer; kept, for the wordings are few."""
    return _LEADING.search(text) is not None
