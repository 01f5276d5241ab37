"""Spark: the records of one machine from a cluster of separate processes, whatever is killed on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed: pip install '.[spark]'")

import pyarrow as pa  # noqa: E402 - not before it is known that there is something to test
import pyarrow.parquet as pq  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not installed"),
]

SAMPLES = Path(__file__).parents[2] / "corpora" / "samples" / "notes.jsonl"
MAIN = """
from oncospan.cli import main
from oncospan.runners import slices
slices.ROWS = 6
main()
"""
TABLE = """
import sys
from oncospan.spark import records
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
notes = spark.read.parquet(sys.argv[1])
notes.createOrReplaceTempView("notes")
records(spark.table("notes"), columns={"note_type": ""}).write.saveAsTable("records", path=sys.argv[2])
"""


def environment() -> dict[str, str]:
    """Every process on the loopback address, with the code that is tested."""
    return os.environ | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYSPARK_PYTHON": sys.executable,
    }


class Cluster:
    """A standalone master and workers of one core each, every one a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._groups: list[subprocess.Popen[bytes]] = []
        self._start("master.Master", "--port", "0")
        self.url = self._said(self._folder / "0.log", r"Starting Spark master at (spark://\S+)")

    def _start(self, name: str, *options: str) -> None:
        command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
        command += ["--host", "127.0.0.1", "--webui-port", "0", *options]
        with (self._folder / f"{len(self._groups)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment(), cwd=self._folder, start_new_session=True
            )
        self._groups.append(process)

    def add_worker(self) -> None:
        """Starts a worker and waits until the master knows it."""
        log = self._folder / f"{len(self._groups)}.log"
        work = self._folder / f"work{len(self._groups)}"
        self._start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(work), self.url)
        self._said(log, "Successfully registered with master (spark)")

    def kill_worker(self) -> None:
        """Kills the first worker that lives, its executors and their Python processes."""
        os.killpg(self._groups[1].pid, signal.SIGKILL)
        self._groups.pop(1).wait()

    def end(self) -> None:
        """Ends all of it."""
        for process in reversed(self._groups):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @staticmethod
    def _said(log: Path, words: str) -> str:
        for _ in range(600):
            if found := re.search(words, log.read_text() if log.exists() else ""):
                return found[1]
            time.sleep(0.1)
        pytest.fail(f"{log.name} never said {words!r}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.add_worker()
        made.add_worker()
        yield made
    finally:
        made.end()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """The samples twice, as Parquet, with a row that is no note."""
    rows = [json.loads(line) for line in SAMPLES.read_text().splitlines()]
    rows = [row | {"note_id": f"{row['id']}-{turn}"} for turn in range(2) for row in rows]
    rows[9]["setting"] = "on the moon"
    path = tmp_path / "notes.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=10)
    return path


def started(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", MAIN, "extract", "notes.parquet", "--format", "jsonl", *options]
    return subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, err = process.communicate(timeout=900)
    return process.returncode, err.decode()


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def parts(folder: Path) -> int:
    return len(list(folder.glob("part-*.jsonl")))


def wait_for_parts(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    while parts(folder) < count and process.poll() is None:
        time.sleep(0.02)


def test_kills_change_no_byte_and_the_records_are_those_of_one_machine(cluster: Cluster, notes: Path, tmp_path: Path) -> None:
    spark = ("--engine", "spark", "--master", cluster.url)
    code, err = ended(started(tmp_path, "-o", "whole/", "--summary", "sum.json", *spark))
    assert code == 3, err
    whole = content(tmp_path / "whole")
    assert len(whole) == 11  # the manifest, and 56 notes by 6
    assert ended(started(tmp_path, "-o", "local.jsonl"))[0] == 3
    together = b"".join(part for name, part in whole.items() if name != "manifest.json")
    assert together == (tmp_path / "local.jsonl").read_bytes()
    summary = json.loads((tmp_path / "sum.json").read_text())
    assert (summary["records"], summary["errors"], summary["finished"]) == (56, {"bad_value": 1}, True)

    driver = started(tmp_path, "-o", "parts/", *spark)
    wait_for_parts(tmp_path / "parts", 3, driver)
    driver.kill()
    ended(driver)
    assert 3 <= parts(tmp_path / "parts") < 10
    refused = ended(started(tmp_path, "-o", "parts/", "--resume"))
    assert refused[0] == 6
    assert "another part_records" in refused[1]
    again = started(tmp_path, "-o", "parts/", "--resume", *spark)
    wait_for_parts(tmp_path / "parts", parts(tmp_path / "parts") + 1, again)
    cluster.kill_worker()
    code, err = ended(again)
    assert code == 3, err
    assert content(tmp_path / "parts") == whole


def test_a_table_gives_a_table_with_the_rows_of_the_local_output(notes: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", TABLE, "notes.parquet", str(tmp_path / "records")]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    assert ended(started(tmp_path, "-o", "local.parquet", "--format", "parquet", "--map", "note_type="))[0] == 3
    ours, local = (pq.read_table(tmp_path / name).sort_by("note_id") for name in ("records", "local.parquet"))
    assert ours.schema.remove_metadata() == local.schema.remove_metadata()
    first, second = ours.to_pylist(), local.to_pylist()
    for row in (*first, *second):
        for error in row["errors"]:
            error["where"] = None  # a row of a table has no number
    assert first == second


def test_what_spark_cannot_do_is_said(notes: Path, tmp_path: Path) -> None:
    assert "a folder of parts" in ended(started(tmp_path, "-o", "x.jsonl", "--engine", "spark"))[1]
    assert "one record a note" in ended(started(tmp_path, "-o", "x/", "--by", "patient", "--engine", "spark"))[1]
    assert "--master is for Spark" in ended(started(tmp_path, "-o", "x/", "--master", "local[2]"))[1]
