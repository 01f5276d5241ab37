"""What reviewers decided as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from oncospan.evaluate.judged import Against, Judgement, Share
from oncospan.writers.visible import visible

_HEAD = f"{'accepted':>9}{'rejected':>9}{'replaced':>9}{'precision':>10}  95%"


def judgement_lines(found: Judgement, show: int) -> Iterator[str]:
    """The tables of an export, each of at most ``show`` rows."""
    yield from _table("all codes", {"": found.whole}, show)
    yield from _table("rule", found.rules, show)
    yield from _table("code", found.codes, show)
    bands = {f"from {begin:.1f}, mean {mean:.3f}": share for begin, (share, mean) in found.bands.items()}
    yield from _table("confidence", bands, show)
    if found.added:
        yield f"added by reviewers: {_counted(found.added, show)}"
    if found.gaps:
        yield ""
        yield "gaps"
        yield from _cut([f"  {visible(gap):40} {_counted(n, show)}" for gap, n in found.gaps.items()], show)
    if found.reviews:
        yield f"second reviews: {_counted(found.reviews, show)}"
        yield from _cut([f"  disagrees with {visible(r.record_id)}" for r in found.disagreed], show)
    if found.changes:
        yield ""
        yield f"{len(found.changes)} decisions changed by another person"
        told = [f"  {visible(c.row.record_id)}  {visible(c.row.key)}  {_way(c.record())}" for c in found.changes]
        yield from _cut(told, show)


def against_lines(run: Against, show: int) -> Iterator[str]:
    """What a run makes of the decisions."""
    figures = run.record()
    yield ""
    yield f"the run has {run.records} of {run.records + run.absent} decided records"
    yield f"  codes that stand: {run.found} found, {run.missed} missed; refused codes: {run.gone} gone, {run.refused_again} again"
    shares = [f"{name} {figures[name]:.3f}" for name in ("precision", "recall") if figures[name] is not None]
    yield f"  {', '.join([*shares, f'{run.undecided} codes undecided'])}"
    if run.missed_codes:
        yield f"  missed: {_counted(run.missed_codes, show)}"
    if run.again_codes:
        yield f"  refused, proposed again: {_counted(run.again_codes, show)}"


def _table(name: str, shares: Mapping[str, Share], show: int) -> Iterator[str]:
    if not any(s.decided for s in shares.values()):
        return
    yield f"{name:40}{_HEAD}"
    yield from _cut([f"  {visible(key):38}{_figures(s)}" for key, s in shares.items()], show)
    yield ""


def _figures(s: Share) -> str:
    low, high = s.interval() or (0.0, 0.0)
    return f"{s.accepted:>9}{s.rejected:>9}{s.replaced:>9}{s.precision or 0:>10.3f}  {low:.3f}-{high:.3f}"


def _counted(counts: Counter[str], show: int) -> str:
    rest = len(counts) - show
    named = [f"{visible(name)} {n}" for name, n in counts.most_common(show)]
    return ", ".join([*named, *([f"and {rest} more"] if rest > 0 else [])])


def _way(change: Mapping[str, str]) -> str:
    return f"{visible(change['from'])} -> {visible(change['to'])}"


def _cut(lines: list[str], show: int) -> Iterator[str]:
    yield from lines[:show]
    if len(lines) > show:
        yield f"  and {len(lines) - show} more; --show lists more of them"
