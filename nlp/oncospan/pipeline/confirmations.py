"""Which tests showed the tumor or its metastases: imaging and tissue words tied to what they support."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oncospan.pipeline.deposit_facts import DepositFact
from oncospan.pipeline.mention import Mention
from oncospan.pipeline.primary import Primary
from oncospan.pipeline.relations import LineFacts
from oncospan.pipeline.tumor_facts import TumorFact
from oncospan.sites import same_organ
from oncospan.types import Assertion, AuthorRole

_SHOWN = (Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.HISTORY)
_DONE = (Assertion.PRESENT, Assertion.HISTORY)
_REACH = 2
"""How many sentences after a test without a finding of its own may carry its result."""

_FOLLOWS = re.compile(
    r"\W{0,3}(?:it|this|these|there|also|the (?:scan|study|examination|lesion|mass|tumou?r|same)|in addition|additionally)\b",
    re.IGNORECASE,
)
_ABNORMAL = re.compile(
    r"\b(?:uptake|hypermetabolic|avid|filling defect|thicken\w{2,3}|enhanc\w{3,5}|stenosis|obstruct\w{3,4}|opacit\w{1,3}|densit\w{1,3}"
    r"|shadow|infiltrat\w{1,4}|ulcer\w{0,5}|swell\w{2,3}|swollen|enlarged|abnormal\w{0,4}|accumulation|polyp\w{0,3}|defect)\b",
    re.IGNORECASE,
)
_CONFIRMS = re.compile(
    r"\b(?:confirm\w{2,4}|reveal\w{2,3}|show\w{2,3}|prove[dn]?|demonstrat\w{2,4}|yield\w{2,3}|histolog\w{1,5}|patholog\w{1,5})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A test of one modality that supports the primary or a metastasis, with the words of both."""

    test: str
    modality: str
    of: str
    mentions: tuple[Mention, ...]
    sites: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Result:
    """What a sentence shows: the primary or a metastasis, at which sites, in which words."""

    of: str
    sites: frozenset[str]
    mentions: tuple[Mention, ...]


class _Tests:
    """Ties the tests of a note to what its sentences show."""

    def __init__(self, lines: Sequence[LineFacts], primaries: Sequence[Primary], author: AuthorRole) -> None:
        self._lines = lines
        self._primaries = primaries
        self._author = author
        self._receptor = any(m.concept == "ssr_pet" for ln in lines for m in ln.line.of("imaging"))
        self._reached = {d.site for ln in lines for d in ln.deposits if d.assertion in _SHOWN and d.site != "unspecified"}

    def all(self) -> Iterator[Confirmation]:
        for i, facts in enumerate(self._lines):
            results = self._shown(facts)
            tests = [m for m in facts.line.of("imaging", "tissue") if m.assertion in _DONE]
            reported = self._author in (AuthorRole.RADIOLOGIST, AuthorRole.PATHOLOGIST)
            if "family" in facts.line.flags or (reported and "low_trust" in facts.line.flags):
                continue
            if not tests:
                tests = self._before(i) if results else []
                yield from self._operation(facts, results)
            elif not results:
                results = self._later(i)
            for test in tests:
                modality = self._modality(test, i)
                for r in results:
                    yield Confirmation(
                        test=test.attrs.get("test", test.category), modality=modality, of=r.of, mentions=(test, *r.mentions),
                        sites=r.sites,
                    )  # fmt: skip

    def _shown(self, facts: LineFacts) -> list[_Result]:
        deposits = [d for d in facts.deposits if d.assertion in _SHOWN]
        hits = [(p, t) for p in self._primaries for t in facts.tumors if self._is_of(p, t, deposits)]
        sampled = self._sampled(facts)
        out: list[_Result] = []
        if hits and not sampled:
            out.append(_Result("primary", frozenset(p.site for p, _ in hits), (hits[0][1].mention,)))
        elif not hits and not deposits and facts.line.of("imaging") and _ABNORMAL.search(facts.line.text):
            near = [(p, x) for p in self._primaries for x in facts.places if not x.test and same_organ(p.site, x.site)]
            if near:
                out.append(_Result("primary", frozenset({near[0][0].site}), near[0][1].mentions[:1]))
        if deposits:
            out.append(_Result("metastasis", frozenset(d.site for d in deposits), (deposits[0].trigger,)))
        elif sampled and hits:
            out.append(_Result("metastasis", frozenset({sampled}), (hits[0][1].mention,)))
        return out

    def _is_of(self, primary: Primary, tumor: TumorFact, deposits: Sequence[DepositFact]) -> bool:
        if tumor.assertion not in _SHOWN or tumor.metastatic or any(d.tumor is tumor.mention for d in deposits):
            return False
        if any(d.place is not None and d.place is tumor.place for d in deposits):
            return False
        if tumor in primary.facts:
            return True
        if not tumor.mention.weak:
            return False
        if tumor.place is not None and "body_region" not in tumor.place.flags:
            return same_organ(tumor.place.site, primary.site)
        return len(self._primaries) == 1 and not deposits and tumor.start < primary.facts[-1].start

    def _sampled(self, facts: LineFacts) -> str | None:
        """The metastatic site a sentence takes tissue from, when its tumor word has no site of its own."""
        tissue = facts.line.of("tissue")
        for place in facts.places:
            if place.site not in self._reached or any(same_organ(p.site, place.site) for p in self._primaries):
                continue
            if any(abs(place.start - t.end) < 50 or abs(t.start - place.end) < 50 for t in tissue):
                return place.site
        return None

    def _before(self, i: int) -> list[Mention]:
        """The tests a sentence without one goes on from: "It also showed …", or any finding of a report of one study."""
        reports = self._author is AuthorRole.RADIOLOGIST
        line = self._lines[i].line
        for facts in reversed(self._lines[:i]):
            if not reports and line.index - facts.line.index > 1:
                break
            if facts.line.section is not None and facts.line.section.name == "comparison":
                continue
            tests = [m for m in facts.line.of("imaging") if m.assertion in _DONE or reports]
            if tests and (reports or (_FOLLOWS.match(line.text) and facts.line.section is line.section)):
                return tests
        return []

    def _operation(self, facts: LineFacts, results: Sequence[_Result]) -> Iterator[Confirmation]:
        """An operation that is said to have shown the tumor, or any operation in a pathologist's report."""
        cut = [m for m in facts.line.of("treatment") if m.attrs.get("effect") == "surgery" and m.assertion in _DONE]
        report = self._author is AuthorRole.PATHOLOGIST
        if not results or not ((cut and _CONFIRMS.search(facts.line.text)) or report):
            return
        mention = cut[0] if cut else results[0].mentions[0]
        modality = "resection" if cut else self._specimen_modality()
        for r in results:
            yield Confirmation(test="tissue", modality=modality, of=r.of, mentions=(mention, *r.mentions), sites=r.sites)

    def _specimen_modality(self) -> str:
        """What a pathology report was made from: an operation where one is named, else the biopsy or aspirate."""
        words = [m for ln in self._lines for m in ln.line.of("treatment", "tissue")]
        if any(m.attrs.get("effect") == "surgery" and m.assertion in _DONE for m in words):
            return "resection"
        named = [m.concept for m in words if m.category == "tissue" and m.attrs.get("modality") != "from_context"]
        return named[0] if named else "other_tissue"

    def _later(self, i: int) -> list[_Result]:
        """What the next sentences show, when they name no test of their own."""
        here = self._lines[i].line
        for facts in self._lines[i + 1 : i + 1 + _REACH]:
            line = facts.line
            if line.index - here.index > _REACH or line.section is not here.section or line.of("imaging", "tissue"):
                return []
            if shown := self._shown(facts):
                return shown
        return []

    def _modality(self, test: Mention, i: int) -> str:
        """The modality of a test; pathology words take that of the biopsy or operation they follow."""
        if test.concept == "pet" and self._receptor and "fdg" not in self._lines[i].line.text.lower():
            return "ssr_pet"  # the study is named once in full and "PET" after that
        if test.attrs.get("modality") != "from_context":
            return test.concept
        here = self._lines[i]
        for facts in reversed(self._lines[max(0, i - 6) : i + 1]):
            near = [m for m in facts.line.of("tissue", "treatment") if _takes_tissue(m, test)]
            near = [m for m in near if m.start < test.start or facts is here]
            if near:
                return "resection" if near[-1].category == "treatment" else near[-1].concept
        return self._specimen_modality() if self._author is AuthorRole.PATHOLOGIST else "other_tissue"


def _takes_tissue(m: Mention, test: Mention) -> bool:
    if m.start == test.start or m.assertion not in _DONE:
        return False
    if m.category == "tissue":
        return m.attrs.get("modality") != "from_context"
    return m.attrs.get("effect") == "surgery"


def confirmations(lines: Sequence[LineFacts], primaries: Sequence[Primary], author: AuthorRole) -> list[Confirmation]:
    """The confirmations of a note in order, one a sentence, modality and target."""
    return list(_Tests(lines, primaries, author).all())
