"""Notes through the engine on Spark: the function that workers run, over the rows of a table or over slices of files.

Whatever the cluster, the records are those of one machine. Every worker process builds its pipeline once, when its first notes come,
and keeps it; nothing but plain values travels. Where a worker process dies, Spark gives its notes to another, which reads them in a
process of their own, so that a note that kills what reads it becomes an error record and not the end of the job.

Everything here works with PySpark 3.5 and 4; the workers need OncoSpan installed for the Python they run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oncospan.errors import InputError, UsageError
from oncospan.readers import Defaults
from oncospan.readers.columns import Layout, resolve
from oncospan.readers.parquet import cells, made_of
from oncospan.readers.values import to_note
from oncospan.runners.local import Manner, Pool, run
from oncospan.types import BadNote, Note
from oncospan.writers.parquet import arrow_schema, row

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from oncospan.settings import Settings

LONGEST = 120.0
"""Seconds a note may take unless said otherwise."""

_ROWS = 500
"""Records of one Arrow batch on its way back: it bounds what a worker holds beside the notes Spark gave it."""


def records(
    notes: DataFrame,
    settings: Settings | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Defaults | None = None,
    max_seconds: float | None = LONGEST,
) -> DataFrame:
    """The output records of a table of notes, one row a note, lazily: nothing is read before the records are.

    ``columns`` says which column holds a field (field -> column); the others are guessed by name. Rows of a distributed table have
    no number, so a column of note ids must be there. Raises InputError where it or the text is not, UsageError for an unknown field.
    """
    from oncospan.settings import Settings, made_with

    layout = resolve(notes.columns, columns or {}, "the table")
    if "note_id" not in layout:
        raise InputError("no column holds the ids of the notes", where="the table", hint="Name it: columns={'note_id': ...}")
    chosen = settings or Settings()
    made_with(chosen)  # a pack that cannot be read is told here, not by a worker
    work = Rows(layout=dict(layout), defaults=defaults or Defaults(), settings=chosen, seconds=max_seconds)
    wanted = [notes[f"`{column}`"] for column in sorted(set(layout.values()))]
    return notes.select(*wanted).mapInArrow(work, record_type())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Batches of rows in, batches of records out: what a worker does with its part of a table."""

    layout: Layout
    defaults: Defaults
    settings: Settings
    seconds: float | None

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The records of the rows, in their order."""
        import pyarrow as pa

        schema, manner = arrow_schema(), Manner(seconds=self.seconds, after=row)
        for batch in batches:
            for start in range(0, batch.num_rows, _ROWS):
                made = list(analysed(self._notes(batch.slice(start, _ROWS)), self.settings, manner))
                yield from pa.Table.from_pylist(made, schema=schema).combine_chunks().to_batches()

    def _notes(self, batch: Any) -> Iterator[Note | BadNote]:
        for scalars in cells(batch, self.layout):
            fallback = _unnamed(scalars)
            yield made_of(scalars, self.layout, self.defaults, to_note, where="the table", fallback_id=fallback)


def _unnamed(scalars: Mapping[str, Any]) -> str:
    """The id of a note whose row has none: the same wherever the row is read."""
    text = scalars["text"].as_py()
    return f"unnamed-{hashlib.sha256(repr(text).encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def analysed(notes: Iterable[Note | BadNote], settings: Settings, manner: Manner) -> Iterator[Any]:
    """The results of notes in a worker: in this process, or apart from it where an earlier worker died of the same notes."""
    from pyspark import TaskContext

    task = TaskContext.get()
    if task is None or task.attemptNumber() == 0:
        return run(notes, settings, manner=manner)
    return Pool(1, settings, manner).run(notes)


def record_type() -> str:
    """The columns of the output record as Spark writes types: those of the Parquet output."""
    return ", ".join(f"`{column.name}` {_type(column.type)}" for column in arrow_schema())


def _type(given: Any) -> str:
    import pyarrow as pa

    if pa.types.is_struct(given):
        return f"struct<{', '.join(f'`{part.name}`: {_type(part.type)}' for part in given)}>"
    if pa.types.is_list(given):
        return f"array<{_type(given.value_type)}>"
    return {pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double", pa.bool_(): "boolean"}[given]


def session(master: str | None) -> SparkSession:
    """The running session, as in a notebook or under ``spark-submit``, else one with the given master. Raises UsageError."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError("PySpark is not installed", hint="Install the extra: pip install 'oncospan[spark]'") from None
    builder = SparkSession.builder.appName("oncospan").config("spark.ui.showConsoleProgress", "false")
    if master is not None:  # no pages about the run for the network to see, unless spark-submit was told to show them
        builder = builder.master(master).config("spark.ui.enabled", "false")
    try:
        made: SparkSession = builder.getOrCreate()
    except (PySparkException, OSError) as e:
        raise UsageError(
            f"Spark cannot be started ({type(e).__name__})", hint="It needs Java 17 (JAVA_HOME) and a master that answers."
        ) from None
    made.sparkContext.setLogLevel("ERROR")
    return made
