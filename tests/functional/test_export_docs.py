"""The pages on export formats say what is so: their commands run, their examples give what they show, every field is described."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from oncospan import cli
from oncospan.export import dictionary
from oncospan.export.forms import Form
from oncospan.schema import CHART_RECORD, RECORD

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = ("records", "flat", "omop", "fhir", "label-studio", "brat", "html", "report")


def run(monkeypatch: pytest.MonkeyPatch, words: list[str], code: int = 0) -> None:
    """``oncospan`` in this process, where the rules are loaded already; it must end with the exit code."""
    monkeypatch.setattr(sys, "argv", words)
    ended = 0
    try:
        cli.main()
    except SystemExit as e:
        ended = int(e.code or 0)
    assert ended == code, words


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples and their records."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "corpora").symlink_to(ROOT / "corpora")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(patch, ["oncospan", "extract", "corpora/samples/notes.jsonl", "-o", "out/records.jsonl"])
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_run_and_its_examples_are_real(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "outputs" / f"{name}.md").read_text(encoding="utf-8")
    monkeypatch.chdir(place)
    commands = [shlex.split(c) for block in blocks(text, "console") for c in re.findall(r"^\$ (.*)$", block, re.MULTILINE)]
    assert any(c[:2] == ["oncospan", "export"] for c in commands)
    for command in commands:
        run(monkeypatch, command)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks(text, "pycon")), {}, name, name, 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=report.append)
    assert result.attempted > 1
    assert result.failed == 0, "".join(report)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", ["data-dictionary.md", *(f"outputs/{name}.md" for name in PAGES)])
def test_links_lead_somewhere(path: str) -> None:
    page = DOCS / path
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_every_form_has_its_page() -> None:
    shown = {f for name in PAGES for f in re.findall(r"--format (\w+)", (DOCS / "outputs" / f"{name}.md").read_text())}
    assert {str(f) for f in Form} - {"jsonl"} == shown


def test_the_data_dictionary_is_the_one_of_the_schemas() -> None:
    assert (DOCS / "data-dictionary.md").read_text(encoding="utf-8") == dictionary.markdown(), (
        "make it again: python -m oncospan.export.dictionary > docs/data-dictionary.md"
    )


@pytest.mark.parametrize("schema", [RECORD, CHART_RECORD])
def test_every_field_of_the_record_says_what_it_means(schema: dict[str, Any]) -> None:
    def silent(part: dict[str, Any], path: str) -> list[str]:
        out = []
        for name, sub in part.get("properties", {}).items():
            out += [] if sub.get("description") else [f"{path}{name}"]
            out += silent(sub.get("items", sub), f"{path}{name}.")
        return out

    assert silent(schema, "") == []


def named(rows: tuple[tuple[str, str], ...]) -> set[str]:
    return {n for names, _ in rows for n in re.sub(r" \(.*", "", names).split(", ")}


def test_the_dictionary_has_every_element_of_the_bundles(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (place / "bad.jsonl").write_text('{"id": "x"\n')
    run(monkeypatch, ["oncospan", "extract", "bad.jsonl", "-o", "out/bad.jsonl"], 3)
    seen: dict[str, set[str]] = {}
    for records, code in (("records", 0), ("bad", 3)):
        out = f"out/dictionary-{records}.ndjson"
        run(monkeypatch, ["oncospan", "export", f"out/{records}.jsonl", "-o", out, "--format", "fhir"], code)
        for line in (place / out).read_text(encoding="utf-8").splitlines():
            bundle = json.loads(line)
            seen.setdefault("Bundle", set()).update(bundle)
            for entry in bundle["entry"]:
                seen.setdefault(entry["resource"]["resourceType"], set()).update(entry["resource"])
    told = {kind: {n.partition(".")[0] for n in named(rows)} | {"resourceType", "id"} for kind, rows in dictionary.FHIR.items()}
    assert {kind: elements - told.get(kind, set()) for kind, elements in seen.items()} == {kind: set() for kind in seen}
    of_workbench = {"requester", "owner", "lastModified", "restriction", "statusReason", "output"}
    assert {kind: elements - seen[kind] for kind, elements in told.items() if elements - seen[kind]} == {"Task": of_workbench}


def test_the_dictionary_has_every_field_of_tasks_and_annotations(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    notes = ["--notes", "corpora/samples/notes.jsonl"]
    for form in ("labelstudio", "brat"):
        run(monkeypatch, ["oncospan", "export", "out/records.jsonl", "-o", f"out/dictionary-{form}", "--format", form, *notes])
    task = json.loads((place / "out/dictionary-labelstudio/tasks-00000.json").read_text(encoding="utf-8"))[0]
    fields = {f"{part}.{name}" for part in ("data", "meta") for name in task[part]}
    fields |= {f"predictions.{name}" for name in task["predictions"][0]}
    assert fields == named(dictionary.LABEL_STUDIO)
    types = {r["type"] for r in task["predictions"][0]["result"]}
    assert types == {n[n.index("(") + 1 : -1] for n, _ in dictionary.LABEL_STUDIO if "(" in n}
    lines = "".join(p.read_text(encoding="utf-8") for p in (place / "out/dictionary-brat").glob("*.ann")).splitlines()
    assert {line[0] for line in lines} == named(dictionary.BRAT)
    head = (place / "out/dictionary-brat/index.tsv").read_text(encoding="utf-8").splitlines()[0].split("\t")
    assert set(head) == named(dictionary.BRAT_INDEX)
    run(monkeypatch, ["oncospan", "extract", "corpora/samples/notes.jsonl", "-o", "out/dictionary-parts/"])
    manifest = json.loads((place / "out/dictionary-parts/manifest.json").read_text())
    assert set(manifest) == named(dictionary.MANIFEST)
    told = next(meaning for names, meaning in dictionary.MANIFEST if names == "parts")
    assert all(name in told for name in manifest["parts"][0])
