"""``make bench``: notes and megabytes a second of OncoSpan beside its peers, in one run, and what a note costs.

The sides stand in ``sides.py``, the curves in ``growth.py``; each is measured in a process of its own. Only ratios within one run are
comparable: the machine may do other things. Starts are measured from the start of the process to its end, of a command for one short
note and of two that read none. A line of the figures, with the machine and the commit, is added to ``out/bench-history.jsonl``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oncospan import __version__
from oncospan.pack import load

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
HISTORY = ROOT / "out" / "bench-history.jsonl"
CORPORA = ROOT.parent / "shared" / "corpora"
MTSAMPLES = CORPORA / "unlabelled" / "mtsamples.jsonl"
DENSE = CORPORA / "dev" / "docs.jsonl"
SAMPLES = ROOT / "corpora" / "samples" / "notes.jsonl"
REPEATS = 5
WORK = 20
"""Seconds of work for one worker in the comparison of one with two."""
STARTS = ("extract {note} -o - --format jsonl", "--help", "codes show C7B.02")
SHORT_NOTE = "Impression: ileal carcinoid with hepatic metastases on CT. No bone metastases.\n"
PEERS = {"floor": "automaton alone", "medspacy": "stock medspaCy", "negspacy": "negspaCy"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Notes per second of OncoSpan beside its peers.")
    parser.add_argument("--notes", type=Path, help="notes to read (default: the development corpora, else the samples)")
    parser.add_argument("--sample", type=int, default=100, help="how many of the first notes the peers read")
    parser.add_argument("--starts", action="store_true", help="measure starts only and print them as JSON")
    chosen = parser.parse_args()
    if chosen.starts:
        print(json.dumps(starts(), indent=2))
        return
    paths = corpora(chosen.notes)
    line = machine() | {"corpora": [corpus(path, chosen.sample) for path in paths]}
    line |= {"workers": workers(paths[0], line["corpora"][0]), "growth": measured("growth.py", str(paths[0])), "starts": starts()}
    HISTORY.parent.mkdir(exist_ok=True)
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")
    show(line)


def corpora(given: Path | None) -> list[Path]:
    """The notes to read; the development corpora where they stand beside the checkout, otherwise the samples, which is said."""
    if given is not None:
        return [given]
    if found := [path for path in (MTSAMPLES, DENSE) if path.is_file()]:
        return found
    print("the development corpora are not beside the checkout: measuring on the few notes of corpora/samples", file=sys.stderr)
    return [SAMPLES]


def corpus(path: Path, sample: int) -> dict[str, Any]:
    """The figures of every side on one corpus, and the ratios of ours to the peers on the same notes."""
    sides = {side: measured("sides.py", side, str(path), str(sample)) for side in ("oncospan", *peers())}
    ours = sides["oncospan"]
    ratios = {
        side: round(ours["notes_per_second"] / sides[side]["notes_per_second"], 1)
        for side in sides
        if side in {"medspacy", "negspacy"}
    }
    ratios["floor"] = round(ours["all"]["notes_per_second"] / sides["floor"]["notes_per_second"], 4)
    return {"corpus": path.name, "sides": sides, "ratios": ratios}


def peers() -> list[str]:
    """The peers that are installed; of one that is not it is said."""
    missing = [side for side in PEERS if side != "floor" and find_spec(side) is None]
    for side in missing:
        print(f"{PEERS[side]} is not installed and is left out", file=sys.stderr)
    return [side for side in PEERS if side not in missing]


def workers(path: Path, told: dict[str, Any]) -> dict[str, Any]:
    """The runner with one and two workers over notes for some twenty seconds, by turns, each at its best."""
    many = round(WORK * told["sides"]["oncospan"]["all"]["notes_per_second"])
    runs: dict[str, list[dict[str, Any]]] = {"workers1": [], "workers2": []}
    for side in ("workers1", "workers2") * 2:
        runs[side].append(measured("sides.py", side, str(path), str(many)))
    best = {side: max(found, key=lambda run: run["notes_per_second"]) for side, found in runs.items()}
    ratio = best["workers2"]["notes_per_second"] / best["workers1"]["notes_per_second"]
    return best | {"ratio": round(ratio, 2)}


def measured(script: str, *args: str) -> Any:
    """What a script measures, in a process of its own."""
    # What a library says while it reads notes may hold their words, so it is not shown: later PyRuSH prints every token.
    done = subprocess.run([sys.executable, str(HERE / script), *args], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the measurement failed; see why with: python tests/bench/{script} {' '.join(args)}")
    return json.loads(done.stdout.splitlines()[-1])


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


def machine() -> dict[str, Any]:
    """What the figures were made with."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    models = [
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "engine": __version__,
        "commit": commit.stdout.strip() or None,
        "pack_digest": load().digest,
        "python": platform.python_version(),
        "versions": {name: installed(name) for name in ("medspacy", "negspacy", "spacy", "ahocorasick_rs")},
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def show(line: dict[str, Any]) -> None:
    """The figures as tables on stdout."""
    console = Console()
    for one in line["corpora"]:
        console.print(sides_table(one, line))
        console.print(", ".join(f"{ratio} times {PEERS[side]}" for side, ratio in one["ratios"].items()))
        console.print(stage_table(one["sides"]["oncospan"]["stages"]))
    two = line["workers"]
    console.print(rows_table("Local runner, to JSONL, by the clock", [{"workers": n, **two[f"workers{n}"]} for n in (1, 2)]))
    console.print(f"two workers are {two['ratio']} times one")
    for what, rows in line["growth"].items():
        console.print(rows_table(f"Cost of a note by {what}", rows))
    console.print(
        rows_table(
            f"From process start to end, the least of {REPEATS}",
            [{"command": f"oncospan {c}", **f} for c, f in line["starts"].items()],
        )
    )
    console.print(f"load average of the machine: {line['load_average']} on {line['cores']} cores ({line['processor']})")


def sides_table(one: dict[str, Any], line: dict[str, Any]) -> Table:
    """Every side on one corpus."""
    keys = ("notes", "seconds", "notes_per_second", "mb_per_second", "load_seconds", "peak_mb")
    table = headed(f"{one['corpus']}, one process, Python {line['python']}", ["", *(k.replace("_", " ") for k in keys)])
    ours = one["sides"]["oncospan"]
    named = [(PEERS.get(side, "OncoSpan, the same notes"), figures) for side, figures in one["sides"].items()]
    for name, figures in [*named, ("OncoSpan, all notes", ours["all"])]:
        table.add_row(name, *(str(figures[k]) for k in keys))
    return table


def stage_table(stages: dict[str, float]) -> Table:
    """Where OncoSpan's time goes."""
    table = headed("OncoSpan, all notes, by stage (in a pass of its own)", ["stage", "seconds", "share"])
    whole = sum(stages.values()) or 1.0
    for stage, seconds in stages.items():
        table.add_row(stage, f"{seconds:.3f}", f"{seconds / whole:.0%}")
    return table


def rows_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """Rows with the same keys, as they are."""
    table = headed(title, [key.replace("_", " ") for key in rows[0]])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table


def headed(title: str, headings: Iterable[str]) -> Table:
    table = Table(title=title)
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at else "left")
    return table


if __name__ == "__main__":
    main()
