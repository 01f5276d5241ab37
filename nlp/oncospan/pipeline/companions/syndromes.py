"""Hormonal syndromes that follow from the tumor: one that is called functioning by name, one that ended with its tumor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from oncospan.pipeline.companions.attributed import SYNDROME_OF
from oncospan.pipeline.mentions.mention import Line, Mention, Reading
from oncospan.pipeline.spread.deposits import Deposit
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary
from oncospan.types import Assertion, Finding

_HORMONAL = NEUROENDOCRINE | {"adrenal_paraganglia", "medullary_thyroid"}
_LASTING = frozenset({"men", "nonfunctional", "carcinoid_heart_disease"})
"""Kinds that outlive the tumor: an inherited syndrome, a valve that stays scarred, what a tumor never did."""


_SECRETES = {**SYNDROME_OF, "pheochromocytoma": "catecholamine_excess", "paraganglioma": "catecholamine_excess"}
"""The syndrome of each tumor that may be called functioning."""


def signs_denied(reading: Reading) -> Iterator[tuple[str, Mention]]:
    """The syndromes of islet tumors whose signs a note denies ("no features of insulinoma"), each with the name of its tumor."""
    for line, m in reading.told("tumor"):
        syndrome = SYNDROME_OF.get(m.concept) if m.assertion is Assertion.ABSENT else None
        at = m.start - line.sentence.start
        if syndrome is not None and line.within["companion.signs_of"].search(line.text, max(0, at - 90), at):
            yield syndrome, m


def called_functioning(reading: Reading) -> Iterator[tuple[str, Mention]]:
    """The syndromes of tumors that a note calls functioning ("a functioning gastrinoma"), each with that word."""
    for line, m in reading.told("functional"):
        if m.concept == "functioning" and m.current:
            tumors = (t for t in line.of("tumor") if t.concept in _SECRETES and t.current)
            yield from ((_SECRETES[t.concept], m) for t in tumors if 0 <= t.start - m.end <= 2)


def ended(
    findings: Iterable[Finding], primaries: Sequence[Primary], former: bool, deposits: Sequence[Deposit], reading: Reading
) -> Iterator[Finding]:
    """The functional findings; those of tumors that are all gone (``former``), with nothing left of them, are history.

    So are those whose sign is told to be gone since an operation.
    """
    left = any(d.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN) for d in deposits)
    hormonal = not left and any(p.family in _HORMONAL for p in primaries)
    for f in findings:
        lasts = f.assertion is not Assertion.PRESENT or f.concept in _LASTING or _stays(f, reading.lines)
        over = not lasts and hormonal and (former or _gone(f, reading.lines))
        yield replace(f, assertion=Assertion.HISTORY) if over else f


def _stays(syndrome: Finding, lines: Sequence[Line]) -> bool:
    """Whether the syndrome is last told as one that goes on ("Zollinger-Ellison syndrome persists")."""
    last = max(syndrome.evidence, key=lambda e: e.start)
    line = next((ln for ln in lines if ln.sentence.start <= last.start < ln.sentence.end), None)
    if line is None:
        return False
    at, end = last.start - line.sentence.start, last.end - line.sentence.start
    signals = line.within
    return signals["companion.stays"].match(line.text, end) is not None or bool(
        signals["companion.staying"].search(line.text, max(0, at - 30), at)
    )


_OPERATED = 3
"""How many sentences behind an operation it may be told that a sign is gone."""


_SIGNS = {
    "hyperinsulinism": "companion.sign_hyperinsulinism",
    "ectopic_acth": "companion.sign_ectopic_acth",
    "carcinoid_syndrome": "companion.sign_carcinoid_syndrome",
    "zollinger_ellison": "companion.sign_zollinger_ellison",
    "catecholamine_excess": "companion.sign_catecholamine_excess",
    "vipoma_syndrome": "companion.sign_vipoma_syndrome",
    "glucagonoma_syndrome": "companion.sign_glucagonoma_syndrome",
    "siadh": "companion.sign_siadh",
    "acromegaly_ghrh": "companion.sign_acromegaly_ghrh",
    "hypercalcemia_pthrp": "companion.sign_hypercalcemia_pthrp",
}
"""The syndromes, each with the signal of its sign."""


def _gone(syndrome: Finding, lines: Sequence[Line]) -> bool:
    """Whether the last sentence on the sign of a syndrome tells that it is gone since an operation ("hypoglycemia did not recur")."""
    sign = _SIGNS.get(syndrome.concept)
    told = max(e.start for e in syndrome.evidence)
    after = [ln for ln in lines if ln.sentence.end > told and ln.says(sign)] if sign is not None else []
    if not after:
        return False
    last = after[-1]
    gone = last.says("companion.sign_gone")
    if gone is None or last.says("companion.sign_held") or last.sentence.start + gone.start() < told:
        return False
    near = [ln for ln in lines if 0 <= last.index - ln.index <= _OPERATED]
    done = [m for ln in near for m in ln.of("treatment") if m.attrs.get("effect") == "surgery" and m.current]
    return any(syndrome.concept != "ectopic_acth" or m.attrs.get("removes") != "adrenal" for m in done)
