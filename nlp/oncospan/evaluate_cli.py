"""``oncospan evaluate``: scores against gold or decisions, the errors behind them, and what differs between two runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oncospan.cli_options import Codes, Family, PackName, Policy, Threshold, Workers, say, settings_of, watched
from oncospan.errors import OutputError, UsageError
from oncospan.types import FamilyHistoryCodes, NetSitePolicy

if TYPE_CHECKING:  # these bring readers and runners, which --help must not wait for
    from oncospan.evaluate import Evaluation, Row
    from oncospan.evaluate.compare import NoteDifference
    from oncospan.evaluate.records import Located
    from oncospan.evaluate.sources import Side, Source
    from oncospan.evaluate.tally import Tally
    from oncospan.settings import Settings
    from oncospan.types import Analysis

DIFFERS = 1
"""The exit code of a comparison that found a difference, as that of diff."""

Rows = dict[str, dict[str, Any]]


def evaluate(
    gold: Annotated[Path | None, typer.Argument(metavar="GOLD", help="Gold annotations, one JSON object a document.")] = None,
    docs: Annotated[Path | None, typer.Argument(metavar="DOCS", help="The documents, one JSON object each.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="RECORDS", help="Score these records; else the engine runs.")] = None,
    errors: Annotated[str | None, typer.Option(metavar="SLOT", help="List the errors of a slot, document by document.")] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="OLD NEW", help="Compare two runs: records, or rule packs to run. Exit code 1 where they differ."),
    ] = None,
    notes: Annotated[Path | None, typer.Option(metavar="NOTES", help="Notes to run compared packs over; else DOCS.")] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge the rules by an export of the workbench; with --output, a run as well."),
    ] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, metavar="X", help="A confidence changed where it crosses X.")] = 0.75,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="List up to N notes on the terminal; --json has all.")] = 20,
    text: Annotated[bool, typer.Option("--text", help="Show the words of the notes on the terminal: patient text.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text, without words of the notes.")] = False,
    workers: Workers = 1,
    net_site_policy: Policy = NetSitePolicy.STRICT_INDEX,
    family_history_codes: Family = FamilyHistoryCodes.NONE,
    review_threshold: Threshold = None,
    pack: PackName = None,
    codes: Codes = None,
) -> None:
    """Score against gold or reviewers' decisions, or show what differs between two runs."""
    if decisions is not None:
        _check_decisions(gold, errors, compare, notes, pack, text=text)
        _judged(decisions, output, show, as_json=as_json)
        return
    _check(gold, docs, output, errors, compare, notes, pack, text=text, as_json=as_json)
    settings = settings_of(net_site_policy, pack=pack, codes=codes)
    settings = replace(settings, family_history_codes=family_history_codes, review_threshold=review_threshold)
    wanted, documents = _gold(gold, docs) if gold and docs else ({}, {})
    try:
        if compare:
            corpus = notes or docs
            sides = _sides(compare, corpus, settings, workers, wanted)
            differ = _compared(sides, wanted, documents, confidence, show, text=text, as_json=as_json)
            if differ:
                raise typer.Exit(DIFFERS)
        else:
            assert docs is not None
            records = _records(output, docs, settings, workers)
            _scored(wanted, documents, records, errors, show, text=text, as_json=as_json)
    except BrokenPipeError:
        raise OutputError("the reader of stdout went away") from None


def _check(
    gold: Path | None, docs: Path | None, output: Path | None, errors: str | None, compare: tuple[str, str] | None,
    notes: Path | None, pack: str | None, *, text: bool, as_json: bool,
) -> None:  # fmt: skip
    """Raises UsageError for options that make no sense together."""
    from oncospan.evaluate import SLOTS

    if gold and not docs:
        raise UsageError("GOLD needs its documents", hint="Write: oncospan evaluate GOLD DOCS")
    if not gold and not compare:
        raise UsageError("there is nothing to score", hint="Give GOLD and DOCS, --compare OLD NEW or --decisions.")
    if text and as_json:
        raise UsageError("--text is for the terminal", hint="Leave --json or --text out; JSON holds no words of the notes.")
    if compare and (output or errors or pack):
        raise UsageError("--compare names both runs itself", hint="Leave --output, --errors and --pack out.")
    if notes and not compare:
        raise UsageError("--notes is for --compare", hint="Name the documents as DOCS.")
    if errors is not None and errors not in SLOTS:
        raise UsageError(f"there is no slot {errors!r}", hint=f"Slots: {', '.join(SLOTS)}.")


def _check_decisions(
    gold: Path | None, errors: str | None, compare: tuple[str, str] | None, notes: Path | None, pack: str | None, *, text: bool
) -> None:
    """Raises UsageError for what makes no sense beside --decisions."""
    if gold or errors or compare or notes or pack or text:
        raise UsageError("--decisions stands alone, or with --output", hint="Name the records of a run to hold against them.")


def _judged(export: Path, output: Path | None, show: int, *, as_json: bool) -> None:
    from oncospan.evaluate.decisions import read_decisions
    from oncospan.evaluate.judged import against, judge
    from oncospan.evaluate.records import read_records
    from oncospan.evaluate.show_judged import against_lines, judgement_lines

    rows = list(read_decisions(export))
    found = judge(rows)
    run = against(rows, read_records(output)) if output else None
    if as_json:
        typer.echo(json.dumps({**found.record(), **({"run": run.record()} if run else {})}))
        return
    _echo(judgement_lines(found, show))
    if run:
        _echo(against_lines(run, show))


def _gold(gold: Path, docs: Path) -> tuple[Rows, Rows]:
    from oncospan.evaluate.rows import GOLD_PARTS, read_rows

    return read_rows(gold, lists=GOLD_PARTS), read_rows(docs, texts=["text"])


def _records(output: Path | None, docs: Path, settings: Settings, workers: int) -> dict[str, Row]:
    """The records to score by their id: those of a finished run, or of the engine."""
    from oncospan.evaluate.records import read_records

    if output is not None:
        return {r.name: r.record for r in read_records(output)}
    return {a.note.note_id: a.record() for a in watched(_run(docs, settings, workers))}


def _run(notes: Path, settings: Settings, workers: int) -> Iterator[Analysis]:
    from oncospan.readers import read_notes
    from oncospan.runners.local import run

    return run(read_notes([notes]), settings, workers=workers)


def _scored(
    wanted: Rows, documents: Rows, records: dict[str, Row], errors: str | None, show: int, *, text: bool, as_json: bool
) -> None:
    from oncospan.evaluate import evaluate as score
    from oncospan.evaluate.faults import fault_lines, fault_records
    from oncospan.evaluate.show import score_lines

    result = score(wanted, documents, records)
    _say_missing(result, len(wanted))
    if as_json:
        listed = {"errors": fault_records(result, errors, wanted, documents, records)} if errors else {}
        typer.echo(json.dumps({**result.record(), **listed}))
        return
    if errors:
        _echo(fault_lines(result, errors, wanted, documents, records, show, text=text))
    _echo(score_lines(result))


def _say_missing(result: Evaluation, total: int, run: str = "") -> None:
    if missing := result.without_output:
        say(f"{run}{len(missing)} of {total} documents have no record, e.g. {', '.join(missing[:3])}")


def _sides(compare: tuple[str, str], corpus: Path | None, settings: Settings, workers: int, wanted: Rows) -> tuple[Side, Side]:
    """The two runs, both checked before either is read."""
    from oncospan.evaluate.sources import Side, source_of

    old, new = (source_of(word, notes=corpus is not None) for word in compare)
    return (
        Side(old, _stream(old, corpus, settings, workers, lambda analyses: analyses), wanted),
        Side(new, _stream(new, corpus, settings, workers, watched), wanted),  # one progress line is enough
    )


def _stream(
    source: Source,
    corpus: Path | None,
    settings: Settings,
    workers: int,
    passing: Callable[[Iterable[Analysis]], Iterable[Analysis]],
) -> Iterable[Located]:
    from oncospan.evaluate.sources import located
    from oncospan.pack import load

    if source.pack is None or corpus is None:
        return source.records()
    load(source.pack)  # a pack that cannot be read is told before any note is
    return located(passing(_run(corpus, replace(settings, pack=source.pack), workers)))


def _compared(
    sides: tuple[Side, Side], wanted: Rows, documents: Rows, sure: float, show: int, *, text: bool, as_json: bool
) -> bool:
    """Whether the runs differ; what differs goes to stdout as it is found, the summary behind it."""
    from oncospan.evaluate.compare import compare
    from oncospan.evaluate.judge import judged
    from oncospan.evaluate.tally import Tally

    tally = Tally()
    found = (judged(d, wanted[d.name]) if d.name in wanted else d for d in compare(*sides, sure))
    differing = (d for d in _counted(found, tally) if d.only_in or d.changes)
    if as_json:
        _json_notes(differing)
    else:
        _text_notes(differing, show, text=text)
    scores = _both_scores(sides, wanted, documents) if wanted else None
    if as_json:
        _json_summary(tally, sides, scores)
    else:
        _text_summary(tally, sides, scores)
    return not tally.same


def _counted(differences: Iterable[NoteDifference], tally: Tally) -> Iterator[NoteDifference]:
    for d in differences:
        tally.add(d)
        yield d


def _json_notes(differing: Iterable[NoteDifference]) -> None:
    """The head of the one JSON object, written note by note."""
    typer.echo('{"notes": [', nl=False)
    for n, d in enumerate(differing):
        typer.echo((",\n" if n else "\n") + json.dumps(d.record()), nl=False)


def _text_notes(differing: Iterable[NoteDifference], show: int, *, text: bool) -> None:
    from oncospan.evaluate.show import note_lines

    hidden = 0
    for n, d in enumerate(differing):
        if n < show:
            _echo(note_lines(d, text=text))
        hidden += n >= show
    if hidden:
        typer.echo(f"{hidden} more notes differ; --show lists more of them")


def _both_scores(sides: tuple[Side, Side], wanted: Rows, documents: Rows) -> tuple[Evaluation, Evaluation]:
    from oncospan.evaluate import evaluate as score

    old, new = (score(wanted, documents, side.kept) for side in sides)
    _say_missing(old, len(wanted), "old run: ")
    _say_missing(new, len(wanted), "new run: ")
    return old, new


def _json_summary(tally: Tally, sides: tuple[Side, Side], scores: tuple[Evaluation, Evaluation] | None) -> None:
    from oncospan.evaluate.show import score_differences

    rest: dict[str, Any] = {"summary": tally.record(), "old": sides[0].record(), "new": sides[1].record()}
    if scores:
        rest["slots"] = score_differences(*scores)
    typer.echo("\n], " + json.dumps(rest)[1:])


def _text_summary(tally: Tally, sides: tuple[Side, Side], scores: tuple[Evaluation, Evaluation] | None) -> None:
    from oncospan.evaluate.show import score_difference_lines, side_lines, tally_lines

    _echo(side_lines(sides[0].record(), sides[1].record()))
    _echo(tally_lines(tally, judged=scores is not None))
    if scores:
        typer.echo("")
        _echo(score_difference_lines(*scores))


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
