"""One analysis on a terminal: the note with its marks, then codes, what was refused, and gaps with their query."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from oncospan.types import Analysis, Assertion, CodeProposal, CodeStatus, Evidence, Finding, Gap, Kind, Rejection
from oncospan.writers.visible import WORDS_OF_LINE, visible

_KIND_STYLES = {  # black on pastel reads on dark and on light terminals; rich picks the nearest where colors are few
    Kind.PRIMARY: "black on #a8cdf7",
    Kind.METASTASIS: "black on #f7b2a6",
    Kind.FUNCTIONAL: "black on #f3d878",
    Kind.CONFIRMATION: "black on #a8dcab",
}
_OTHER_STYLE = "black on #d3cbea"
_ASSERTION_STYLES = {Assertion.PRESENT: "", Assertion.ABSENT: " strike", Assertion.HISTORY: " italic"}
_SEVERITY_STYLES = {"high": "bold red", "medium": "bold yellow", "low": "bold cyan"}


def show(analysis: Analysis, console: Console) -> None:
    """Print the analysis; colors carry nothing that the words do not say."""
    console.print(Panel(_note(analysis), title=Text(visible(analysis.note.note_id)), padding=(1, 2)))
    if console.color_system:  # without colors the note bears no marks: the findings below name them
        console.print(_legend())
    for error in analysis.errors:
        console.print(Text.assemble(("not analysed: ", "bold red"), f"{error.message}. {error.hint}"))
    _section(console, "Codes", [_code(c) for c in analysis.codes], "no codes")
    _section(console, "Refused", [_rejection(r) for r in analysis.rejected], "")
    _section(console, "Gaps", [_gap(g) for g in analysis.gaps], "no gaps")
    _findings(console, analysis.findings)
    s = analysis.stamp
    console.print(Text(f"OncoSpan {s.engine} · {s.pack} · {s.release} · {s.net_site_policy}", style="dim"))


def _section(console: Console, title: str, items: list[RenderableType], empty: str) -> None:
    if items or empty:
        console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
    for item in items:
        console.print(Padding(item, (0, 0, 1, 2)))
    if not items and empty:
        console.print(Padding(Text(empty, style="dim"), (0, 0, 1, 2)))


def _findings(console: Console, findings: Iterable[Finding]) -> None:
    """A line for every finding: what it is, its first words, how many more mentions there are, and what decided it."""
    lines = [
        Text.assemble(
            (f" {f.kind} ", _style(f)),
            f"  {f.concept.replace('_', ' ')}" + (f", {f.side}" if f.side else ""),
            ("  " + f.assertion, "" if f.assertion is Assertion.PRESENT else "bold"),
            (f"  {_quoted(f.evidence[0].text)}", "italic"),
            (f" and {len(f.evidence) - 1} more" if len(f.evidence) > 1 else "", "dim"),
            (f"  decided by {', '.join(_quoted(c.text) for c in f.cues)}" if f.cues else "", "dim"),
        )
        for f in findings
    ]
    if lines:
        console.print(Rule(Text("Findings", style="bold"), align="left", style="dim"))
        console.print(Padding(Text("\n").join(lines), (0, 0, 1, 2)))


def _style(f: Finding) -> str:
    return _KIND_STYLES.get(f.kind, _OTHER_STYLE) + _ASSERTION_STYLES.get(f.assertion, " underline")


def _quoted(text: str) -> str:
    return "“" + " ".join(visible(text).split()) + "”"


def _note(analysis: Analysis) -> Text:
    text = Text(visible(analysis.note.text).rstrip())
    for f in analysis.findings:
        for e in f.evidence:
            for m in WORDS_OF_LINE.finditer(e.text):
                text.stylize(_style(f), e.start + m.start(), e.start + m.end())
        for cue in f.cues:
            text.stylize("bold underline", cue.start, cue.end)
    return text


def _legend() -> Text:
    parts: list[tuple[str, str]] = [(f" {kind} ", style) for kind, style in _KIND_STYLES.items()]
    parts += [
        (" other ", _OTHER_STYLE),
        (" uncertain ", "underline"),
        (" absent ", "strike"),
        (" history ", "italic"),
        (" cue ", "bold underline"),
    ]
    return Text.assemble(*parts)


def _quotes(evidence: Iterable[Evidence]) -> Text:
    lines = [
        Text.assemble(
            (_quoted(e.text), "italic"),
            (f"  {e.start}-{e.end}", "dim"),
            (f"  {e.section}" if e.section else "", "dim"),
            (f"  {e.rule}" if e.rule else "", "dim"),
        )
        for e in evidence
    ]
    return Text("\n").join(lines)


def _code(c: CodeProposal) -> RenderableType:
    review = ("  review", "bold yellow") if c.status is CodeStatus.REVIEW else ("", "")
    head = Text.assemble(f"{c.sequence}. ", (c.code, "bold"), f"  {c.title}", review, (f"  {c.confidence:.2f}", "dim"))
    lines: list[RenderableType] = [head, Text(visible(c.reason)), _quotes(c.evidence), Text(f"rule {c.rule}", style="dim")]
    if c.order_reason:
        lines.append(Text(f"order: {c.order_reason}", style="dim"))
    if c.release_note:
        lines.append(Text(f"release: {c.release_note}", style="dim"))
    lines += [Text.assemble("or ", (a.code, "bold"), f"  {a.why}") for a in c.alternates]
    return Group(*lines)


def _rejection(r: Rejection) -> RenderableType:
    head = Text.assemble((r.code, "bold strike"), f"  {visible(r.why)}", (f"  {r.rule}", "dim"))
    return Group(head, _quotes(r.evidence)) if r.evidence else head


def _gap(g: Gap) -> RenderableType:
    q = g.query
    lines: list[RenderableType] = [
        Text.assemble((g.severity, _SEVERITY_STYLES.get(g.severity, "bold")), "  ", (q.title, "bold"), (f"  {g.gap}", "dim"))
    ]
    if g.codes:
        lines.append(Text(f"bears on {', '.join(g.codes)}", style="dim"))
    for i in q.indicators:
        source = " · ".join(filter(None, (i.source, i.date)))
        lines.append(Text.assemble((_quoted(i.text), "italic"), (f"  {source}", "dim")))
    lines.append(Text(visible(q.question)))
    lines += [Text(f"☐ {visible(o)}") for o in q.options]
    return Group(*lines)
