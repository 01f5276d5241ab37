"""The pages on inputs: their commands run on the samples, their output is real, their tables are those of the code."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from oncospan import cli
from oncospan.readers import KINDS, ccda, fhir, hl7, read_notes
from oncospan.readers.problems import PROBLEMS
from oncospan.types import Note

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "inputs"
PAGES = {p.stem: p.read_text(encoding="utf-8") for p in sorted(FOLDER.glob("*.md"))}
LAYOUTS = {"hl7": hl7.LAYOUT, "fhir": fhir.LAYOUT, "ccda": ccda.LAYOUT}
COMMANDS = [
    (page, *part.rstrip("\n").partition("\n")[::2])
    for page, text in PAGES.items()
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "docs").symlink_to(ROOT / "docs")
    return folder


@pytest.mark.parametrize(("page", "command", "shown"), COMMANDS, ids=lambda p: p.replace("/", ":")[:70])
def test_a_command_runs_and_prints_what_stands_below_it(
    page: str, command: str, shown: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)
    monkeypatch.chdir(place)
    if "<" in words:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((place / words[-1]).read_bytes())))
        words = words[:-2]
    monkeypatch.setattr(sys, "argv", words)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0 or (ended.value.code == 3 and "feed.hl7" in command), err.getvalue()
    assert "\n".join(line.rstrip() for line in out.getvalue().splitlines()) == shown
    if "-o" in words:
        assert (place / words[words.index("-o") + 1]).stat().st_size > 500


def test_a_page_is_shown_with_what_inspect_says_and_an_example_of_extract() -> None:
    for page in PAGES.keys() - {"README"}:
        verbs = {command.split()[1] for name, command, _ in COMMANDS if name == page}
        assert verbs == {"inspect", "extract"}, page


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_tables_are_those_of_the_readers(name: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGES[name], re.MULTILINE))
    assert rows == LAYOUTS[name]


def test_every_page_is_linked_and_every_suffix_has_its_page() -> None:
    linked = set(re.findall(r"\]\((\w+)\.md\)", PAGES["README"]))
    assert linked == PAGES.keys() - {"README"}
    assert "docs/inputs/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\.\w+)`", "\n".join(PAGES.values())))
    assert set(KINDS) <= told


def test_codes_of_errors_on_the_pages_are_those_of_the_readers() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "nlp" / "oncospan" / "readers").glob("*.py"))
    known = {*PROBLEMS, *re.findall(r'"([a-z]+_[a-z0-9_]+)"', source)}
    for page, text in PAGES.items():
        codes = {c for c in re.findall(r"(?:gives|:|;) `([a-z]+_[a-z_]+)`", text) if not c.endswith("_id")}
        assert codes <= known, page


def test_the_samples_hold_one_note() -> None:
    names = ("note.txt", "feed.hl7", "fhir", "summary.xml", "page.html", "letter.rtf", "letter.docx", "letter.pdf", "notes.jsonl",
             "notes.parquet", "omop", "mimic", "epic", "export.zip")  # fmt: skip
    for name in names:
        for note in read_notes([FOLDER / "samples" / name]):
            if isinstance(note, Note):
                assert "ileal carcinoid with hepatic metastases" in note.text, name
                assert "lung" not in note.text.lower(), name


def test_the_examples_in_python_give_what_they_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = "\n".join(b for text in PAGES.values() for b in re.findall(r"^```pycon\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    result = doctest.DocTestRunner().run(doctest.DocTestParser().get_doctest(blocks, {}, "pages", "docs/inputs", 0))
    assert (result.failed, result.attempted > 3) == (0, True)


def test_links_lead_somewhere_and_no_machine_is_named() -> None:
    for page, text in PAGES.items():
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|usr|opt|mnt|srv)\b", text), page
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (FOLDER / link).exists(), (page, link)
