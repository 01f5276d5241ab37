"""The last look at the codes of a case: fourteen validators, V1 to V14 (SPEC 3.9), and who may establish a diagnosis (3.7).

Each validator is a small function that reads the candidates and gives verdicts; :func:`validated` carries them out in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from oncospan.coding.candidates import Candidate, Context
from oncospan.icd import NoteType, excludes1
from oncospan.sites import same_organ
from oncospan.types import Assertion, AuthorRole, CodeStatus, Finding, Kind, Rejection, Setting

_READERS = (AuthorRole.RADIOLOGIST, AuthorRole.PATHOLOGIST)
_SECONDARY = ("C77", "C78", "C79", "C7B", "C80.0")
_FORMER = ("Z85", "Z86.0")
_FAMILY = ("Z80", "Z83", "Z84")
_NEOPLASM = re.compile(r"C|D[0-4]")
_SIDE = re.compile(r"\b(right|left|bilateral)\b")
_SEX = {
    "female": re.compile(r"\b(?:female|ovar(?:y|ies)|uter(?:us|i|ine)|cervix|vagina|vulva|fallopian|endometrium|placenta)\b"),
    "male": re.compile(r"\b(?:male|prostate|testi(?:s|cle|cles)|penis|epididymis|scrotum|spermatic)\b"),
}
_DIAGNOSED = frozenset({Kind.FUNCTIONAL, Kind.STATUS, Kind.COMPLICATION})
"""The kinds of findings that hold a diagnosis; a marker, symptom, test or drug is none."""


class Act(StrEnum):
    """What a verdict asks for."""

    REFUSE = "refuse"
    REVIEW = "review"
    SAY = "say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a validator asks for of one code, and the sentence a coder reads."""

    code: str
    act: Act
    why: str


Validator = Callable[[Context, Sequence[Candidate]], Iterable[Verdict]]


def validated(ctx: Context, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Rejection]]:
    """The candidates that may stand, doubtful ones sent to review, and the rejections of the rest."""
    kept = v9_no_duplicates(candidates)
    rejected: list[Rejection] = []
    for name, check in VALIDATORS.items():
        verdicts = list(check(ctx, kept))
        refused = {v.code: v.why for v in reversed(verdicts) if v.act is Act.REFUSE}
        rejected += [
            Rejection(code=c.code, rule=f"validator.{name}", why=refused[c.code], evidence=c.evidence)
            for c in kept if c.code in refused
        ]  # fmt: skip
        kept = [_carried_out(c, verdicts) for c in kept if c.code not in refused]
    return kept, rejected


def _carried_out(c: Candidate, verdicts: Iterable[Verdict]) -> Candidate:
    for v in verdicts:
        if v.code == c.code:
            c = replace(c, reason=f"{c.reason} {v.why}")
            if v.act is Act.REVIEW:
                c = replace(c, status=CodeStatus.REVIEW, confidence=min(c.confidence, 0.5))
    return c


def v1_valid_on_date(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V1: the code exists in the release of the date and has none under it."""
    for c in candidates:
        if not ctx.codes.billable(c.code):
            what = "a header" if ctx.codes.exists(c.code) else "not a billable code"
            yield Verdict(code=c.code, act=Act.REFUSE, why=f"{c.code} is {what} in {ctx.codes.release.name}")


def v2_excludes1(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V2: no two codes that an Excludes1 note over either ancestor chain keeps apart; a coder overrides with a reason."""
    for i, a in enumerate(candidates):
        for b in candidates[i + 1 :]:
            pair = excludes1(ctx.codes, a.code, b.code)
            if pair is None or CodeStatus.REVIEW in (a.status, b.status):
                continue
            for c, other in ((a, b), (b, a)):
                yield Verdict(code=c.code, act=Act.REVIEW, why=f"Excludes1 with {other.code} ({pair.note_code}).")


def v3_code_first(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V3: a code that must not lead stands with one of those its "code first" note names."""
    for c in candidates:
        notes = ctx.codes.notes(c.code, NoteType.CODE_FIRST)
        if not notes or any(n.text.startswith("any ") or "if applicable" in n.text for n in notes):
            continue
        targets = [t for n in notes for t in n.targets]
        # "Such as" gives examples and "underlying condition" names none: in this domain the neoplasm is meant.
        wide = not targets or any("such as" in n.text for n in notes)
        others = [o.code for o in candidates if o is not c]
        found = any(t.matches(o, ctx.codes.order) for t in targets for o in others)
        if not found and not (wide and any(_NEOPLASM.match(o) for o in others)):
            yield Verdict(code=c.code, act=Act.REVIEW, why=f"Its code-first partner is missing: {notes[0].text}.")


def v4_side(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V4: the side of the code is the side of its evidence."""
    for c in candidates:
        tumors = [f for f in c.findings if f.kind in (Kind.PRIMARY, Kind.METASTASIS)]
        said = {s for f in tumors if f.side for s in (("right", "left", "bilateral") if f.side == "bilateral" else (f.side,))}
        if {"right", "left"} <= said:
            said.add("bilateral")
        titled = _side(ctx, c.code)
        if tumors and titled and titled not in said:
            yield Verdict(code=c.code, act=Act.REVIEW, why=f"The code is for the {titled} side; its evidence is not.")
        elif said and not titled and said & set(_sides_beside(ctx, c.code)):
            yield Verdict(code=c.code, act=Act.REVIEW, why="The side is documented, and a code with it exists.")


def v5_origin(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V5: no secondary without an origin, unless the missing primary is asked for (G01)."""
    for c in candidates:
        if c.code.startswith(_SECONDARY) and not any(_has_origin(ctx, f) for f in c.findings):
            yield Verdict(code=c.code, act=Act.SAY, why="No primary is documented (G01).")


def v6_one_family_a_deposit(_: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V6: no C7B code with a C77-C79 code for the same deposit."""
    for a in candidates:
        for b in candidates:
            if a.code.startswith("C7B") and b.code.startswith(("C77", "C78", "C79")) and _shared(a, b):
                yield Verdict(code=a.code, act=Act.REVIEW, why=f"{b.code} stands for the same deposit.")
                yield Verdict(code=b.code, act=Act.REVIEW, why=f"{a.code} stands for the same deposit.")


def v7_current_or_former(_: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V7: a history code and a current code never stand together for the same primary."""
    current = [c for c in candidates if _NEOPLASM.match(c.code) and not c.code.startswith(_SECONDARY)]
    for former in candidates:
        if not former.code.startswith(_FORMER):
            continue
        for now in current:
            if CodeStatus.PROPOSED not in (former.status, now.status):
                continue  # a coder is asked already
            if _shared(former, now):
                yield Verdict(code=now.code, act=Act.REVIEW, why=f"{former.code} stands for the same primary.")
                yield Verdict(code=former.code, act=Act.REVIEW, why=f"{now.code} stands for the same primary.")
            elif any(_same_primary(f, n) for f in former.findings for n in now.findings):
                yield Verdict(code=former.code, act=Act.REVIEW, why=f"The same primary may be current ({now.code}).")


def v8_one_sex(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V8: no codes of both sexes for one patient (a relative's do not count)."""
    sexes: dict[str, list[str]] = {sex: [] for sex in _SEX}
    for c in candidates:
        title = ctx.title(c.code).lower()
        for sex, words in _SEX.items():
            if not c.code.startswith(_FAMILY) and words.search(title):
                sexes[sex].append(c.code)
    female, male = sexes["female"], sexes["male"]
    for mine, others, sex in ((female, male, "male"), (male, female, "female")):
        for code in mine if others else ():
            yield Verdict(code=code, act=Act.REVIEW, why=f"{', '.join(others)} is for a {sex} patient.")


def v9_no_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """V9: each code stands once, on all findings that raised it."""
    kept: dict[str, Candidate] = {}
    for c in candidates:
        if (old := kept.get(c.code)) is None:
            kept[c.code] = c
        else:
            findings = tuple(dict.fromkeys(old.findings + c.findings))
            kept[c.code] = replace(old, findings=findings, status=min(old.status, c.status))
    return list(kept.values())


def v10_syndrome_diagnosed(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V10: a functional code stands on a diagnosis in the note, not on a marker, a symptom or a drug."""
    functional = ("E34.0", "E16.A", "E31.2", *filter(None, ctx.tables.functional.values()))
    for c in candidates:
        if c.code.startswith(functional) and not any(f.kind in _DIAGNOSED for f in c.findings):
            yield Verdict(code=c.code, act=Act.REFUSE, why="no provider diagnosed the syndrome; indicators never establish it")


def v11_sure(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V11: a code stands on something that is so: present, former for a history code, a relative's for a family code."""
    for c in candidates:
        sure = {Assertion.PRESENT, Assertion.HISTORY} if c.code.startswith("Z") else {Assertion.PRESENT}
        if c.code.startswith(_FAMILY):
            sure = {Assertion.FAMILY}
        elif c.status is CodeStatus.REVIEW:
            sure |= {Assertion.HISTORY}  # whether it is current or former is what the coder is asked
        if ctx.case.setting is Setting.INPATIENT and not c.code.startswith(_FAMILY):
            sure |= {Assertion.UNCERTAIN}  # in the final diagnosis; the rule that raised it looked where it stands
        if not any(f.assertion in sure for f in c.findings):
            said = ", ".join(sorted({str(f.assertion) for f in c.findings}))
            yield Verdict(code=c.code, act=Act.REFUSE, why=f"nothing it stands on is established ({said})")


def v11_author(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V11: the author may establish a diagnosis: not a nurse, and inpatient not a report alone (3.7)."""
    role = ctx.case.author_role
    if role in (AuthorRole.NURSE, AuthorRole.OTHER):
        why = f"The author ({role}) cannot establish a diagnosis."
    elif role in _READERS and ctx.case.setting is Setting.INPATIENT:
        why = f"Inpatient {role} findings need the treating provider."
    else:
        return
    yield from (Verdict(code=c.code, act=Act.REVIEW, why=why) for c in candidates)


def v12_certain_outpatient(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V12: no outpatient code on uncertain words alone (IV.H)."""
    for c in candidates:
        if ctx.case.setting is Setting.OUTPATIENT and all(f.assertion is Assertion.UNCERTAIN for f in c.findings):
            yield Verdict(code=c.code, act=Act.REFUSE, why="only uncertain words support it (outpatient)")


def v13_one_behavior(_: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V13: no benign (D3A) with a malignant (C7A) code for the same tumor."""
    malignant = [c for c in candidates if c.code.startswith("C7A")]
    for benign in candidates:
        for worse in malignant if benign.code.startswith("D3A") else ():
            if _shared(benign, worse):
                yield Verdict(code=benign.code, act=Act.REVIEW, why=f"{worse.code} stands for the same tumor.")
                yield Verdict(code=worse.code, act=Act.REVIEW, why=f"{benign.code} stands for the same tumor.")
            elif any(_same_tumor(f, w) for f in benign.findings for w in worse.findings):
                act = Act.REVIEW if any(f.behavior == "benign" for f in benign.findings) else Act.REFUSE
                yield Verdict(code=benign.code, act=act, why=f"the tumor is documented as malignant ({worse.code})")


def v14_default_named(ctx: Context, candidates: Sequence[Candidate]) -> Iterator[Verdict]:
    """V14: where the Index default decided the behavior, the explanation names the release."""
    for c in candidates:
        if c.code.startswith(("C7A", "D3A", "D13.7", "D35", "D44")) and all(_unstated(ctx, f) for f in c.findings):
            yield Verdict(
                code=c.code, act=Act.SAY, why=f"Index default of {ctx.codes.release.name}, since no behavior is stated."
            )


VALIDATORS: dict[str, Validator] = {
    "V1": v1_valid_on_date, "V12": v12_certain_outpatient, "V11": v11_sure, "V10": v10_syndrome_diagnosed,
    "V13": v13_one_behavior, "V11.author": v11_author, "V7": v7_current_or_former, "V6": v6_one_family_a_deposit,
    "V3": v3_code_first, "V4": v4_side, "V8": v8_one_sex, "V2": v2_excludes1, "V5": v5_origin, "V14": v14_default_named,
}  # fmt: skip
"""The validators in the order they look; V9 is first of all, since the others speak of codes that stand once."""


def _side(ctx: Context, code: str) -> str | None:
    found = _SIDE.search(ctx.title(code).lower())
    return found[1] if found else None


def _sides_beside(ctx: Context, code: str) -> Iterator[str]:
    """The sides that the codes beside this one have."""
    parent = ctx.codes.codes[code].parent
    return filter(None, (_side(ctx, c) for c in ctx.codes.children(parent) if ctx.codes.billable(c)))


def _has_origin(ctx: Context, deposit: Finding) -> bool:
    """Whether a documented primary can be where it came from, or the primary is stated to be unknown."""
    if deposit.kind is Kind.PRIMARY:
        return True
    for p in ctx.primaries:
        if p.concept == "unknown_primary" or p.id == deposit.origin:
            return True
        foreign = p.family == "other" and p.assertion is Assertion.HISTORY
        foreign = foreign and bool(deposit.flags & {"neuroendocrine", "carcinoid_wording"})
        if deposit.origin is None and p.concept != "unspecified" and not foreign:
            return True
    return False


def _shared(a: Candidate, b: Candidate) -> bool:
    """Whether two codes stand on one finding of a tumor or deposit."""
    return any(f.id == g.id and f.kind in (Kind.PRIMARY, Kind.METASTASIS) for f in a.findings for g in b.findings)


def _same_primary(f: Finding, g: Finding) -> bool:
    if f.kind is not Kind.PRIMARY or g.kind is not Kind.PRIMARY or f.family != g.family:
        return False
    return same_organ(f.concept, g.concept) and (f.side == g.side or None in (f.side, g.side))


def _same_tumor(benign: Finding, malignant: Finding) -> bool:
    return same_organ(benign.concept, malignant.concept) or "unspecified" in (benign.concept, malignant.concept)


def _unstated(ctx: Context, f: Finding) -> bool:
    current = f.kind is Kind.PRIMARY and f.assertion is Assertion.PRESENT and f.behavior is None
    return current and f.family in ("carcinoid", "net", "islet_cell", "adrenal_paraganglia") and not ctx.spread_of(f)
