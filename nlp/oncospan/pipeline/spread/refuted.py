"""Metastases of no known tumor that the note takes back as a whole: tuberculosis, sarcoidosis, "there is no cancer"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import HELD, Line
from oncospan.pipeline.sentence.deposit_facts import DepositFact
from oncospan.pipeline.sentence.lesions_called import relabelled
from oncospan.pipeline.sentence.relations import LineFacts
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.spread.biopsied import calling
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.spread.first_readings import called_first, first_reading, names
from oncospan.pipeline.tumors.one_tumor import of_one_tissue
from oncospan.pipeline.tumors.primary import Primary, generic
from oncospan.sites import same_organ
from oncospan.types import Assertion


def refute(deposits: Sequence[Deposit], lines: Sequence[LineFacts], primaries: Sequence[Primary]) -> list[Deposit]:
    """The deposits, those denied that were only seen on images or supposed before tissue, or the author, says that there is no cancer.

    It holds only where the note knows of no tumor that they may come from; those of no named site are left out.
    """
    if any(p.certain for p in primaries):
        return list(deposits)
    said = max((ln.line.sentence.start for ln in lines if _denies_cancer(ln)), default=-1)
    answered = _answered(lines)
    for deposit in deposits:
        told = [f for f in deposit.facts if f.assertion in HELD]
        proven = any(f.assertion is Assertion.PRESENT and _tissue(f.line) for f in told)
        until = max(said, _taken_back(deposit))
        if all(f.assertion is Assertion.UNCERTAIN or f.line.of("imaging") or _called(f) for f in told):
            until = max(until, answered)
        deposit.refuted = bool(told) and not proven and max(f.trigger.start for f in told) < until
    return [d for d in deposits if not (d.refuted and d.site == "unspecified")]


def disproved(deposits: Sequence[Deposit], lines: Sequence[LineFacts]) -> list[Deposit]:
    """The deposits, those denied that were seen or supposed until what was taken of their organ showed something harmless.

    "Suggestive of a liver metastasis … hepatectomy … histology: hemangioma", whatever tumor the note knows of.
    """
    for deposit in deposits:
        told = [f for f in deposit.facts if f.assertion in HELD]
        seen = bool(told) and all(
            f.assertion is Assertion.UNCERTAIN or "low_trust" in f.line.flags or f.line.of("imaging") or _called(f) for f in told
        )
        seen = seen and not any(_tissue(f.line) for f in told)
        if seen and any(_harmless_there(i, deposit, lines) for i, ln in enumerate(lines) if ln.line.index > told[-1].line.index):
            deposit.refuted = True
    return [d for d in deposits if not (d.refuted and d.site == "unspecified")]


def _lumps_beside(deposit: Deposit, lines: Sequence[LineFacts]) -> set[str]:
    """The site of a deposit; of one that names none, the organs of the sentences that tell of it."""
    if deposit.site != "unspecified":
        return {deposit.site}
    told = {f.line.index for f in deposit.facts}
    return {p.site for ln in lines if ln.line.index in told for p in ln.places if not p.test and not p.node}


def _called(fact: DepositFact) -> bool:
    """Whether the words only tell how a lump was read ("lesions in segment VI were interpreted as metastases")."""
    before = fact.line.text[: fact.trigger.start - fact.line.sentence.start]
    return fact.line.within["spread.read_as"].search(before) is not None or _READER.search(before) is not None


_READER = re.compile(
    r"\bradiologists?\s(?:[\w-]+\s){0,3}?(?:report|describ|diagnos|suggest|rais|interpret|call|conclud)\w{1,4}\b", re.IGNORECASE
)
_TAKEN = 4
"""How many sentences behind an operation what it took out is told."""


def _harmless_there(at: int, deposit: Deposit, lines: Sequence[LineFacts]) -> bool:
    """Whether a sentence tells of tissue of the deposit's organ that was examined, and calls it harmless."""
    ln = lines[at]
    harmless = bool(calling(ln.line)) or ln.line.says("spread.other_disease") is not None
    operated = any(m.attrs.get("effect") == "surgery" and m.current for m in ln.line.of("treatment"))
    looked = operated or _tissue(ln.line) or any(ln.line.says(s) for s in ("spread.opened", "spread.diagnosed"))
    if not harmless or not looked or any(t.assertion in HELD and not t.mention.weak for t in ln.tumors):
        return False
    if ln.deposits and any(d.assertion in HELD for d in ln.deposits):
        return False
    named = {p.site for p in ln.places if not p.test}
    if named:
        mine = _lumps_beside(deposit, lines)
        return all(any(same_organ(s, m) for m in mine) for s in named)
    for before in reversed([x for x in lines[max(0, at - _TAKEN) : at] if x.line.section is ln.line.section]):
        done = [m for m in before.line.of("treatment") if m.attrs.get("effect") == "surgery" and m.current]
        if done:
            by_name = {m.attrs.get("removes", "any") for m in done} - {"any"}
            organs = by_name or {p.site for p in before.places if not p.test}
            return bool(organs) and all(same_organ(o, deposit.site) for o in organs)
    near = ln.line.index - deposit.facts[-1].line.index <= _SOON
    return near and ln.line.within["spread.those_lesions"].search(ln.line.text) is not None


_SOON = 2
"""How many sentences behind its deposits "the lesions" are those."""


def _taken_back(deposit: Deposit) -> int:
    """Where the last word on the site denies metastases there ("brown tumors; no bone metastases"); -1 where it does not."""
    last = deposit.facts[-1]
    return last.trigger.start if last.assertion is Assertion.ABSENT and last.trigger.category == "metastasis" else -1


def unanswered(primaries: Sequence[Primary], lines: Sequence[LineFacts]) -> list[Primary]:
    """The primaries; where none is sure, without those only suspected, read from images, or first diagnosed, before tissue told another disease."""
    primaries = [p for p in primaries if not _retold(p)]
    if not primaries or any(p.certain and not _only_read(p) and not _only_first(p) and not _only_operated(p) for p in primaries):
        return list(primaries)
    answered = _answered(lines)
    return [p for p in primaries if p.facts[-1].start > _last_word(p, lines, answered)]


def _retold(primary: Primary) -> bool:
    """Whether a sentence goes on from a first reading to the disease that it was ("cytology was read as cancer, but the specimen showed an abscess")."""
    last = primary.facts[-1]
    if not all(f.line is last.line and f.assertion in HELD and (_read_as(f) or _taken_for(f)) for f in primary.facts):
        return False
    told, signals = last.line.text[last.mention.end - last.line.sentence.start :], last.line.within
    turn = _TURN.search(told)
    if turn is None or _BESIDE.search(told, turn.start()):
        return False
    return signals["spread.other_disease"].search(told, turn.start()) is not None


_TURN = re.compile(
    r"\b(?:but|however|yet|whereas|although|though|proved|turned out|corresponded|and (?:later|then|finally|eventually))\b",
    re.IGNORECASE,
)

_BESIDE = re.compile(
    r"\b(?:also|too|as well|besides|in addition|additionally|coexist\w{1,4}|concomitant\w{0,2}|both)\b", re.IGNORECASE
)


def _taken_for(fact: TumorFact) -> bool:
    """Whether the words say that a lump was taken for the tumor ("the mass, taken for a carcinoma, …")."""
    before = fact.line.text[: fact.start - fact.line.sentence.start]
    return fact.line.within["spread.taken_as"].search(before) is not None


def _last_word(primary: Primary, lines: Sequence[LineFacts], answered: int) -> int:
    """Where the note last tells what a primary that nobody is sure of turned out to be; -1 where it does not."""
    none = _found_none(primary, lines) if primary.certain else -1
    if _only_first(primary):
        return max(_answered(lines, primary), none)
    if primary.certain and not _only_read(primary):
        return none
    return max(_answered(lines, primary), answered, none)


def fallen(deposits: Sequence[Deposit], primaries: Sequence[Primary], kept: Sequence[Primary]) -> list[Deposit]:
    """The deposits, those denied that were told only in the sentences of a cancer that turned out another disease."""
    lost = {f.line.sentence.start for p in primaries if p not in kept for f in p.facts}
    for deposit in deposits:
        told = [f for f in deposit.facts if f.assertion in HELD]
        deposit.refuted |= bool(told) and all(f.line.sentence.start in lost for f in told)
    return [d for d in deposits if not (d.refuted and d.site == "unspecified")]


def _only_read(primary: Primary) -> bool:
    """Whether all that is said of a primary is how a lump was read or called before ("MRI was read as pancreatic NET")."""
    return all(f.assertion is Assertion.UNCERTAIN or _read_as(f) for f in primary.facts)


def _only_first(primary: Primary) -> bool:
    """Whether a primary is sure only as the diagnosis that was made at first, before treatment ("the scan led to a first diagnosis of lung cancer")."""
    return not _only_read(primary) and all(f.assertion is Assertion.UNCERTAIN or _read_as(f) or _first(f) for f in primary.facts)


def _first(fact: TumorFact) -> bool:
    """Whether the words around a tumor make it a diagnosis of the first hour, with neither a year nor a treatment."""
    line, at = fact.line, fact.line.sentence.start
    before, behind = line.text[: fact.start - at], line.text[fact.mention.end - at :]
    told = line.within["spread.first_called"].search(before) or line.within["spread.called_by"].match(behind)
    treated = any(m.current and m.attrs.get("effect") != "surgery" for m in line.of("treatment"))
    return told is not None and not treated and _WHEN.search(line.text) is None


def _only_operated(primary: Primary) -> bool:
    """Whether a primary is sure only as what an operation was done for ("with the diagnosis of bladder cancer a resection was performed")."""
    told = [f for f in primary.facts if f.assertion is not Assertion.UNCERTAIN and not _read_as(f) and not _first(f)]
    return bool(told) and all(called_first(f) and _WHEN.search(f.line.text) is None for f in told)


def _found_none(primary: Primary, lines: Sequence[LineFacts]) -> int:
    """Where the note last tells that what was taken of the organ holds no cancer, with no treatment told; -1 where it does not."""
    if any(m.current and m.attrs.get("effect") not in ("surgery", None) for ln in lines for m in ln.line.of("treatment")):
        return -1
    told = [
        ln
        for ln in lines
        if (_denies_cancer(ln) or _no_cells(ln)) and not ln.line.says("spread.again") and not ln.line.says("spread.edges")
    ]
    told = [ln for ln in told if not ln.places or any(same_organ(x.site, primary.site) and not x.node for x in ln.places)]
    return max((ln.line.sentence.start for ln in told), default=-1)


def _no_cells(facts: LineFacts) -> bool:
    """Whether a sentence tells another disease that tissue showed, and that no tumor was in it ("tuberculosis; no neoplastic cells")."""
    return _another_disease(facts) and any(t.assertion is Assertion.ABSENT and generic(t) for t in facts.tumors)


ANOTHER = re.compile(r"\b(?:other|another|second|contralateral|opposite|new|additional|follow-up)\b", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:19|20)\d\d\b|\b(?:years?|months?)\s(?:ago|earlier|before|previously|prior)\b", re.IGNORECASE)


def _read_as(fact: TumorFact) -> bool:
    before = fact.line.text[: fact.start - fact.line.sentence.start]
    return fact.line.within["spread.read_as"].search(before) is not None


def _answered(lines: Sequence[LineFacts], primary: Primary | None = None) -> int:
    """Where the note last tells that tissue showed, or that it was diagnosed, what is no cancer; -1 where it does not.

    With a ``primary`` no sentence counts that speaks of other organs only, or of another lump.
    """
    told = [ln for ln in lines if _another_disease(ln) or (primary is not None and _benign_after_all(ln))]
    if primary is not None:
        told = [ln for ln in told if not ln.places or any(same_organ(x.site, primary.site) for x in ln.places)]
        told = [ln for ln in told if not ANOTHER.search(ln.line.text)]
    return max((ln.line.sentence.start for ln in told), default=-1)


def _another_disease(facts: LineFacts) -> bool:
    """Whether a sentence tells of a disease that is no cancer as what tissue showed or as the diagnosis."""
    line = facts.line
    if not line.says("spread.other_disease") or "history" in line.flags or _tells_cancer(facts):
        return False
    operated = any(m.attrs.get("effect") == "surgery" and m.current for m in line.of("treatment"))
    return _tissue(line) or operated or line.says("spread.diagnosed") is not None or line.says("tumor.read_again") is not None


def _benign_after_all(facts: LineFacts) -> bool:
    """Whether tissue showed a benign tumor ("histology revealed an oncocytoma")."""
    line = facts.line
    benign = [m for m in line.of("tumor") if m.concept == "benign_tumor" and m.assertion is Assertion.PRESENT]
    return bool(benign) and _tissue(line) and "history" not in line.flags and not _tells_cancer(facts)


def _tells_cancer(facts: LineFacts) -> bool:
    """Whether a sentence tells of a cancer or a deposit of the patient."""
    cancers = any(t.assertion in HELD and not t.mention.weak for t in facts.tumors)
    return cancers or any(d.assertion in HELD for d in facts.deposits)


def not_misread(primaries: Sequence[Primary], deposits: Sequence[Deposit]) -> list[Primary]:
    """The primaries without those that a second reading calls a deposit of another ("gastric cancer; revised: metastatic breast carcinoma")."""
    return [p for p in primaries if not any(_misread(p, d, primaries) for d in deposits)]


def _misread(primary: Primary, deposit: Deposit, primaries: Sequence[Primary]) -> bool:
    """Whether the deposit takes the place of a tumor that another reading gave, or of which only a sample or a guess was told before."""
    if not same_organ(primary.site, deposit.site) and not any(_called_so(primary, f) for f in deposit.facts):
        return False
    for fact in deposit.facts:
        if fact.assertion is not Assertion.PRESENT or any(
            f.start >= fact.trigger.start or f.assertion is Assertion.HISTORY for f in primary.facts
        ):
            continue
        others = [p for p in primaries if p is not primary and p.certain and names(p, fact)]
        if primary.family != "other":
            if any(_one_disease(primary, p) for p in others):
                return True
            continue
        again = fact.tumor is not None and (fact.line.says("tumor.read_again") is not None or _called_so(primary, fact))
        if others and (again or first_reading(primary, fact) or any(_only_sampled(primary, p) for p in others)):
            return True
    return False


def _called_so(primary: Primary, fact: DepositFact) -> bool:
    """Whether the words say of the primary that it is this deposit ("the colon cancer turned out to be a metastasis of …")."""
    return all(f.line is fact.line and relabelled(f.line, f.mention, fact.trigger) for f in primary.facts)


def _one_disease(primary: Primary, origin: Primary) -> bool:
    """Whether a tumor of one family with the origin of a deposit in its organ is that deposit: no sure word names the organ as its home."""
    if primary.family != origin.family:
        return False
    sure = [f for f in primary.facts if f.assertion is not Assertion.UNCERTAIN and not f.mention.weak]
    return primary.family == "small_cell" or not any(_names_home(f) for f in sure)


_NAMES = frozenset({"before", "after", "inside"})
"""How a tumor word names the organ it began in, not the sample it was seen in."""


def _only_sampled(primary: Primary, origin: Primary) -> bool:
    """Whether no sure word names the organ as that of the primary, only samples of it that may hold the tumor of the origin."""
    sure = [f for f in primary.facts if f.assertion is not Assertion.UNCERTAIN]
    kinds = [o for o in origin.facts if not generic(o)] or origin.facts
    return not any(_names_home(f) for f in sure) and all(any(of_one_tissue(f, o) for o in kinds) for f in sure)


def _names_home(fact: TumorFact) -> bool:
    """Whether the words name the organ as that of the tumor ("papillary carcinoma of the thyroid"), not as that of a sample."""
    return fact.how in _NAMES or "site" in fact.mention.attrs


def _denies_cancer(facts: LineFacts) -> bool:
    """Whether a sentence says that there is no cancer, or that a specimen holds none."""
    if facts.line.says("spread.no_cancer"):
        return True
    if any(d.assertion in HELD for d in facts.deposits) or not _tissue(facts.line):
        return False
    denied = [t for t in facts.tumors if generic(t) and not t.mention.weak and t.metastatic is None]
    return bool(denied) and all(t.assertion is Assertion.ABSENT for t in facts.tumors if not t.mention.weak)


def _tissue(line: Line) -> bool:
    return any(m.assertion in (Assertion.PRESENT, Assertion.HISTORY) for m in line.of("tissue"))
