"""Hormonal signs that a sentence lays to the tumor: the syndrome in other words."""

from __future__ import annotations

from collections.abc import Iterator

from oncospan.pipeline.mentions.mention import Line, Mention, Reading

SYNDROME_OF = {
    "gastrinoma": "zollinger_ellison", "insulinoma": "hyperinsulinism", "glucagonoma": "glucagonoma_syndrome",
    "vipoma": "vipoma_syndrome", "somatostatinoma": "somatostatinoma_syndrome",
}  # fmt: skip
"""The syndrome of each islet tumor: its name alone does not say that it secretes."""

_SIGNS = {
    "hypoglycemia": frozenset({"hyperinsulinism"}),
    "flushing": frozenset({"carcinoid_syndrome"}),
    "diarrhea": frozenset({"carcinoid_syndrome", "vipoma_syndrome", "zollinger_ellison", "somatostatinoma_syndrome"}),
    "hypokalemia": frozenset({"vipoma_syndrome"}),
    "necrolytic_erythema": frozenset({"glucagonoma_syndrome"}),
    "peptic_ulcer": frozenset({"zollinger_ellison"}),
    "valve": frozenset({"carcinoid_heart_disease"}),
    "hypertension_paroxysmal": frozenset({"catecholamine_excess"}),
    "marker_gastrin": frozenset({"zollinger_ellison"}),
    "marker_glucagon": frozenset({"glucagonoma_syndrome"}),
}
"""The signs that stand for a syndrome once a sentence names the tumor as their cause, with the syndromes they are of."""

_CHROMAFFIN = frozenset({"pheochromocytoma", "paraganglioma"})

_OPEN = frozenset({"net", "islet_cell", "carcinoid"})
"""The families whose name leaves open which hormone they make: the sign tells."""

_NEAR, _BESIDE = 80, 30
"""How many characters may stand between a sign, or a raised hormone, and the tumor it is laid to."""


def attributed(reading: Reading) -> dict[str, list[Mention]]:
    """The signs that are laid to a tumor, by the syndrome they make it ("flushing, which we put down to the carcinoid")."""
    out: dict[str, list[Mention]] = {}
    for line in reading.holding("indicator"):
        for syndrome, sign in _of_line(line):
            out.setdefault(syndrome, []).append(sign)
    return out


def _of_line(line: Line) -> Iterator[tuple[str, Mention]]:
    if line.of("functional"):
        return  # the sentence names the syndrome itself
    signs = [m for m in line.of("indicator") if m.concept in _SIGNS]
    tumors = [m for m in line.of("tumor") if m.current] if signs else []
    known = {s for t in tumors for s in _made_by(t)}
    for sign in signs:
        for tumor in tumors:
            syndromes = _SIGNS[sign.concept] & (known if tumor.weak else _made_by(tumor))
            if len(syndromes) == 1 and _laid(line, sign, tumor):
                yield next(iter(syndromes)), sign
                break


def _made_by(tumor: Mention) -> frozenset[str]:
    """The syndromes that a tumor of this name may cause."""
    if (named := SYNDROME_OF.get(tumor.concept)) is not None:
        return frozenset({named})
    if tumor.concept in _CHROMAFFIN:
        return frozenset({"catecholamine_excess"})
    if tumor.attrs.get("family") == "carcinoid":
        return frozenset({"carcinoid_syndrome", "carcinoid_heart_disease"})
    return frozenset({"carcinoid_syndrome", "hyperinsulinism"}) if tumor.attrs.get("family") in _OPEN else frozenset()


def _laid(line: Line, sign: Mention, tumor: Mention) -> bool:
    """Whether the words between the two name the tumor as the cause of the sign."""
    between = line.between(sign, tumor)
    near = _BESIDE if sign.concept.startswith("marker_") else _NEAR
    if len(between) > near or line.within["companion.laid_elsewhere"].search(between):
        return False
    said = "companion.laid_to" if sign.start < tumor.start else "companion.brings"
    return line.within[said].search(between) is not None
