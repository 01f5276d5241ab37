"""Notes per second and memory of OncoSpan beside stock medspaCy, in one run: ``make bench``.

Each side runs in a process of its own, on one core, the same terms and the same notes; loading and one warm-up pass are not
counted. Seconds are of the processor, so that others on the machine disturb little. A pass more shows where OncoSpan's time goes.
Stock medspaCy is what its manual gives: PyRuSH, sectionizer, target matcher with a literal for each spelling in the rule pack, and
the default ConText. Starts are measured from the start of the process to its end, of a command for one short note and of two that
read none. A line of the figures is added to ``out/bench-history.jsonl``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table

from oncospan import __version__
from oncospan.pack import load
from oncospan.readers import read_notes
from oncospan.types import Note

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "out" / "bench-history.jsonl"
CORPUS = ROOT.parent / "shared" / "corpora" / "unlabelled" / "mtsamples.jsonl"
SAMPLES = ROOT / "corpora" / "samples" / "notes.jsonl"
REPEATS = 5
STARTS = ("extract {note} -o - --format jsonl", "--help", "codes show C7B.02")
SHORT_NOTE = "Impression: ileal carcinoid with hepatic metastases on CT. No bone metastases.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Notes per second of OncoSpan beside stock medspaCy.")
    parser.add_argument("--notes", type=Path, help="notes to read (default: the development corpus, else the samples)")
    parser.add_argument("--sample", type=int, default=100, help="how many of the first notes both sides read")
    parser.add_argument("--starts", action="store_true", help="measure starts only and print them as JSON")
    parser.add_argument("--side", choices=("oncospan", "medspacy"), help="measure one side only and print it as JSON")
    chosen = parser.parse_args()
    if chosen.starts:
        print(json.dumps(starts(), indent=2))
        return
    path = chosen.notes or default_notes()
    if chosen.side:
        print(json.dumps({"oncospan": oncospan_side, "medspacy": medspacy_side}[chosen.side](notes_of(path), chosen.sample)))
        return
    ours, stock = (measure(side, path, chosen.sample) for side in ("oncospan", "medspacy"))
    line = summary(path, ours, stock)
    HISTORY.parent.mkdir(exist_ok=True)
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")
    show(line)


def default_notes() -> Path:
    """The development corpus when it stands beside the checkout, otherwise the samples, which is said."""
    if CORPUS.is_file():
        return CORPUS
    print(f"{CORPUS.name} is not beside the checkout: measuring on the few notes of corpora/samples instead", file=sys.stderr)
    return SAMPLES


def notes_of(path: Path) -> list[Note]:
    return [n for n in read_notes([path]) if isinstance(n, Note)]


def measure(side: str, path: Path, sample: int) -> dict[str, Any]:
    """One side's figures, from a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--notes", str(path), "--sample", str(sample)]
    # What a library says while it reads notes may hold their words, so it is not shown: later PyRuSH prints every token.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{side} failed; see why with: python tests/bench/bench.py --side {side}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def starts() -> dict[str, dict[str, float]]:
    """What each of the commands takes from process start to its end, modules compiled: the least of a few runs."""
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note.txt"
        note.write_text(SHORT_NOTE, encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "out" / "bench-bytecode"))
        out = {}
        for written in STARTS:
            command = [sys.executable, "-m", "oncospan", *written.format(note=note).split()]
            runs = [one_start(command, environment) for _ in range(REPEATS + 1)][1:]  # the first compiles the modules
            out[written.split(" {")[0]] = {figure: min(run[figure] for run in runs) for figure in runs[0]}
    return out


def one_start(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """The seconds of the clock and of the processor one process takes, and its memory."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def oncospan_side(notes: list[Note], sample: int) -> dict[str, Any]:
    """OncoSpan over the sample (the median of a few passes) and over all notes."""
    began = time.process_time()
    from oncospan.engine import Settings, analyse_notes

    settings = Settings()

    def read(some: list[Note]) -> list[int]:
        return [len(a.errors) for a in analyse_notes(some, settings)]

    read(notes[:1])
    loaded = time.process_time() - began
    some = notes[:sample]
    read(some)
    seconds = statistics.median(timed(lambda: read(some)) for _ in range(REPEATS))
    errors: list[int] = []
    all_seconds = timed(lambda: errors.extend(read(notes)))
    stages = stages_of(lambda: read(notes))  # in a pass of its own: looking at the clock takes time too
    return figures_of(loaded, len(some), seconds) | {
        "all_notes": len(notes),
        "all_seconds": round(all_seconds, 3),
        "all_notes_per_second": round(len(notes) / all_seconds, 1),
        "error_records": sum(map(bool, errors)),
        "stages": stages,
    }


def stages_of(work: Callable[[], object]) -> dict[str, float]:
    """The seconds ``work`` spends in each stage, those of the stages within a stage left out."""
    from oncospan import engine
    from oncospan.pipeline import findings, reading
    from oncospan.pipeline.mentions import targets
    from oncospan.pipeline.text import screen, segment, window

    stages: dict[str, tuple[tuple[Any, str], ...]] = {
        "screen": ((reading, "lowered"), (screen.Screen, "matters"), (screen.Screen, "kept")),
        "segment": ((segment.Segmenter, "__call__"),),
        "window": ((window.Windows, "of"),),
        "target matcher": ((targets.Targets, "__call__"),),
        "ConText": ((reading.Reader, "_decisions"),),
        "mentions and lines": ((reading.Reader, "read"),),
        "sentences related": ((findings, "related"),),
        "tumors and deposits": ((engine, "findings"),),
        "tests": ((findings.tests, "confirmations"),),
        "companions": ((findings, "_companions"),),
        "coding": ((engine, "case_of"), (engine, "propose")),
        "gaps": ((engine, "GapView"), (engine, "find_gaps")),
        "the rest": ((engine.Analyser, "analyse"),),
    }
    watch = Stopwatch()
    with ExitStack() as patched:
        for stage, places in stages.items():
            for owner, name in places:
                patched.enter_context(mock.patch.object(owner, name, watch.on(stage, getattr(owner, name))))
        work()
    return {stage: round(watch.seconds[stage], 3) for stage in stages}


class Stopwatch:
    """Counts the seconds of each stage; while a stage within another runs, only the inner one counts."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def on(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """``work`` with its time counted for ``stage``."""

        @functools.wraps(work)
        def watched(*args: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            began = time.process_time()
            try:
                return work(*args, **named)
            finally:
                took = time.process_time() - began
                self.seconds[stage] += took - self._inner.pop()
                self._inner[-1] += took

        return watched


def medspacy_side(notes: list[Note], sample: int) -> dict[str, Any]:
    """Stock medspaCy over the sample, once."""
    began = time.process_time()
    quiet_loguru()
    import medspacy
    from medspacy.target_matcher import TargetRule

    nlp = medspacy.load(
        medspacy_enable=[
            "medspacy_tokenizer", "medspacy_pyrush", "medspacy_sectionizer", "medspacy_target_matcher", "medspacy_context",
        ]
    )  # fmt: skip
    rules = [TargetRule(literal, term.category) for term in load().terms for literal in term.literals()]
    nlp.get_pipe("medspacy_target_matcher").add(rules)
    nlp("No evidence of metastatic disease.")
    loaded = time.process_time() - began
    some = notes[:sample]
    seconds = timed(lambda: [nlp(n.text) for n in some])
    return figures_of(loaded, len(some), seconds) | {"rules": len(rules), "components": nlp.pipe_names}


def quiet_loguru() -> None:
    """Takes loguru's output away, where it is installed: printing tokens would slow the peer unfairly."""
    try:
        from loguru import logger
    except ModuleNotFoundError:
        return
    logger.remove()


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def figures_of(loaded: float, notes: int, seconds: float) -> dict[str, Any]:
    return {
        "load_seconds": round(loaded, 2),
        "notes": notes,
        "seconds": round(seconds, 4),
        "notes_per_second": round(notes / seconds, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def summary(path: Path, ours: dict[str, Any], stock: dict[str, Any]) -> dict[str, Any]:
    """The line of the history: both sides, their ratio on the same notes, and what they were made with."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "engine": __version__,
        "commit": commit.stdout.strip() or None,
        "pack_digest": load().digest,
        "python": platform.python_version(),
        "medspacy_version": version("medspacy"),
        "spacy_version": version("spacy"),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "corpus": path.name,
        "oncospan": ours,
        "medspacy": stock,
        "starts": starts(),
        "ratio": round(ours["notes_per_second"] / stock["notes_per_second"], 1),
    }


def show(line: dict[str, Any]) -> None:
    """The figures as a table on stdout."""
    ours, stock = line["oncospan"], line["medspacy"]
    table = Table(title=f"{line['corpus']}, one process, Python {line['python']}")
    for heading in ("", "notes", "seconds", "notes/s", "load s", "peak MB"):
        table.add_column(heading, justify="left" if not heading else "right")
    row(table, f"stock medspaCy {line['medspacy_version']}, {stock['rules']} literals", stock)
    row(table, "OncoSpan, the same notes", ours)
    table.add_row("OncoSpan, all notes", *(str(ours[k]) for k in ("all_notes", "all_seconds", "all_notes_per_second")), "", "")
    console = Console()
    console.print(table)
    console.print(stage_table(ours["stages"]))
    console.print(start_table(line["starts"]))
    console.print(f"{line['ratio']} times stock medspaCy on the same notes; error records: {ours['error_records']}")
    console.print(f"load average of the machine: {line['load_average']} on {line['cores']} cores")


def stage_table(stages: dict[str, float]) -> Table:
    """Where OncoSpan's time goes."""
    table = Table(title="OncoSpan, all notes, by stage (in a pass of its own)")
    for heading in ("stage", "seconds", "share"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    whole = sum(stages.values()) or 1.0
    for stage, seconds in stages.items():
        table.add_row(stage, f"{seconds:.3f}", f"{seconds / whole:.0%}")
    return table


def start_table(figures: dict[str, dict[str, float]]) -> Table:
    """What a start takes."""
    table = Table(title=f"From process start to end, the least of {REPEATS} runs")
    for heading in ("command", "seconds", "processor s", "peak MB"):
        table.add_column(heading, justify="left" if heading == "command" else "right")
    for command, figure in figures.items():
        table.add_row(f"oncospan {command}", *map(str, figure.values()))
    return table


def row(table: Table, name: str, figures: dict[str, Any]) -> None:
    keys = ("notes", "seconds", "notes_per_second", "load_seconds", "peak_mb")
    table.add_row(name, *(str(figures[k]) for k in keys))


if __name__ == "__main__":
    main()
