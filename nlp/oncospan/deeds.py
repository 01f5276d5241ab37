"""The deeds of procedures by our own names: a procedure's concept is the deed and, where one is told, its place."""

from __future__ import annotations

ACTS = (
    "angiography", "biopsy", "bone_scan", "ct", "echocardiogram", "endoscopic_ultrasound", "endoscopy", "excision", "fna",
    "mammography", "mibg", "mri", "octreotide_scan", "pet", "pet_ct", "pet_mri", "ultrasound", "xray",
)  # fmt: skip
"""The deeds that a concept begins with; behind them stands a place where one is told."""

IMAGING = frozenset(ACTS) - {"biopsy", "endoscopy", "excision", "fna"}
"""The deeds that make an image and take nothing."""

_LONGEST_FIRST = sorted(ACTS, key=len, reverse=True)


def act_of(concept: str) -> str:
    """The deed of a procedure's concept; the concept itself where it begins with none."""
    return next((a for a in _LONGEST_FIRST if concept == a or concept.startswith(f"{a}_")), concept)
