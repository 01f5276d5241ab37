"""The study that a radiologist's report is of, and the organs that it can show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from oncospan.pipeline.mentions.mention import Line, Mention
from oncospan.pipeline.sentence.relations import LineFacts

BEFORE_STUDY = frozenset({"comparison", "history", "clinical_history", "indication"})
_TITLE = 200
"""The characters at the start of a report that may hold its title."""

VAGUE = frozenset({"other_imaging", "other_tissue"})
"""Tests named only in general."""

_IN_VIEW = {
    "bone_scan": frozenset({"bone"}),
    "mri": frozenset(
        "brain meninges spinal_cord pituitary eye nerve bone soft_tissue head_neck nasal_sinus salivary_gland paraganglia".split()
    ),
}
"""The organs whose tumors a bone scan, and an MRI of the brain or spine, can show."""


def out_of_view(lines: Sequence[LineFacts]) -> Callable[[str, AbstractSet[str]], bool]:
    """Tells of a modality and some organs whether they lie outside of what the study of a report shows."""
    titles = [f.line for t in study_of(lines) for f in lines if t in f.line.mentions]
    narrow = bool(titles) and all(ln.says("test.neuraxis") and not ln.says("test.trunk") for ln in titles)

    def unseen(modality: str, sites: AbstractSet[str]) -> bool:
        in_view = _IN_VIEW.get(modality)
        return in_view is not None and not sites & in_view and (narrow or modality == "bone_scan")

    return unseen


def pointed(line: Line) -> bool:
    """Whether a sentence only points to the report of another study ("please see the concurrent abdominal MRI")."""
    return line.says("test.pointed") is not None


def study_of(lines: Sequence[LineFacts]) -> Sequence[Mention]:
    """The study a radiologist's report is of, by its title; nothing where no title names one."""
    titled: Sequence[Mention] = ()
    for facts in lines:
        if facts.line.sentence.start > _TITLE and titled:
            break
        past = facts.line.section is not None and facts.line.section.name in BEFORE_STUDY
        if past or "low_trust" in facts.line.flags or pointed(facts.line):
            continue
        tests = facts.line.of("imaging")
        if named := [t for t in tests if t.concept not in VAGUE]:
            return named if facts.line.sentence.start <= _TITLE else titled
        titled = titled or tests
        if facts.line.sentence.start > _TITLE:
            break
    return titled


_SCOPES = frozenset({"endoscopy", "endoscopic_ultrasound"})
_BRIEF = 14
"""How many words the title of such a note has at most."""


def scope_of(lines: Sequence[LineFacts]) -> Sequence[Mention]:
    """The endoscopy that a note by its title reports ("COLONOSCOPY", "Procedure: upper endoscopic ultrasound with FNA"); nothing elsewhere."""
    for facts in lines:
        line = facts.line
        if line.sentence.start > _TITLE:
            break
        scopes = [m for m in line.of("imaging") if m.concept in _SCOPES and m.current]
        if scopes and len(line.text.split()) <= _BRIEF and not line.of("tumor", "metastasis"):
            operated = any(
                m.attrs.get("removes", "any") != "any"
                for f in lines
                if f.line.section is line.section
                for m in f.line.of("treatment")
            )
            named = line.section is None or line.section.name in (None, "procedure", "exam_name")
            return scopes[-1:] if named and not operated else ()
    return ()
