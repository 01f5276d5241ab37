"""Which tests showed the tumor or its metastases: imaging and tissue words tied to what they support."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from oncospan.pipeline.course.operations import operations_in, removals
from oncospan.pipeline.mentions.mention import SAMPLES, Line, Mention
from oncospan.pipeline.sentence.places import FLUID
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tests.modality import Modalities
from oncospan.pipeline.tests.outcomes import abnormal, missed, silent
from oncospan.pipeline.tests.shown import Result, Shown
from oncospan.pipeline.tests.study import BEFORE_STUDY, VAGUE, out_of_view, pointed, scope_of, study_of
from oncospan.pipeline.tests.ties import REACH, names_tumor, resumed, tied
from oncospan.pipeline.text.value import value
from oncospan.pipeline.tumors.primary import Primary
from oncospan.sites import CAVITIES
from oncospan.types import Assertion, AuthorRole

_UNDER = 8
"""How many sentences back the heading may stand that names the tissue test."""

_SEEN = frozenset("findings operative_findings impression assessment postoperative_diagnosis procedure_description".split())
"""Sections of the note of an endoscopy that tell what it showed."""
_SOUGHT = frozenset({"context.possible.rule_out"})
"""Cues of what a sample was taken to find out."""
_HEART = frozenset({"heart", "pericardium", "mediastinum"})


@value
class Confirmation:
    """A test of one modality that supports the primary or a metastasis, with the words of both."""

    test: str
    modality: str
    of: str
    mentions: tuple[Mention, ...]
    sites: frozenset[str]


def confirmations(
    lines: Sequence[LineFacts],
    primaries: Sequence[Primary],
    deposits: Sequence[Deposit],
    author: AuthorRole,
    former: AbstractSet[str],
) -> list[Confirmation]:
    """The confirmations of a note in order; a test named only in general counts where no named one supports the same.

    ``former``: the organs of primaries that are history.
    """
    found = [c for c in _Tests(lines, primaries, deposits, author).all() if c.modality != "echocardiogram" or c.sites & _HEART]
    if author is AuthorRole.RADIOLOGIST:
        unseen = out_of_view(lines)
        found = [c for c in found if not (_of_primary(c) and (c.sites <= former or unseen(c.modality, c.sites)))]
    if author is AuthorRole.PROVIDER:
        found += [
            Confirmation(test="tissue", modality="resection", of=r.of, mentions=(r.operation,), sites=frozenset({r.site}))
            for r in removals(lines, primaries)
        ]
    named = [c for c in found if c.modality not in VAGUE]
    return [c for c in found if c.modality not in VAGUE or not _covered(c, named)]


def _of_primary(found: Confirmation) -> bool:
    """Whether an image is taken to show a primary, of which a radiologist's report may only name the deposits."""
    return found.test == "imaging" and found.of == "primary"


def _covered(vague: Confirmation, named: Sequence[Confirmation]) -> bool:
    """Whether named tests show what a test named only in general shows."""
    same = [c.sites for c in named if (c.test, c.of) == (vague.test, vague.of)]
    return bool(same) and vague.sites <= frozenset().union(*same)


def _negative(line: Line, test: Mention) -> bool:
    """Whether the words right beside a test say that it showed nothing or is not at hand."""
    return line.within["test.mute"].match(line.text, test.end - line.sentence.start) is not None or missed(line, test)


def _done(line: Line, test: Mention) -> bool:
    """Whether a test was done; "biopsy-proven" says so even where what it proves only fits ("in keeping with")."""
    if test.assertion is Assertion.UNCERTAIN and test.category == "tissue":
        return line.within["test.proven"].search(line.word(test)) is not None
    return test.current and not ("plan" in line.flags and line.says("test.told") is None)


def _goes_on(line: Line) -> bool:
    """Whether a sentence without a test goes on telling what the image before it showed: by its opening, or by measures."""
    return line.says("test.follows") is not None or line.says("test.measures") is not None


def _because_of(line: Line, test: Mention, r: Result) -> bool:
    """Whether a test is only done because of what is called history behind it, or after its treatment ("surveillance endoscopy for a history of …")."""
    told = r.mentions[0]
    if test.category == "imaging" and test.end <= told.start and line.within["test.because"].fullmatch(line.between(test, told)):
        return True
    return told.assertion is Assertion.HISTORY and any(c.rule == _PAST and test.end <= c.start < told.start for c in told.cues)


_PAST = "context.history.history_of"


def _apart(tests: list[Mention]) -> list[Mention]:
    """The tests without the stains and pathology words beside the biopsy, aspirate or fluid that they are of."""
    taken = any(t.category == "tissue" and t.attrs.get("modality") != "from_context" for t in tests)
    return [t for t in tests if t.attrs.get("modality") != "from_context"] if taken else tests


def _open(line: Line) -> bool:
    """Whether a sentence that names a test tells its result itself, or only plans the test."""
    return "plan" in line.flags or line.says("test.settled") is not None


def _headed(line: Line, operation: Mention) -> bool:
    """Whether an operation heads what was found in its specimen ("polypectomy: adenocarcinoma")."""
    named = operation.attrs.get("removes") is not None or operation.concept == "polypectomy"
    return named and line.text[operation.end - line.sentence.start :].lstrip().startswith(":")


def _cuts(treatment: Mention) -> bool:
    """Whether a treatment is an operation that was done."""
    return treatment.attrs.get("effect") == "surgery" and treatment.assertion is Assertion.PRESENT


def _mute(line: Line, tests: Sequence[Mention], results: Sequence[Result]) -> list[Mention]:
    """The tests of a sentence that are said to have shown nothing, or are to come."""
    starts = [r.start for r in results]
    return [t for t in tests if silent(line, t, tests, starts)]


def _as_before(
    line: Line, tests: Sequence[Mention], before: tuple[LineFacts, list[Result]] | None
) -> list[tuple[Mention, Result]]:
    """What the sentence before showed, with images that are said to show the same ("MRI showed a mass. CT showed a similar picture.")."""
    images = [t for t in tests if t.category == "imaging"]
    if before is None or not images:
        return []
    told, results = before
    if line.index - told.line.index != 1 or line.section is not told.line.section or not told.line.of("imaging"):
        return []
    return [(t, r) for r in results for t in images]


def _in_fluid(facts: LineFacts, test: Mention, r: Result) -> bool:
    """Whether a cytology saw the cells of the primary in the fluid of a cavity, where they are a deposit."""
    if test.concept != "cytology" or r.of != "primary" or r.sites & CAVITIES:
        return False
    held = any(d.site in CAVITIES and d.assertion is Assertion.PRESENT for d in facts.deposits)
    return held and facts.line.says("test.tumor_cells") is not None


def _of_fluid(facts: LineFacts, results: Sequence[Result]) -> Iterator[Confirmation]:
    """The cytology of a fluid that is said to hold the tumor, no test being named ("paracentesis fluid was positive for …")."""
    held = {d.site for d in facts.deposits if d.assertion is Assertion.PRESENT and d.place is not None and FLUID in d.place.flags}
    if facts.line.says("test.tumor_cells"):
        held |= {m.attrs["site"] for m in facts.line.of("sight") if m.concept == "fluid" and m.current}
    for r in results:
        if r.of == "metastasis" and held & r.sites:
            yield Confirmation(test="tissue", modality="cytology", of=r.of, mentions=r.mentions, sites=r.sites)


class _Tests:
    """Ties the tests of a note to what its sentences show."""

    def __init__(
        self, lines: Sequence[LineFacts], primaries: Sequence[Primary], deposits: Sequence[Deposit], author: AuthorRole
    ) -> None:
        self._lines = lines
        self._shown = Shown(primaries, deposits, received=author is AuthorRole.PATHOLOGIST)
        self._author = author
        self._study = study_of(lines) if author is AuthorRole.RADIOLOGIST else []
        self._scope = scope_of(lines) if author is AuthorRole.PROVIDER else []
        self._reported = author in (AuthorRole.RADIOLOGIST, AuthorRole.PATHOLOGIST)
        self._modalities = Modalities(lines, author)
        self._certain = {p.site for p in primaries if p.certain}

    def all(self) -> Iterator[Confirmation]:
        """Every tie, in the order of the note."""
        if self._shown.nothing:
            return
        before: tuple[LineFacts, list[Result]] | None = None
        for i, facts in enumerate(self._lines):
            done = [m for m in facts.line.of("imaging", "tissue") if _done(facts.line, m) and not _negative(facts.line, m)]
            tests = _apart(self._of_now(done, facts.line))
            if "family" in facts.line.flags:
                continue
            results = self._shown.of(facts)
            if before is not None and not self._reported:
                results = resumed(facts, results, *before)
            before = (facts, results) if results else before
            if self._reported and "low_trust" in facts.line.flags:
                yield from self._requested(i, facts, tests, results)
                continue
            if not tests:
                yield from self._operation(i, facts, results)
                yield from _of_fluid(facts, results)
                ties = self._carried(i, facts) or self._filed(i, results)
            elif results:
                ties = list(tied(facts.line, tests, results, _mute(facts.line, tests, results)))
                ties += self._carried(i, facts) if self._study and all(t.category == "tissue" for t in tests) else []
            else:
                same = facts.line.says("test.same") is not None
                ties = _as_before(facts.line, tests, before) if same else self._told_later(i, tests)
            for mention, r in ties:
                if not _because_of(facts.line, mention, r):
                    yield from self._made(i, mention, r)

    def _made(self, i: int, mention: Mention, r: Result) -> Iterator[Confirmation]:
        if mention.category == "tissue" and r.of == "primary" and not names_tumor(r) and not r.sites & self._certain:
            return  # a sample of a lump proves no tumor that is only suspected
        if mention.category == "tissue" and any(c.rule in _SOUGHT for m in r.mentions for c in m.cues):
            return  # "punch biopsy, rule out melanoma": what it is to tell
        if _in_fluid(self._lines[i], mention, r):
            return
        for test, modality in self._modalities.of(mention, i, r, named=names_tumor(r)):
            yield Confirmation(test=test, modality=modality, of=r.of, mentions=(mention, *r.mentions), sites=r.sites)

    def _requested(self, i: int, facts: LineFacts, tests: Sequence[Mention], results: Sequence[Result]) -> Iterator[Confirmation]:
        """The samples and endoscopies that the request of a report tells of with their finding ("biopsy elsewhere: carcinoid")."""
        near = [f.line for f in self._lines[max(0, i - 1) : i + 1] if f.line.section == facts.line.section]
        asks = any(ln.says("test.questions") for ln in near)
        path = self._author is AuthorRole.PATHOLOGIST and not asks
        samples = [t for t in tests if t.concept in SAMPLES or ((path or t.concept == "endoscopy") and t not in self._study)]
        told = [r for r in results if r.mentions[0].current]
        if samples and told:
            for mention, r in tied(facts.line, tests, told, ()):
                if mention in samples:
                    yield from self._made(i, mention, r)

    def _of_now(self, tests: list[Mention], line: Line) -> list[Mention]:
        """The tests of a sentence, in a radiologist's report without those compared with, advised, or part of the study itself."""
        tests = [t for t in tests if t.category == "tissue" or not pointed(line)]
        if not self._study:
            return tests
        hybrid = any(m.concept in ("pet", "ssr_pet") for m in self._study)
        elsewhere = line.says("test.elsewhere") is not None
        return [
            t
            for t in tests
            if "margin" not in line.word(t)
            and (
                t.category == "tissue"
                or t in self._study
                or not (elsewhere or t.concept in VAGUE or (hybrid and t.concept == "ct"))
            )
        ]

    def _carried(self, i: int, facts: LineFacts) -> list[tuple[Mention, Result]]:
        """The results of a sentence without a test, with the tests of the sentence it goes on from."""
        tests = [] if self._asked(facts.line) else self._before(i)
        if not tests:
            return []
        return [(t, r) for r in self._shown.of(facts, imaged=True) for t in tests]

    def _asked(self, line: Line) -> bool:
        """Whether a sentence of a report tells what the study was asked for with, not what it showed."""
        if not self._reported or line.section is None:
            return False
        first = next(f.line for f in self._lines if f.line.section is line.section)
        return "low_trust" in line.flags or (first is line and line.section.name in BEFORE_STUDY)

    def _filed(self, i: int, results: Sequence[Result]) -> list[tuple[Mention, Result]]:
        """The results of a sentence under a heading that names the tissue test ("FROZEN SECTION: Left ovary, carcinoma. Omentum, metastasis.")."""
        line = self._lines[i].line
        if self._reported or not results or line.sentence.heading:
            return []
        for facts in reversed(self._lines[max(0, i - _UNDER) : i]):
            if facts.line.section is not line.section or facts.line.of("imaging"):
                return []
            if facts.line.sentence.heading:
                tests = [m for m in facts.line.of("tissue") if m.current]
                return [(t, r) for t in tests for r in results]
        return []

    def _before(self, i: int) -> Sequence[Mention]:
        """The tests a sentence without one goes on from: "It also showed …", or any finding of a report of one study."""
        if self._study and self._study[0].start < self._lines[i].line.sentence.start:
            return self._study
        reports = self._author is AuthorRole.RADIOLOGIST
        line = self._lines[i].line
        if autopsy := self._modalities.autopsy(i):
            return [autopsy]
        for before in range(i - 1, -1, -1):
            facts = self._lines[before]
            if not reports and line.index - facts.line.index > 1:
                break
            if facts.line.section is not None and facts.line.section.name == "comparison":
                continue
            tests = [m for m in facts.line.of("imaging") if (m.current or reports) and not pointed(facts.line)]
            if tests and reports:
                return tests
            if tests and _goes_on(line) and facts.line.section is line.section:
                return [t for t in tests if not silent(facts.line, t, tests, ())]
        found = line.section is not None and line.section.name in _SEEN
        return self._scope if found else []

    def _operation(self, i: int, facts: LineFacts, results: Sequence[Result]) -> Iterator[Confirmation]:
        """An operation that is said to have shown the tumor, or any operation in a pathologist's report."""
        cut = operations_in(facts)
        report = self._author is AuthorRole.PATHOLOGIST
        told = cut and (facts.line.says("test.confirms") or _headed(facts.line, cut[0]))
        if not results or not (told or report):
            return
        mention = cut[0] if cut else results[0].mentions[0]
        for r in results:
            modality = "resection" if cut else self._modalities.specimen(i, r)
            yield Confirmation(test="tissue", modality=modality, of=r.of, mentions=(mention, *r.mentions), sites=r.sites)

    def _told_later(self, i: int, tests: Sequence[Mention]) -> list[tuple[Mention, Result]]:
        """The tests of a sentence without a result, with what the next sentences show."""
        line = self._lines[i].line
        later = [] if _open(line) else self._later(i)
        told = later and self._lines[i + 1].line.says("test.then_shown") is not None  # "CT was requested. It showed …"
        mute = _mute(line, tests, ()) if later and not told else ()
        return [(t, r) for r in later for t in tests if t not in mute]

    def _later(self, i: int) -> list[Result]:
        """What the next sentences show, when they name no test of their own."""
        here = self._lines[i].line
        imaged = bool(here.of("imaging"))
        bare = imaged and not here.of("tumor", "metastasis") and not abnormal(here)
        for facts in self._lines[i + 1 : i + 1 + REACH]:
            line = facts.line
            if line.index - here.index > REACH or line.section is not here.section or line.of("imaging"):
                return []
            if self._asked(line):
                return []
            tissue = _apart(list(line.of("tissue")))
            if tissue and (self._reported or not imaged or any(t.concept not in SAMPLES for t in tissue)):
                return []
            if bare and any(_cuts(m) for m in line.of("treatment")):
                return []  # what follows was found at the operation
            if shown := self._shown.of(facts, imaged=imaged):
                return [r for r in shown if not names_tumor(r) and r.start < tissue[0].start] if tissue else shown
        return []
