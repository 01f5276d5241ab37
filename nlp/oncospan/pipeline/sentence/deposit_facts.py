"""A deposit that a sentence states or denies."""

from __future__ import annotations

from dataclasses import field, replace

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.places import BIOPSIED, Place
from oncospan.pipeline.sentence.side_behind import side_behind
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.text.value import value
from oncospan.types import Assertion


@value
class DepositFact:
    """A site reached by metastasis (``place`` None: no site said), or said not to be."""

    trigger: Mention
    line: Line = field(repr=False)
    place: Place | None = None
    site: str = "unspecified"
    side: str | None = None
    assertion: Assertion = Assertion.PRESENT
    tumor: Mention | None = None
    flags: frozenset[str] = frozenset()

    @property
    def somewhere(self) -> bool:
        """Whether no site is said, nor that it spread at large."""
        return self.site == "unspecified" and not self.flags

    def lying(self, place: Place) -> DepositFact:
        """The fact, told of that place."""
        return replace(self, place=place, site=place.site, side=place.side)


def implied(line: Line, word: Mention, place: Place | None, assertion: Assertion, flag: str) -> DepositFact:
    """A deposit that no word of metastasis states, only what is seen or denied at the place, else at the site of the word itself."""
    return DepositFact(
        trigger=word, line=line, place=place, site=place.site if place else word.attrs["site"],
        side=place.side if place else None, assertion=assertion, flags=frozenset({flag}),
    )  # fmt: skip


def told_by(fact: TumorFact, place: Place, *flags: str) -> DepositFact:
    """A deposit that a tumor word tells of, found in an organ the tumor did not begin in."""
    return DepositFact(
        trigger=fact.mention, line=fact.line, place=place, site=place.site, side=place.side, assertion=fact.assertion,
        tumor=fact.mention, flags=frozenset(flags),
    )  # fmt: skip


def trigger_flags(trigger: Mention) -> frozenset[str]:
    """What a metastasis word itself says of the deposit."""
    flags = {f for f in (trigger.attrs.get("flag"),) if f}
    if trigger.concept == "disseminated":
        flags.add("disseminated")
    return frozenset(flags)


def _turned_out(line: Line, trigger: Mention, place: Place) -> bool:
    """Whether a supposed tumor of the place turned out to be the metastasis ("thought to be ovarian cancer, proved to be a metastasis")."""
    supposed = [t for t in line.of("tumor") if place.end <= t.start and t.end <= trigger.start]
    return bool(supposed) and line.within["tumor.relabelled"].fullmatch(line.between(supposed[-1], trigger)) is not None


def deposit_at(line: Line, trigger: Mention, place: Place, tumor: Mention | None) -> DepositFact:
    """The deposit that a metastasis word states or denies of a place."""
    assertion = trigger.assertion
    doubted = place.assertion in (Assertion.ABSENT, Assertion.UNCERTAIN) and not _turned_out(line, trigger, place)
    if assertion is Assertion.PRESENT and doubted:
        assertion = place.assertion
    site = "lymph_node_head_neck" if place.site == "head_neck" else place.site
    return DepositFact(
        trigger=trigger, line=line, place=place, site=site, side=side_behind(line, trigger, place), assertion=assertion, tumor=tumor,
        flags=trigger_flags(trigger) | (place.flags - {BIOPSIED}),
    )  # fmt: skip
