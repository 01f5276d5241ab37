from __future__ import annotations

import csv
import io
import json
import os
import re
import threading
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from oncospan import writers
from oncospan.errors import OutputError, UsageError
from oncospan.schema import RECORD, closed
from oncospan.types import Analysis, Evidence, Finding, Kind, Note
from oncospan.writers import Format, encoded, format_of, open_writer
from oncospan.writers.report import policy
from oncospan.writers.table import COLUMNS
from oncospan.writers.terminal import show
from oncospan.writers.visible import visible

EVERY = ["analysis", "silent_analysis", "failed_analysis"]


@pytest.fixture
def analyses(request: pytest.FixtureRequest) -> list[Analysis]:
    return [request.getfixturevalue(name) for name in EVERY]


def then_fails(analyses: Iterable[Analysis]) -> Iterator[Analysis]:
    yield from analyses
    raise RuntimeError


def write(path: Path, analyses: Iterable[Analysis], fmt: Format) -> None:
    with open_writer(str(path), fmt) as writer:
        for analysis in analyses:
            writer.put(encoded(fmt, analysis))


def filled(value: Any, schema: dict[str, Any]) -> Any:
    """A Parquet row as the record it was: optional keys that are null were not there."""
    if isinstance(value, dict):
        required = schema["required"]
        return {k: filled(v, schema["properties"][k]) for k, v in value.items() if v is not None or k in required}
    return [filled(v, schema["items"]) for v in value] if isinstance(value, list) else value


def test_jsonl_gives_the_records_back_one_a_line(tmp_path: Path, analyses: list[Analysis]) -> None:
    out = tmp_path / "out.jsonl"
    write(out, analyses, Format.JSONL)
    lines = out.read_bytes().split(b"\n")
    assert lines.pop() == b""
    records = [json.loads(line) for line in lines]
    assert records == [a.record() for a in analyses]
    for record in records:
        Draft202012Validator(closed()).validate(record)


def test_jsonl_keeps_letters_and_is_one_line_for_every_splitter(tmp_path: Path) -> None:
    words = "méta\u2028sta\x85ses\x0b"
    note = Note(text=words, note_id="né")
    evidence = Evidence(start=0, end=len(words), text=words)
    finding = Finding(id="f1", kind=Kind.METASTASIS, concept="liver", assertion="present", evidence=(evidence,))  # type: ignore[arg-type]
    out = tmp_path / "out.jsonl"
    write(out, [Analysis(note=note, stamp=_stamp(), findings=(finding,))], Format.JSONL)
    text = out.read_text(encoding="utf-8")
    assert "né" in text
    assert len(text.splitlines()) == 1
    assert json.loads(text)["findings"][0]["evidence"][0]["text"] == words


def _stamp() -> Any:
    from oncospan.types import NetSitePolicy, Stamp

    return Stamp(engine="0", pack="p", pack_digest="d", release="FY2027", net_site_policy=NetSitePolicy.STRICT_INDEX)


def test_parquet_gives_the_records_back(tmp_path: Path, analyses: list[Analysis]) -> None:
    out = tmp_path / "out.parquet"
    write(out, analyses, Format.PARQUET)
    rows = [filled(row, RECORD) for row in pq.read_table(out).to_pylist()]
    whole = [a.record() for a in analyses[:2]]
    for record in whole:  # a key that is null and optional, or an empty optional list, has no other form in a table
        for finding in record["findings"]:
            finding.setdefault("supports", None)
            finding.setdefault("flags", None)
    expected = [filled(record, RECORD) for record in whole]
    assert rows[:2] == expected
    assert rows[2]["note_id"] == "n-\\udc80"
    for row in rows:
        Draft202012Validator(closed()).validate(row)


def test_csv_has_one_row_a_code_refusal_gap_finding_error_or_silent_note(tmp_path: Path, analyses: list[Analysis]) -> None:
    out = tmp_path / "out.csv"
    write(out, analyses, Format.CSV)
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [r["kind"] for r in rows] == ["code", "code", "rejected", "gap", *["finding"] * 4, "none", "error"]
    assert tuple(rows[0]) == COLUMNS
    first = rows[0]
    assert (first["note_id"], first["sequence"], first["code"], first["status"]) == ("n-1", "1", "C7B.02", "proposed")
    assert (first["evidence"], first["start"], first["end"]) == ("hepatic metastases", "33", "51")
    assert float(first["confidence"]) == 0.97
    found = [(r["finding"], r["finding_kind"], r["concept"], r["assertion"], r["cues"]) for r in rows[4:8]]
    assert found[2] == ("f3", "metastasis", "bone", "absent", "No")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " ="])
def test_csv_defuses_formulas(tmp_path: Path, start: str) -> None:
    out = tmp_path / "out.csv"
    write(out, [Analysis(note=Note(text="x", note_id="n", patient_id=start + "cmd"), stamp=_stamp())], Format.CSV)
    with out.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["patient_id"] == "'" + start + "cmd"


class Page(HTMLParser):
    """The tags, ids, links and text of a page, and whether its tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.marked: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if "pre" in self.open and "mark" in self.open:
            self.marked.append(data)


@pytest.fixture
def page(tmp_path: Path, analyses: list[Analysis]) -> Page:
    write(tmp_path / "out.html", analyses, Format.HTML)
    return Page((tmp_path / "out.html").read_text(encoding="utf-8"))


def test_the_report_is_well_formed_with_no_scripts_and_no_outside_links(page: Page) -> None:
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "link", "object", "form"}
    assert not any(name.startswith("on") or name == "style" for name in page.attributes)
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))


def test_every_quote_links_to_its_mark(page: Page) -> None:
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {"ileal carcinoid", "hepatic metastases", "<lung> nodules"} <= set(page.marked)


def test_the_report_shows_what_a_reviewer_needs(page: Page) -> None:
    for words in (
        "C7B.02", "Secondary carcinoid tumors of liver", "The note says hepatic metastases.", "secondary.carcinoid.liver",
        "C78.00", "certainty.outpatient", "Clarification of hormonal status", "Unable to determine", "if not carcinoid",
        "half of a surrogate pair", "Seen for a cold.", "notes.csv:7",
    ):  # fmt: skip
        assert words in page.words


def test_the_page_allows_its_own_style_only(tmp_path: Path, analyses: list[Analysis]) -> None:
    import base64
    import hashlib

    write(tmp_path / "out.html", analyses, Format.HTML)
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy()
    assert policy() in html
    assert "default-src 'none'" in policy()
    assert "prefers-color-scheme: dark" in style[1]


def test_a_page_of_one_note_has_no_index(tmp_path: Path, analysis: Analysis, silent_analysis: Analysis) -> None:
    write(tmp_path / "one.html", [analysis], Format.HTML)
    write(tmp_path / "two.html", [analysis, silent_analysis], Format.HTML)
    one, two = (Page((tmp_path / f"{n}.html").read_text(encoding="utf-8")) for n in ("one", "two"))
    assert "table" not in one.tags
    assert "index" not in one.ids
    assert {"index", "n1", "n2"} <= set(two.ids)
    assert "FY2027" in one.words


def test_indentation_between_the_lines_of_a_phrase_is_not_marked(tmp_path: Path) -> None:
    words = "liver\r\n      metastases"
    evidence = Evidence(start=0, end=len(words), text=words)
    finding = Finding(id="f1", kind=Kind.METASTASIS, concept="liver", assertion="present", evidence=(evidence,))  # type: ignore[arg-type]
    write(tmp_path / "x.html", [Analysis(note=Note(text=words), stamp=_stamp(), findings=(finding,))], Format.HTML)
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert page.marked == ["liver", "metastases"]
    assert len(page.ids) == len(set(page.ids))


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=y>"
    write(tmp_path / "x.html", [Analysis(note=Note(text=nasty, note_id=nasty, note_type='"><b>'), stamp=_stamp())], Format.HTML)
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert not page.tags & {"script", "img"}
    assert nasty in page.words


@pytest.mark.parametrize("fmt", list(Format))
def test_the_same_analyses_give_the_same_bytes(tmp_path: Path, analyses: list[Analysis], fmt: Format) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.{fmt}", analyses, fmt)
    assert (tmp_path / f"a.{fmt}").read_bytes() == (tmp_path / f"b.{fmt}").read_bytes()


@pytest.mark.parametrize("fmt", list(Format))
def test_an_error_leaves_nothing_behind_and_an_old_file_as_it_was(tmp_path: Path, analyses: list[Analysis], fmt: Format) -> None:
    out = tmp_path / f"out.{fmt}"
    out.write_text("old")
    with pytest.raises(RuntimeError):
        write(out, then_fails(analyses), fmt)
    assert [p.name for p in tmp_path.iterdir()] == [out.name]
    assert out.read_text() == "old"


@pytest.mark.parametrize("fmt", list(Format))
def test_a_run_without_notes_gives_a_whole_empty_file(tmp_path: Path, fmt: Format) -> None:
    write(tmp_path / f"out.{fmt}", [], fmt)
    assert [p.name for p in tmp_path.iterdir()] == [f"out.{fmt}"]


def test_a_folder_gets_parts(tmp_path: Path, silent_analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "PART_NOTES", 2)
    with open_writer(f"{tmp_path}/parts/", Format.JSONL) as writer:
        for _ in range(5):
            writer.put(encoded(Format.JSONL, silent_analysis))
    parts = sorted((tmp_path / "parts").iterdir())
    assert [p.name for p in parts] == ["part-00000.jsonl", "part-00001.jsonl", "part-00002.jsonl"]
    assert [len(p.read_bytes().splitlines()) for p in parts] == [2, 2, 1]
    with pytest.raises(OutputError, match="parts already"), open_writer(f"{tmp_path}/parts/", Format.JSONL):
        pass


def test_a_folder_after_an_error_holds_whole_parts_only(
    tmp_path: Path, silent_analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "PART_NOTES", 2)
    (tmp_path / "parts").mkdir()
    with pytest.raises(RuntimeError):
        write(tmp_path / "parts", then_fails([silent_analysis] * 3), Format.JSONL)
    assert [p.name for p in (tmp_path / "parts").iterdir()] == ["part-00000.jsonl"]


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path: Path, silent_analysis: Analysis) -> None:
    pipe = tmp_path / "records.jsonl"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, [silent_analysis], Format.JSONL)
    reader.join(timeout=10)
    assert json.loads(read[0])["note_id"] == silent_analysis.note.note_id
    assert pipe.is_fifo()


def test_of_a_link_the_file_it_leads_to_is_written(tmp_path: Path, silent_analysis: Analysis) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link.jsonl", tmp_path / "there" / "records.jsonl"
    link.symlink_to(target)
    write(link, [silent_analysis], Format.JSONL)
    assert link.is_symlink()
    assert json.loads(target.read_bytes())["note_id"] == silent_analysis.note.note_id


def test_an_output_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError), open_writer(str(tmp_path / "file" / "out.jsonl"), Format.JSONL):
        pass


@pytest.mark.parametrize(
    ("out", "expected"), [("-", "jsonl"), ("parts/", "jsonl"), ("a.CSV", "csv"), ("a.parquet", "parquet"), ("a.html", "html")]
)
def test_the_format_follows_the_suffix(out: str, expected: str) -> None:
    assert format_of(out) == expected


def test_an_unknown_suffix_needs_a_format() -> None:
    with pytest.raises(UsageError):
        format_of("records.xlsx")
    assert format_of("records.xlsx", Format.CSV) is Format.CSV


def test_parquet_does_not_go_to_stdout() -> None:
    with pytest.raises(UsageError), open_writer("-", Format.PARQUET):
        pass


def shown(analysis: Analysis) -> str:
    stream = io.StringIO()
    show(analysis, Console(file=stream, width=160, force_terminal=False))
    return stream.getvalue()


def test_the_terminal_view_shows_what_a_reviewer_needs(analysis: Analysis) -> None:
    view = shown(analysis)
    for words in ("C7B.02", "The note says hepatic metastases.", "secondary.carcinoid.liver", "C78.00", "uncertain",
                  "Can the hormonal status be documented?", "Unable to determine", "“hepatic metastases”", "C7B.8"):  # fmt: skip
        assert words in view


def test_the_terminal_view_names_every_finding_without_colors(analysis: Analysis) -> None:
    view = shown(analysis)
    for words in ("Findings", "bone  absent  “bone metastases”", "decided by “No”", "liver, right  present"):
        assert words in view
    assert "history  cue" not in view  # a legend means nothing without colors


def test_the_terminal_view_obeys_no_control_characters() -> None:
    note = Note(text="a \x1b[31m red \x07 \r\n [bold]x[/bold] \ud800", note_id="n\x1b]0;title\x07")
    view = shown(Analysis(note=note, stamp=_stamp()))
    assert "\x1b" not in view
    assert "\x07" not in view
    assert "[bold]x[/bold]" in view


def test_visible_text_keeps_its_length() -> None:
    text = "a\r\nb\rc\x00\x1b\ud800é\U0001f600\t"
    assert len(visible(text)) == len(text)
    visible(text).encode("utf-8")
