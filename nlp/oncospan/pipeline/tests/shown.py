"""What a sentence shows of the primary or of a metastasis: tumor words, deposits, and abnormal findings at their sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from oncospan.pipeline.course.whose import former
from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.origins import is_origin
from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tests.outcomes import abnormal
from oncospan.pipeline.tests.own_parts import is_the_primary, part_of, seat, spots
from oncospan.pipeline.text.part_marks import LISTED, mark_of
from oncospan.pipeline.tumors.primary import Primary, told_as_past
from oncospan.sites import same_organ
from oncospan.types import Assertion

SHOWN = (Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.HISTORY)


def _spared(line: Line, place: Place) -> bool:
    """Whether the words right after an organ say that it is sound ("ovaries not enlarged", "left adrenal normal")."""
    return line.within["test.spared"].match(line.text, place.end - line.sentence.start) is not None


def _held(fact: DepositFact) -> bool:
    """Whether a deposit is suspected for what was seen, not merely open."""
    cues = fact.trigger.cues
    if (
        fact.assertion is not Assertion.UNCERTAIN
        or not cues
        or not all(fact.line.signals["test.held"].search(c.text) for c in cues)
    ):
        return False
    at = fact.line.sentence.start
    return " over " not in fact.line.text[cues[0].start - at : max(cues[0].start, fact.trigger.start) - at]


def _listed_after(line: Line, tumor: Mention, place: Place | None) -> bool:
    """Whether a place is told of only after the tumor, behind a comma: "specimen: medullary carcinoma, central nodes positive"."""
    return place is not None and place.start >= tumor.end and "," in line.between(tumor, place.mentions[0])


def _counted_after(line: Line, tumor: TumorFact, deposit: DepositFact) -> bool:
    """Whether the nodes that hold a tumor are only told behind a comma after it ("medullary carcinoma 2.3 cm, nodes 3/8 positive")."""
    return deposit.site.startswith("lymph_node") and _listed_after(line, tumor.mention, deposit.place)


def _then_spread(tumor: TumorFact, deposit: DepositFact) -> bool:
    """Whether a tumor is told of in its own organ, and its deposits behind a comma ("lung carcinoma, metastases to the adrenals")."""
    noun = deposit.trigger.category == "metastasis" and not tumor.line.word(deposit.trigger).startswith("metastatic")
    if tumor.place is None or tumor.place is deposit.place or not noun:
        return False
    return deposit.trigger.start >= tumor.mention.end and "," in tumor.line.between(tumor.mention, deposit.trigger)


def _proves(line: Line, tissue: Mention) -> bool:
    """Whether a tissue word says of the tumor named behind it that it is proven ("biopsy-proven carcinoma")."""
    return line.within["test.proven"].search(line.word(tissue)) is not None


def _only_listed(line: Line) -> bool:
    """Whether a sentence is an item of the list of what was received, which tells no result ("I. Right carotid body tumor")."""
    if line.section is None or line.section.name != LISTED or mark_of(line.text) is None:
        return False
    return ":" not in line.text and not line.within["test.dashed"].search(line.text)


def _origin_behind(tumor: TumorFact, deposits: Sequence[DepositFact]) -> bool:
    """Whether a word only tells where the tumor of a deposit began ("liver: adenocarcinoma, consistent with colonic origin")."""
    if tumor.mention.concept != "origin_word":
        return False
    return any(d.trigger.category == "tumor" and d.trigger.end <= tumor.start for d in deposits)


_ONE = frozenset({"mass", "tumor"})
"""Lumps that are the primary where they are named before the deposits ("uptake in the mass and in two nodes")."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a sentence shows: the primary or a metastasis, at which sites, in which words."""

    of: str
    sites: frozenset[str]
    mentions: tuple[Mention, ...]

    @property
    def start(self) -> int:
        """Where its words start in the note."""
        return self.mentions[0].start


class Shown:
    """Reads sentences for what they show of the primaries and deposits of a note."""

    def __init__(self, primaries: Sequence[Primary], deposits: Sequence[Deposit], *, received: bool = False) -> None:
        """``received`` says that the note reports on what its list of specimens names."""
        self._primaries = primaries
        self._received = received
        self._facts: dict[tuple[int, int], list[TumorFact]] = {}
        """The facts of each primary by their place: asked for every tumor word of the note."""
        for p in primaries:
            for f in p.facts:
                self._facts.setdefault((id(p), f.start), []).append(f)
        held = [d for d in deposits if d.assertion in SHOWN and d.site != "unspecified"]
        self._reached = {d.site for d in held if d.assertion is not Assertion.UNCERTAIN or any(map(_held, d.facts))}
        self._certain = {d.site for d in deposits if d.assertion in (Assertion.PRESENT, Assertion.HISTORY)}
        self._ruled_out = {d.site for d in deposits if d.assertion is Assertion.ABSENT} - self._certain
        self._told_by = {
            f.trigger.start: d.site for d in held for f in d.facts if f.trigger.category == "tumor" and f.place is not None
        }
        """The tumor words that the note makes deposits of ("Liver, biopsy: NET" beside one of the ileum)."""
        self.nothing = not primaries and not any(d.assertion in SHOWN for d in deposits)
        """Whether there is nothing to show: what was seen or suspected turned out to be no tumor."""

    def of(self, facts: LineFacts, *, imaged: bool = False) -> list[Result]:
        """The results of a sentence; one that tells what an image shows (``imaged``) may do so without a tumor word."""
        tests = facts.line.of("imaging")
        if self.nothing or not (facts.tumors or facts.deposits or tests or imaged):
            return []
        if self._received and _only_listed(facts.line):
            return []
        deposits = [
            d
            for d in facts.deposits
            if d.assertion in SHOWN
            and d.site not in self._ruled_out
            and (
                d.assertion is not Assertion.UNCERTAIN or self._suspected(d) or any(same_organ(d.site, c) for c in self._certain)
            )
        ]
        hits = [(p, t) for p in self._primaries for t in facts.tumors if self._is_of(p, t, facts, deposits)]
        sampled = self._sampled(facts)
        out: list[Result] = []
        for p, t in hits:
            taken = (
                sampled
                if (t.place is None or t.how == "specimen") and not _listed_after(facts.line, t.mention, sampled)
                else None
            )
            out.append(Result("metastasis" if taken else "primary", frozenset({taken.site if taken else p.site}), (t.mention,)))
        out += [Result("metastasis", frozenset({d.site}), (d.trigger,)) for d in deposits]
        if not hits and not out:
            came = [(t, self._told_by[t.start]) for t in facts.tumors if t.start in self._told_by and t.assertion in SHOWN]
            out += [Result("metastasis", frozenset({site}), (t.mention,)) for t, site in came]
        if sampled and not hits and "metastasis" not in {r.of for r in out}:
            told = [t for t in facts.tumors if t.assertion in SHOWN and not t.metastatic and not t.mention.weak]
            out += [Result("metastasis", frozenset({sampled.site}), (t.mention,)) for t in told[:1]]
        if imaged or tests:
            out += self._abnormal(facts, {r.of for r in out}, deposits)
        if tests and all(r.of != "primary" for r in out):
            out += [
                Result("primary", frozenset({p.site}), (m,)) for p in self._primaries for m in spots(p, facts.line, (*tests,))
            ]
        bone = next((m for m in tests if m.concept == "bone_scan"), None)
        if not out and bone is not None and "bone" in self._reached and self._lump(facts):
            out.append(Result("metastasis", frozenset({"bone"}), (bone,)))
        return sorted(out, key=lambda r: r.start)

    def _suspected(self, fact: DepositFact) -> bool:
        """Whether a sentence suspects a deposit for what was seen and the note does not rule it out in the end."""
        known = fact.site == "unspecified" or any(same_organ(fact.site, site) for site in self._reached)
        return _held(fact) and known

    def _is_of(self, primary: Primary, tumor: TumorFact, facts: LineFacts, deposits: Sequence[DepositFact]) -> bool:
        if tumor.assertion not in SHOWN or tumor.metastatic or _origin_behind(tumor, deposits):
            return False
        if any(
            d.tumor is tumor.mention and not _counted_after(facts.line, tumor, d) and not _then_spread(tumor, d) for d in deposits
        ):
            return False
        if any(d.place is not None and d.place is tumor.place for d in deposits):
            return False
        if any(is_origin(facts.line, d, tumor) for d in deposits):
            return False
        if tumor in self._facts.get((id(primary), tumor.start), ()):
            return True
        if not tumor.mention.weak or (primary.certain and former(primary) and not told_as_past(tumor)):
            return False  # a lump of today is not the cancer of long ago
        if tumor.place is not None and "body_region" not in tumor.place.flags:
            return seat(primary.site, tumor.place.site)
        if part_of(primary, tumor) or (len(self._primaries) == 1 and is_the_primary(facts.line, tumor.mention)):
            return True
        if len(self._primaries) == 1 and self._means_it(tumor, facts, deposits):
            return True
        if len(self._primaries) != 1 or tumor.start >= primary.facts[-1].start or facts.line.says("test.open"):
            return False
        elsewhere = [x.start for x in facts.places if x.assertion in SHOWN and self._secondary(x)]
        elsewhere += [d.place.start if d.place else d.trigger.start for d in deposits]
        first = tumor.mention.concept in _ONE and all(tumor.start < x for x in elsewhere)
        return not elsewhere or first

    def _means_it(self, tumor: TumorFact, facts: LineFacts, deposits: Sequence[DepositFact]) -> bool:
        """Whether a lump is the one tumor that was told ("CT showed the tumor"), where no other organ is named."""
        if tumor.mention.concept not in _ONE or deposits or any(not p.test for p in facts.places):
            return False
        line = tumor.line
        before = line.within["test.the_tumor"].search(line.text, 0, tumor.mention.start - line.sentence.start)
        return before is not None and line.says("test.open") is None

    def _abnormal(self, facts: LineFacts, known: AbstractSet[str], deposits: Sequence[DepositFact]) -> Iterator[Result]:
        """Abnormal findings at the place of the primary, or at a place the note knows a deposit of."""
        if not self._lump(facts):
            return
        whence = [t.place for t in facts.tumors if t.place is not None and any(is_origin(facts.line, d, t) for d in deposits)]
        for place in facts.places:
            if place in whence or place.test or place.region or place.assertion not in SHOWN or _spared(facts.line, place):
                continue
            if "metastasis" not in known and self._secondary(place):
                yield Result("metastasis", frozenset({place.site}), place.mentions[:1])
            elif "primary" not in known:
                yield from (
                    Result("primary", frozenset({p.site}), place.mentions[:1])
                    for p in self._primaries
                    if same_organ(p.site, place.site)
                )

    def _lump(self, facts: LineFacts) -> bool:
        """Whether a sentence tells an abnormal finding and does not deny it."""
        if any(t.mention.weak and t.assertion in SHOWN for t in facts.tumors):
            return True
        return abnormal(facts.line)

    def _secondary(self, place: Place) -> bool:
        """Whether a deposit is known at a place that is no primary's."""
        if any(same_organ(p.site, place.site) for p in self._primaries):
            return False
        return any(same_organ(site, place.site) for site in self._reached)

    def _sampled(self, facts: LineFacts) -> Place | None:
        """The metastatic place a sentence takes tissue from, when its tumor word has no site of its own."""
        tissue = facts.line.of("tissue")
        for place in facts.places:
            if not self._secondary(place):
                continue
            near = (t for t in tissue if abs(place.start - t.end) < 50 or abs(t.start - place.end) < 50)
            if any(place.end <= t.start or not _proves(facts.line, t) for t in near):
                return place
        return None
