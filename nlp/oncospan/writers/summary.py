"""A run on a terminal: notes, codes by family, gaps by id, errors, speed."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from oncospan.writers.tally import Tally, ranked

_FAMILIES = (
    (("C7A",), "malignant neuroendocrine, primary"),
    (("C7B",), "secondary neuroendocrine"),
    (("D3A",), "benign neuroendocrine"),
    (("C77", "C78", "C79"), "secondary, other"),
    (("C80",), "site unspecified"),
    (("C81", "C82", "C83", "C84", "C85", "C86", "C88", "C90", "C91", "C92", "C93", "C94", "C95", "C96"), "blood and lymph"),
    (("C",), "malignant, primary"),
    (("D",), "in situ, benign, uncertain"),
    (("E",), "hormonal syndromes"),
    (("Z85", "Z86"), "history"),
    (("Z",), "encounter and status"),
)


def family_of(code: str) -> str:
    """The family a code is counted in."""
    return next((name for starts, name in _FAMILIES if code.startswith(starts)), "other")


def show_summary(tally: Tally, loading: float, reading: float, console: Console) -> None:
    """Print the counts of a run; ``loading`` is the seconds until the first record, ``reading`` those for the others."""
    families: Counter[str] = Counter()
    for code, _title, proposed, review in tally.codes():
        families[family_of(code)] += proposed + review
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("[b]Notes[/b]", str(tally.notes))
    table.add_row("  without code or gap", str(tally.silent))
    table.add_row("  not analysed", str(tally.failed))
    _group(table, "Codes", ranked(families))
    _group(table, "Gaps", ranked(tally.gaps))
    _group(table, "Errors", ranked(tally.errors))
    table.add_row("[b]Seconds to load[/b]", f"{loading:.1f}")
    if tally.notes > 1 and reading > 0:
        table.add_row("[b]Notes a second[/b]", f"{(tally.notes - 1) / reading:,.0f}")
    console.print(table)


def _group(table: Table, title: str, counts: list[tuple[str, int]]) -> None:
    if counts:
        table.add_row(f"[b]{title}[/b]", str(sum(n for _, n in counts)))
    for name, n in counts:
        table.add_row(f"  {name}", str(n))
