"""What the README says is so: its commands run, its output is real, its tables are those of the code."""

from __future__ import annotations

import base64
import contextlib
import doctest
import io
import json
import re
import shlex
import socket
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from oncospan import cli
from oncospan.icd import releases
from oncospan.pack import CATEGORIES, TERM_COLUMNS, Pack
from oncospan.pipeline.reading import Reader
from oncospan.readers import KINDS
from oncospan.readers.columns import GUESSES
from oncospan.types import FamilyHistoryCodes, NetSitePolicy
from oncospan.writers import Format

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = (
    "README.md", "CHANGELOG.md", "GLOSSARY.md", "NOTICE", "corpora/README.md", "corpora/samples/DATASHEET.md",
    "corpora/gold/DATASHEET.md", "models/oncospan_metastatic/MODEL_CARD.md", "models/oncospan_metastatic/CHANGES.md",
)  # fmt: skip
NOTE = "Impression: ileal carcinoid with hepatic metastases on CT. No bone metastases. Possible lung metastasis."
ELSEWHERE = {"make", "python3.11", ".venv/bin/python"}
"""Programs of the README that a test cannot start without installing again or testing itself; their words are checked."""

ONE_FACT = 0.02
"""What one fact more or less moves a figure by, in a set of 28 notes: a change that small needs no new README."""


@dataclass(frozen=True)
class Command:
    """A command of the README with the output that stands below it."""

    words: tuple[str, ...]
    output: str

    def __str__(self) -> str:
        return shlex.join(self.words)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _commands() -> Iterator[Command]:
    for block in _blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            yield Command(tuple(shlex.split(line)), output.strip("\n"))


OURS = [c for c in _commands() if c.words[0] == "oncospan"]


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


def _run(words: tuple[str, ...]) -> Done:
    """``oncospan`` in this process, where the rules are loaded already."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before = sys.argv
    sys.argv = list(words)
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as e:
        code = int(e.code or 0)
    finally:
        sys.argv = before
    return Done(code, *(s.buffer.getvalue().decode() for s in (out, err)))  # type: ignore[attr-defined]


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _holds(shown: str, real: str) -> bool:
    """Whether the output shown is the real one; ``...`` stands for anything, on a line of its own or within one."""
    shown, real = _plain(shown), _plain(real)
    return doctest.OutputChecker().check_output(shown + "\n", real + "\n", doctest.ELLIPSIS)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands of the README read; what they write stays there for the next."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "corpora").symlink_to(ROOT / "corpora")
    (folder / "note.txt").write_text(NOTE)
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text(NOTE)
    (folder / "feed.hl7").write_text(
        f"MSH|^~\\&|A|B|C|D|20261110||MDM^T02|1|P|2.5\rTXA|1|CN|TX|20261110\rOBX|1|TX|1^Note||{NOTE}\r"
    )
    data = base64.b64encode(NOTE.encode()).decode()
    document = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": {"data": data}}]}
    (folder / "DocumentReference.ndjson").write_text(json.dumps(document))
    (folder / "Encounter.ndjson").write_text('{"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"}}')
    section = f"<section><title>Impression</title><text>{NOTE}</text></section>"
    body = f"<component><structuredBody><component>{section}</component></structuredBody></component>"
    (folder / "summary.xml").write_text(f'<ClinicalDocument xmlns="urn:hl7-org:v3">{body}</ClinicalDocument>')
    (folder / "NOTE.csv").write_text(f'note_id,person_id,note_date,note_title,note_text\n1,2,2026-11-10,Consult,"{NOTE}"\n')
    (folder / "HNO_NOTE_TEXT.csv").write_text(f'NOTE_ID,LINE,NOTE_TEXT\n1,2,"{NOTE[40:]}"\n1,1,"{NOTE[:40]}"\n')
    (folder / "letter.rtf").write_text(f"{{\\rtf1 {NOTE}}}")
    (folder / "letter.html").write_text(f"<html><body><p>{NOTE}</p></body></html>")
    with zipfile.ZipFile(folder / "exports.zip", "w") as archive:
        archive.writestr("a/note.txt", NOTE)
    (folder / "export.csv").write_text(f'KEY,BODY\nn-1,"{NOTE}"\n')
    with contextlib.closing(sqlite3.connect(folder / "notes.db")) as base:
        base.execute("CREATE TABLE note (note_id, note_text)")
        base.execute("INSERT INTO note VALUES (1, ?)", (NOTE,))
        base.commit()
    return folder


@pytest.fixture
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width the README was written with, and no colors."""
    for name, value in {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("plain_terminal")
@pytest.mark.parametrize("command", OURS, ids=str)
def test_a_command_runs_and_prints_what_stands_below_it(command: Command, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "--help" in command.words and version("typer") not in _locked("typer"):
        pytest.skip("another typer than the locked one lays out --help differently")
    monkeypatch.chdir(place)
    words = command.words
    if "--workers" in words:  # a pool of processes is tested by its own tests
        at = words.index("--workers") + 1
        words = (*words[:at], "1", *words[at + 1 :])
    target = words[words.index(">") + 1] if ">" in words else None
    if "<" in words:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((place / words[words.index("<") + 1]).read_bytes())))
        words = words[: words.index("<")]
    done = _run(words[: words.index(">")] if target else words)
    differs = "--compare" in words and "no difference" not in done.out and '"same": true' not in done.out
    assert (done.code, done.err) == (int(differs), "")
    if target:
        (place / target).write_text(done.out)
        json.loads(done.out)
    if "-o" in words and (out := words[words.index("-o") + 1]) != "-":
        assert (place / out).exists()
    if command.output:
        assert _holds(command.output, done.out), f"the README needs:\n{_plain(done.out)}"


def _locked(package: str) -> str:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return next(line for line in lock.splitlines() if line.startswith(f"{package}=="))


def test_every_command_is_run_here_or_known_to_be_run_elsewhere() -> None:
    assert {c.words[0] for c in _commands()} == {"oncospan", *ELSEWHERE}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in _commands():
        if command.words[0] == "make":
            assert set(command.words[1:]) <= targets
    named = set(re.findall(r"`make ([a-z]+)`", README))
    assert named <= targets


def test_every_subcommand_is_shown() -> None:
    shown = {c.words[1] for c in OURS} | set(re.findall(r"`([a-z]+)`", README))
    names = {c.name or c.callback.__name__ for c in cli.app.registered_commands if c.callback}
    assert names <= shown


def test_the_examples_in_python_give_what_they_show() -> None:
    examples = doctest.DocTestParser().get_doctest("\n".join(_blocks("pycon")), {}, "README", "README.md", 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=report.append)
    assert result.attempted > 10
    assert result.failed == 0, "".join(report)


def test_the_example_note_is_that_of_the_quick_start() -> None:
    assert f'text = "{NOTE}"' in README


@pytest.mark.usefixtures("plain_terminal")
def test_the_demo_prints_lines_of_these_names(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = next(b for b in _blocks("text") if "Notes a second" in b)
    monkeypatch.chdir(place)
    done = _run(("oncospan", "demo"))
    assert done.code == 0
    assert (place / "out" / "demo" / "report.html").stat().st_size > 10_000
    assert set(_names(shown)) <= {*_names(done.out), "  ..."}


def _names(summary: str) -> list[str]:
    """The lines without their figures, which follow the rules."""
    return [re.sub(r"\s+[\d.,]*\d$", "", line).rstrip() for line in summary.splitlines()]


def test_the_accuracy_promised_is_no_better_than_the_one_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.split("<!-- figures: begin -->")[1].split("<!-- figures: end -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", section, re.MULTILINE)
    monkeypatch.chdir(ROOT)
    done = _run(("oncospan", "evaluate", "corpora/samples/gold.jsonl", "corpora/samples/notes.jsonl", "--json"))
    measured: dict[str, Any] = json.loads(done.out)
    assert {slot for slot, *_ in rows} == {k for k, v in measured.items() if isinstance(v, dict) and "f1" in v}
    real = {slot: tuple(measured[slot][k] for k in ("p", "r", "f1")) for slot, *_ in rows}
    better = {
        slot: real[slot] for slot, *shown in rows if any(float(s) > r + ONE_FACT for s, r in zip(shown, real[slot], strict=True))
    }
    assert better == {}, "the README shows better figures than these"
    assert measured["evidence"]["spans_not_in_note"] == 0


def _table(heading: str) -> dict[str, list[str]]:
    """The first table below a line that begins with ``heading``: its first cell -> the other cells, without backticks."""
    lines = README[README.index(f"\n{heading}") :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|---"))
    out: dict[str, list[str]] = {}
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        first, *rest = (cell.strip() for cell in line.strip("|").split(" | "))
        out[first.replace("`", "").strip()] = [r.replace("`", "") for r in rest]
    return out


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    assert _table("**Exit codes**") == {str(code): [meaning] for code, meaning in cli.EXIT_CODES.items()}


def test_the_columns_are_those_that_are_tried() -> None:
    assert _table("**Columns**") == {name: [", ".join(guesses)] for name, guesses in GUESSES.items()}


def test_the_formats_are_those_there_are() -> None:
    assert set(_table("**Outputs**")) == {str(f) for f in Format}
    inputs = README[README.index("**Inputs**") : README.index("**Columns**")]
    assert set(re.findall(r"`(\.\w+)`", inputs)) == {*KINDS, ".gz", ".zip"}


def test_the_policies_and_columns_of_terms_are_those_there_are() -> None:
    assert {str(p) for p in (*NetSitePolicy, *FamilyHistoryCodes)} == set(re.findall(r"^\* `(\w+)`", README, re.MULTILINE))
    assert {c for cell in _table("**To add a term**") for c in cell.split(", ")} == set(TERM_COLUMNS)


def test_the_pack_holds_what_is_told(pack: Pack) -> None:
    said = re.search(r"more than (\d+) term rules in (\d+) categories, over ([\d,]+) spellings", README)
    assert said is not None
    rules, categories, spellings = (int(g.replace(",", "")) for g in said.groups())
    assert len(pack.terms) > rules
    assert len(CATEGORIES) == categories
    assert sum(len(t.terms) for t in pack.terms) > spellings
    for pattern in _table("What a metastasis"):
        assert list(pack.root.glob(pattern.replace("<release>", "*"))), pattern


def test_the_releases_are_those_of_the_pack(pack: Pack) -> None:
    table = {name: cells[0] for name, cells in _table("## ICD-10-CM releases").items()}
    assert table == {r.name: f"{r.valid_from} to {r.valid_to}" for r in releases(pack)}


def test_the_record_shown_has_the_shape_of_the_schema() -> None:
    from jsonschema import Draft202012Validator

    from oncospan.schema import closed

    (block,) = _blocks("jsonc")
    shown = json.loads(re.sub(r"\s+// .*", "", block))
    extra = [e.message for e in Draft202012Validator(closed()).iter_errors(shown) if e.validator == "additionalProperties"]
    assert extra == []


def test_no_network_is_used(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert Reader(pack).read(NOTE).lines


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere_and_no_machine_is_named(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|usr|opt|mnt|srv)\b", text)
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        target, _, anchor = link.partition("#")
        assert (path.parent / target).exists(), link
        if anchor:
            assert anchor in _anchors(text if not target else (path.parent / target).read_text(encoding="utf-8")), link


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
