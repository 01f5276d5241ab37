"""Whether a note tells of an operation, and whether it reports the operation for a tumor."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Reading
from oncospan.pipeline.tumors.primary import Primary
from oncospan.types import Assertion


def operated(reading: Reading) -> bool:
    """Whether the note tells of an operation that was done."""
    done = (Assertion.PRESENT, Assertion.HISTORY)
    return any(m.attrs.get("effect") == "surgery" and m.assertion in done for _, m in reading.told("treatment"))


_OPERATED_FOR = frozenset({"preoperative_diagnosis", "postoperative_diagnosis"})
_ADMITTED_FOR = frozenset({"admission_diagnosis", "discharge_diagnosis", "principal_diagnosis"})
_STAY = frozenset({"procedure", "hospital_course", "operative_course"})


def operated_on(primary: Primary, reading: Reading) -> bool:
    """Whether the note reports an operation for this tumor: it is a diagnosis of that operation, or of the stay it was done in."""
    named = {f.line.section.name for f in primary.strong if f.assertion is Assertion.PRESENT and f.line.section is not None}
    if named & _OPERATED_FOR:
        return True
    stay = (ln for ln in reading.lines if ln.section is not None and ln.section.name in _STAY)
    return bool(named & _ADMITTED_FOR) and any(
        m.attrs.get("effect") == "surgery" and m.attrs.get("removes") and m.assertion is Assertion.PRESENT
        for ln in stay for m in ln.of("treatment")
    )  # fmt: skip
