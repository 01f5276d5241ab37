"""The sides that the benchmark compares, each measured in a process of its own: ``python tests/bench/sides.py SIDE NOTES SAMPLE``.

Seconds are of the processor, so that others on the machine disturb little; where several processes work they are of the clock, beside
those of the processor. Loading and one warm-up pass are not counted. The terms are the same for all: a literal for each spelling in the
rule pack.

* ``oncospan``: full extraction, with codes, gaps and evidence.
* ``medspacy``: what its manual gives: PyRuSH, sectionizer, target matcher, default ConText.
* ``negspacy``: spaCy's sentencizer and entity ruler, negspaCy with its clinical terms.
* ``floor``: one automaton over the literals, in the lowered text; nothing that reads notes can be faster.
* ``workers1``, ``workers2``: the local runner, notes to lines of JSON, with as many workers.
"""

from __future__ import annotations

import functools
import itertools
import json
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from oncospan.pack import load
from oncospan.readers import read_notes
from oncospan.types import Note

REPEATS = 5
WARM = 300
"""Of the local runner so many records a worker are not counted: processes start, load and compile patterns meanwhile."""


def notes_of(path: Path) -> list[Note]:
    return [n for n in read_notes([path]) if isinstance(n, Note)]


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def figures_of(loaded: float, notes: list[Note], seconds: float) -> dict[str, Any]:
    size = sum(len(n.text.encode("utf-8", "surrogatepass")) for n in notes)
    return {
        "load_seconds": round(loaded, 2),
        "notes": len(notes),
        "seconds": round(seconds, 4),
        "notes_per_second": round(len(notes) / seconds, 1),
        "mb_per_second": round(size / 1e6 / seconds, 3),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def literals() -> list[tuple[str, str]]:
    """Every spelling of the pack with its category."""
    return [(literal, term.category) for term in load().terms for literal in term.literals()]


def oncospan(notes: list[Note], sample: int) -> dict[str, Any]:
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
    return figures_of(loaded, some, seconds) | {
        "all": figures_of(loaded, notes, all_seconds),
        "error_records": sum(map(bool, errors)),
        "stages": stages_of(lambda: read(notes)),  # in a pass of its own: looking at the clock takes time too
    }


def stages_of(work: Callable[[], object]) -> dict[str, float]:
    """The seconds ``work`` spends in each stage, those of the stages within a stage left out."""
    from oncospan import engine
    from oncospan.pipeline import findings, reading
    from oncospan.pipeline.mentions import targets
    from oncospan.pipeline.text import screen, segment

    stages: dict[str, tuple[tuple[Any, str], ...]] = {
        "screen": ((reading, "lowered"), (screen.Screen, "matters"), (screen.Screen, "kept")),
        "segment": ((segment.Segmenter, "__call__"),),
        "window": ((reading, "window_of"),),
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


def medspacy(notes: list[Note], sample: int) -> dict[str, Any]:
    """Stock medspaCy over the sample, once."""
    began = time.process_time()
    _quiet_loguru()
    import medspacy as peer
    from medspacy.target_matcher import TargetRule

    nlp = peer.load(
        medspacy_enable=[
            "medspacy_tokenizer", "medspacy_pyrush", "medspacy_sectionizer", "medspacy_target_matcher", "medspacy_context",
        ]
    )  # fmt: skip
    rules = [TargetRule(literal, category) for literal, category in literals()]
    nlp.get_pipe("medspacy_target_matcher").add(rules)
    return _spacy_figures(nlp, began, notes[:sample], len(rules))


def negspacy(notes: list[Note], sample: int) -> dict[str, Any]:
    """NegspaCy over the sample, once."""
    began = time.process_time()
    import negspacy.negation  # noqa: F401 - it registers the component
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    rules = [{"label": category, "pattern": literal} for literal, category in literals()]
    ruler.add_patterns(rules)
    nlp.add_pipe("negex")
    return _spacy_figures(nlp, began, notes[:sample], len(rules))


def _spacy_figures(nlp: Any, began: float, some: list[Note], rules: int) -> dict[str, Any]:
    nlp("No evidence of metastatic disease.")
    loaded = time.process_time() - began
    seconds = timed(lambda: [nlp(n.text) for n in some])
    return figures_of(loaded, some, seconds) | {"rules": rules, "components": nlp.pipe_names}


def _quiet_loguru() -> None:
    """Takes loguru's output away, where it is installed: printing tokens would slow the peer unfairly."""
    try:
        from loguru import logger
    except ModuleNotFoundError:
        return
    logger.remove()


def floor(notes: list[Note], _sample: int) -> dict[str, Any]:
    """The bare automaton over all notes."""
    began = time.process_time()
    import ahocorasick_rs

    automaton = ahocorasick_rs.AhoCorasick(sorted({literal.lower() for literal, _ in literals()}))
    loaded = time.process_time() - began
    seconds = statistics.median(
        timed(lambda: [automaton.find_matches_as_indexes(n.text.lower()) for n in notes]) for _ in range(REPEATS)
    )
    return figures_of(loaded, notes, seconds)


def workers(count: int, notes: list[Note], many: int) -> dict[str, Any]:
    """The local runner over so many notes, by the clock and by the processors of all its processes."""
    from oncospan.engine import Settings
    from oncospan.runners.local import Manner, run
    from oncospan.writers import Format, encoded

    began = time.perf_counter()
    not_counted = WARM * count
    cycled: Iterable[Note] = itertools.islice(itertools.cycle(notes), many + not_counted)
    first = warm = 0.0
    for at, _ in enumerate(run(cycled, Settings(), workers=count, manner=Manner(after=partial(encoded, Format.JSONL)))):
        first = first or time.perf_counter()
        warm = time.perf_counter() if at == not_counted - 1 else warm
    seconds = time.perf_counter() - warm
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "first_record_seconds": round(first - began, 2),
        "notes": many,
        "seconds": round(seconds, 3),
        "notes_per_second": round(many / seconds, 1),
        "processor_seconds": round(sum(u.ru_utime + u.ru_stime for u in used), 2),
        "parent_processor_seconds": round(used[0].ru_utime + used[0].ru_stime, 2),
        "peak_mb": peak_mb(),
    }


SIDES: dict[str, Callable[[list[Note], int], dict[str, Any]]] = {
    "oncospan": oncospan, "medspacy": medspacy, "negspacy": negspacy, "floor": floor, "workers1": partial(workers, 1),
    "workers2": partial(workers, 2),
}  # fmt: skip

if __name__ == "__main__":
    side, path, sample = sys.argv[1:]
    print(json.dumps(SIDES[side](notes_of(Path(path)), int(sample))))
