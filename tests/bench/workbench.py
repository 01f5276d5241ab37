"""The workbench at size: records read in per second, and what its pages take, on SQLite: ``make benchreview``.

The sample notes are analysed once and repeated under other ids, days and confidences until there are as many encounters as asked
for. Pages are asked for through Django's own client, so that the time is that of the server without the network: each kind of
page many times, the median and the 95th percentile. The figures are those of this machine; nothing is asserted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncospan.engine import Settings, analyse_notes
from oncospan.readers import read_notes

if TYPE_CHECKING:
    from django.test import Client

SAMPLES = Path(__file__).parents[2] / "corpora" / "samples" / "notes.jsonl"
BAR_MS = 100
FIRST_DAY = dt.date(2024, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="The workbench at size.")
    parser.add_argument("--encounters", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=40, help="how often each page is asked for")
    parser.add_argument("--data", type=Path, help="folder to keep (and use again) instead of a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oncospan-bench-") as temporary:
        folder = chosen.data or Path(temporary)
        records, notes = folder / "records.jsonl", folder / "notes.jsonl"
        if not records.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_run(records, notes, chosen.encounters)
        from oncospan.review.serve import ready

        ready(folder / "workbench")
        measure_import(records, notes)
        measure_pages(chosen.repeats)


def write_run(records: Path, notes: Path, wanted: int) -> None:
    """Records and notes of as many encounters as wanted, those of the samples in turn under other ids."""
    found = list(read_notes([SAMPLES]))
    analysed = [a.record() for a in analyse_notes(found, Settings())]
    exported = {n["id"]: n for n in map(json.loads, SAMPLES.read_text(encoding="utf-8").splitlines())}
    rnd = random.Random(1)
    with records.open("w", encoding="utf-8") as out, notes.open("w", encoding="utf-8") as texts:
        for number, record in zip(range(wanted), itertools.cycle(analysed), strict=False):
            note = exported[record["note_id"]]
            day = FIRST_DAY + dt.timedelta(days=rnd.randrange(1000))
            ids = {"patient_id": f"P{number // 3:06d}", "encounter_id": f"E{number:07d}", "note_date": day.isoformat()}
            codes = [{**c, "confidence": max(0, round(c["confidence"] - 0.3 * rnd.random(), 3))} for c in record["codes"]]
            out.write(json.dumps({**record, **ids, "note_id": f"N{number:07d}", "codes": codes}) + "\n")
            texts.write(json.dumps({**note, **ids, "id": f"N{number:07d}"}) + "\n")


def measure_import(records: Path, notes: Path) -> None:
    from oncospan.review.importing import import_run

    start, busy = time.perf_counter(), processor()
    report = import_run(records, [notes])
    took, busy = time.perf_counter() - start, processor() - busy
    if report.records:
        print(
            f"read in: {report.records} records in {took:.1f} s ({busy:.1f} s of the processors), {report.records / took:.0f}/s"
        )
    for fault in report.refused[:3]:
        print("refused:", fault)


def processor() -> float:
    """Seconds of the processors so far, those of processes that have ended too."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def measure_pages(repeats: int) -> None:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from oncospan.review.models import Encounter, Gap
    from oncospan.review.roles import set_role

    settings.ALLOWED_HOSTS = ["*"]
    user, _ = User.objects.get_or_create(username="bench")
    set_role(user, "lead")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    load = os.getloadavg()[0]
    print(f"{Encounter.objects.count()} encounters, each page {repeats} times, {os.cpu_count()} processors, load {load:.1f}")
    for name, filters in filters_to_try(Gap):
        client.post("/filters", filters)
        measure(f"worklist, {name}", repeats, lambda _: client.get("/"))
    client.post("/filters", {"scope": "open"})
    ranked = Encounter.objects.filter(open=True).order_by("rank", "id").values_list("rank", "pk")
    rank, pk = ranked[ranked.count() // 2]
    measure("worklist, a page in the middle", repeats, lambda _: client.get(f"/?after={rank}-{pk}"))
    ids = spread(Encounter, repeats)
    measure("encounter page", repeats, lambda i: client.get(f"/encounters/{ids[i]}"))
    measure("next encounter", repeats, lambda i: client.get(f"/encounters/{ids[i]}/next"))
    measure("decide", repeats, lambda i: accept(client, ids[i]))


def filters_to_try(gaps: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Every kind of filter by a name, with each gap there is."""
    from django.db.models import Count

    yield "plain", {"scope": "open"}
    for scope in ("mine", "unassigned", "waiting", "due", "done"):
        yield scope, {"scope": scope}
    for severity in ("high", "medium", "low"):
        yield severity, {"scope": "open", "severity": severity}
    for setting in ("inpatient", "outpatient"):
        yield setting, {"scope": "open", "setting": setting}
    counted = gaps.objects.values_list("gap").annotate(n=Count("pk")).order_by("-n")
    for gap, number in counted:
        yield f"{gap[:3]} ({number})", {"scope": "open", "gap": gap}
    for code in ("C", "C7B", "C7B.02", "C25.9", "E34.00", "Z99"):
        yield f"code {code}", {"scope": "open", "code": code}
    for words in ("E", "E01", "E0123456", "P0", "P012345", "nobody"):
        yield f"search {words}", {"scope": "open", "search": words}
    most = next(iter(counted), ("", 0))[0]
    yield "gap, severity, setting and code", {
        "scope": "open", "gap": most, "severity": "low", "setting": "outpatient", "code": "C7",
    }  # fmt: skip


def spread(model: Any, wanted: int) -> list[int]:
    """Ids from the first to the last."""
    first, last = (model.objects.order_by(by).values_list("pk", flat=True)[0] for by in ("pk", "-pk"))
    return [first + (last - first) * i // wanted for i in range(wanted)]


def accept(client: Client, pk: int) -> Any:
    """The answer to accepting the first code of an encounter."""
    from oncospan.review.models import Encounter

    encounter = Encounter.objects.get(pk=pk)
    code = encounter.proposals.values_list("code", flat=True).first() or "C80.1"
    form = {"version": encounter.version, "subject": "code", "verb": "accept", "key": code}
    return client.post(f"/encounters/{pk}/decide", form, headers={"HX-Request": "true"})


def measure(name: str, repeats: int, ask: Callable[[int], Any]) -> None:
    """Ask many times, and print what it took: by the clock, and of the processor, which others on the machine disturb less."""
    ask(0)
    took, busy = [], []
    for i in range(repeats):
        start, before = time.perf_counter(), time.process_time()
        answer = ask(i)
        took.append(1000 * (time.perf_counter() - start))
        busy.append(1000 * (time.process_time() - before))
        assert answer.status_code < 500, answer.status_code
    middle, slow = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    late = "  over the bar" if middle >= BAR_MS else ""
    used = statistics.median(busy)
    print(f"{name:36} median {middle:6.1f} ms  95 % within {slow:6.1f} ms  processor {used:6.1f} ms{late}", flush=True)


if __name__ == "__main__":
    main()
