"""A whole release written in the four official formats, as large and as knotty as the published ones, and what is wrong with a file."""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape

import pytest

from oncospan.errors import InputError
from oncospan.icd import CodeSet, IcdCode, IndexRow, NeoplasmRow, NoteType, code_set, index_table, neoplasm_table, with_codes
from oncospan.icd.official import NOTE_TAGS, read_index, read_neoplasm, read_tabular
from oncospan.icd.order import read_order
from oncospan.icd.site import import_release
from oncospan.pack import Pack
from oncospan.tables import read_tsv

ROOT = Path(__file__).parents[2] / "models" / "oncospan_metastatic"
TAGS = {kind: tag for tag, kind in NOTE_TAGS.items()}
CELLS = {"primary": 2, "secondary": 3, "in_situ": 4, "benign": 5, "uncertain": 6, "unspecified": 7}
NAMES = {
    "tabular": "icd10cm_tabular_2028.xml", "index": "icd10cm_index_2028.xml", "neoplasm": "icd10cm_neoplasm_2028.xml",
    "order": "icd10cm_order_2028.txt",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return Pack(name="icd", version="0", digest="shipped", root=ROOT, terms=(), settings=MappingProxyType({}))


@pytest.fixture(scope="module")
def written(shipped: Pack) -> dict[str, bytes]:
    """The shipped FY2027 as the four official files of a release FY2028."""
    codes = code_set(shipped, "FY2027")
    index = "".join(terms([(r.term.split(" > "), index_body(r)) for r in index_table(shipped, "FY2027")] + DEEP))
    first, *others = neoplasm_table(shipped, "FY2027")
    nested = [([first.term], first), *(([first.term, *r.term.split(" > ")], r) for r in others)]
    modifiers = {" > ".join(path): r.modifiers for path, r in nested if r.modifiers}
    neoplasm = "".join(terms([(path, cells(r)) for path, r in nested], modifiers))
    head = "<indexHeading>" + "".join(f'<head col="{i}">Column {i}</head>' for i in range(1, 8)) + "</indexHeading>"
    return {
        "tabular": book("tabular", INTRODUCTION + "".join(chapters(codes))),
        "index": book("index", f"<letter><title>A</title>{index}</letter>"),
        "neoplasm": book("index", f"{head}<letter><title>N</title>{neoplasm}</letter>"),
        "order": order(codes),
    }


INTRODUCTION = (
    '<introduction><introSection type="title"><title>ICD-10-CM TABULAR LIST</title></introSection>'
    '<introSection type="instruction"><title>Excludes Notes</title><instruction><note>Two types (A00-Z99).</note></instruction>'
    "</introSection></introduction>"
)
DEEP = [
    (
        [f"Invented ({'abc'[i % 3]})" if i == 0 else f"level {i}" for i in range(depth)],
        "<seeAlso>Tumor</seeAlso><code>C7B.02</code>",
    )
    for depth in range(1, 11)
]
"""A term with nine levels under it."""


def book(kind: str, body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<ICD10CM.{kind}>\n<version>2028</version>\n{body}\n</ICD10CM.{kind}>\n'.encode()
    )


def seventh(codes: CodeSet, code: IcdCode) -> list[tuple[str, str]]:
    """The 7th characters of a code: those under it whose codes are only filled up to seven places."""
    below = [codes.codes[c] for c in codes.children(code.code)]
    stem = code.code.ljust(7, "X") if "." in code.code else f"{code.code}.XXX"
    if not below or any(len(c.code) != 8 or c.code[:7] != stem or not c.title.startswith(f"{code.title}, ") for c in below):
        return []
    return [(c.code[7], c.title.removeprefix(f"{code.title}, ")) for c in below]


def chapters(codes: CodeSet) -> Iterator[str]:
    rows = list(read_tsv(ROOT / "icd10cm" / "FY2027" / "blocks.tsv", ("block", "title", "parent", "categories")))
    notes = notes_of(codes)
    tops = [r for r in rows if not r["parent"]]
    for number, top in enumerate(tops, start=1):
        yield f"<chapter>\n<name>{number}</name>\n<desc>{escape(top['title'])} ({top['block']})</desc>\n{notes[top['block']]}"
        end = rows.index(tops[number]) if number < len(tops) else len(rows)
        own = rows[rows.index(top) + 1 : end]
        refs = "".join(f'<sectionRef first="{r["block"][:3]}" id="{r["block"]}">{escape(r["title"])}</sectionRef>' for r in own)
        yield f"<sectionIndex>{refs}</sectionIndex>\n"
        for r in own:
            yield f'<section id="{r["block"]}">\n<desc>{escape(r["title"])} ({r["block"]})</desc>\n{notes[r["block"]]}'
            for category in r["categories"].split():
                title = codes.codes[category].title if category in codes.codes else "Not shipped"
                yield from diag(codes, category, title, notes)
            yield "</section>\n"
        yield "</chapter>\n"


def diag(codes: CodeSet, code: str, title: str, notes: dict[str, str]) -> Iterator[str]:
    yield f"<diag>\n<name>{code}</name>\n<desc>{escape(title)}</desc>\n{notes[code]}"
    if code in codes.codes:
        if chars := seventh(codes, codes.codes[code]):
            extensions = "".join(f'<extension char="{char}">{escape(meaning)}</extension>' for char, meaning in chars)
            yield f"<sevenChrNote><note>One of the following 7th characters</note></sevenChrNote><sevenChrDef>{extensions}</sevenChrDef>\n"
        else:
            for below in codes.children(code):
                yield from diag(codes, below, codes.title(below), notes)
    yield "</diag>\n"


def notes_of(codes: CodeSet) -> dict[str, str]:
    """The notes of every place as elements: of a kind all in one element, inclusion terms in one each, as published."""
    out: defaultdict[str, str] = defaultdict(str)
    rows = read_tsv(ROOT / "icd10cm" / "FY2027" / "notes.tsv", ("code", "type", "text", "targets"))
    grouped: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for r in rows:
        grouped[r["code"], r["type"]].append(f"<note>{escape(r['text'])}</note>")
    for (place, kind), texts in grouped.items():
        tag = TAGS[NoteType(kind)]
        apart = texts if kind == "inclusion" else ["".join(texts)]
        out[place] += "".join(f"<{tag}>{t}</{tag}>" for t in apart)
    assert codes.codes
    return out


def cells(r: NeoplasmRow) -> str:
    see = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in sees(r.see))
    return see + "".join(f'<cell col="{at}">{getattr(r, name)}</cell>' for name, at in CELLS.items() if getattr(r, name))


def index_body(r: IndexRow) -> str:
    code, _, manifestation = r.code.partition(" [")
    see = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in sees(r.see))
    return see + (f"<code>{code}</code>" if code else "") + (f"<manif>{manifestation[:-1]}</manif>" if manifestation else "")


def sees(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split("; see")):
        words = part.removeprefix("see").strip()
        yield ("seeAlso", words.removeprefix("also ")) if words.startswith("also ") else ("see", words)


def terms(rows: Sequence[tuple[list[str], str]], modifiers: dict[str, str] = MappingProxyType({})) -> Iterator[str]:  # type: ignore[assignment]
    """The rows as nested terms; a row whose upper terms are not rows of their own gets them without a code."""
    path: list[str] = []
    for wanted, body in rows:
        while path and (path != wanted[: len(path)] or len(path) >= len(wanted)):
            yield "</mainTerm>\n" if len(path) == 1 else "</term>\n"
            path.pop()
        while len(path) < len(wanted):
            path.append(wanted[len(path)])
            last = len(path) == len(wanted)
            opened = "<mainTerm>" if len(path) == 1 else f'<term level="{len(path) - 1}">'
            nemod = modifiers.get(" > ".join(path))
            nemod = f"<nemod>{escape(nemod)}</nemod>" if nemod else ""
            yield f"{opened}\n<title>{escape(path[-1])}{nemod}</title>{body if last else ''}\n"
    for depth in range(len(path), 0, -1):
        yield "</mainTerm>\n" if depth == 1 else "</term>\n"


def order(codes: CodeSet) -> bytes:
    """The order file: five digits, the code without its dot in seven places, the flag, a short title of sixty places, the title."""
    every: list[tuple[str, int, str]] = []
    for category in codes.order:
        if category not in codes.codes:
            every.append((category, 1, "Not shipped"))
            continue
        every += [(c.code.replace(".", ""), int(c.billable), c.title) for c in under(codes, category)]
    lines = (f"{i:05d} {c:<7} {flag} {title[:60]:<60} {title}" for i, (c, flag, title) in enumerate(every, start=1))
    return "".join(f"{line}\n" for line in lines).encode()


def under(codes: CodeSet, code: str) -> Iterator[IcdCode]:
    yield codes.codes[code]
    for below in codes.children(code):
        yield from under(codes, below)


def put(folder: Path, files: dict[str, bytes], **changed: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for kind, name in NAMES.items():
        (folder / name).write_bytes(changed.get(kind, files[kind]))
    return folder


def test_a_whole_release_comes_back_as_it_was(tmp_path: Path, shipped: Pack, written: dict[str, bytes]) -> None:
    assert all(len(data) > 100_000 for kind, data in written.items() if kind != "index")
    done = import_release(put(tmp_path / "official", written), "FY2028", tmp_path / "site", shipped)
    pack = with_codes(shipped, tmp_path / "site")
    was, now = code_set(shipped, "FY2027"), code_set(pack, "FY2028")
    held = {c: row for c, row in was.codes.items() if c.startswith(was.release.scope)}
    assert len(held) > 2_500
    assert {c: now.codes.get(c) for c in held} == held
    assert list(now.order) == list(was.order)
    for code in held:
        assert now.notes(code) == was.notes(code), code
    assert neoplasm_table(pack, "FY2028") == neoplasm_table(shipped, "FY2027")
    lines = {r.term: r for r in index_table(pack, "FY2028")}
    assert {t: r.code for t, r in lines.items()}.items() >= {
        r.term: r.code for r in index_table(shipped, "FY2027") if r.code and was.covers(r.code.partition(" [")[0].rstrip(".-"))
    }.items()
    assert lines[" > ".join(DEEP[-1][0])].see == "see also Tumor"
    assert len(DEEP[-1][0]) == 10
    assert not any(was.covers(c.partition(" [")[0].rstrip(".-")) for c in done.slips)


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def latin(data: bytes) -> bytes:
    return data.replace(b'encoding="utf-8"', b'encoding="iso-8859-1"').decode().replace("Hodgkin", "Hödgkin").encode("latin-1")


@pytest.mark.parametrize("how", [crlf, latin, lambda data: codecs.BOM_UTF8 + data, lambda data: crlf(data) + b"\x1a"])
def test_line_ends_marks_and_letters_of_the_order_file(
    tmp_path: Path, shipped: Pack, written: dict[str, bytes], how: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / NAMES["order"]
    path.write_bytes(how(written["order"]))
    rows, plain = read_order(path), code_set(shipped, "FY2027")
    for row in rows.values():
        if row.code in plain.codes:
            assert row.title.replace("Hödgkin", "Hodgkin") == plain.title(row.code)
    assert sum(r.reportable for r in rows.values()) > 2_000


def test_titles_padded_by_bytes_are_read_too(tmp_path: Path) -> None:
    line = "00001 M350    1 " + "Sjögren syndrome".ljust(59) + " Sjögren syndrome"
    path = tmp_path / NAMES["order"]
    path.write_text(line + "\n", encoding="utf-8")
    assert read_order(path)["M35.0"].title == "Sjögren syndrome"


@pytest.mark.parametrize("how", [crlf, latin, lambda data: codecs.BOM_UTF8 + data])
def test_line_ends_marks_and_letters_of_the_xml_files(
    tmp_path: Path, written: dict[str, bytes], how: Callable[[bytes], bytes]
) -> None:
    for kind, read in (("tabular", read_tabular), ("index", read_index), ("neoplasm", read_neoplasm)):
        path = tmp_path / NAMES[kind]
        path.write_bytes(written[kind])
        plain = read(path)  # type: ignore[operator]
        path.write_bytes(how(written[kind]))
        assert repr(read(path)).replace("Hödgkin", "Hodgkin") == repr(plain)  # type: ignore[operator]


def line_of(data: bytes, words: bytes) -> int:
    return data[: data.index(words)].count(b"\n") + 1


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def wrong_files(files: dict[str, bytes]) -> Iterable[tuple[dict[str, bytes], str]]:
    tabular, index, neoplasm, lines = (files[k] for k in ("tabular", "index", "neoplasm", "order"))
    half = cut(tabular).count(b"\n") + 1
    yield {"tabular": cut(tabular)}, f"{NAMES['tabular']}:{half}: cannot be read as XML: "
    yield {"index": cut(index)}, f"{NAMES['index']}:"
    yield {"tabular": index, "index": tabular}, f"{NAMES['index']}:2: the root element is ICD10CM.tabular, not ICD10CM.index"
    yield {"index": neoplasm, "neoplasm": index}, f"{NAMES['index']}:2: is no Alphabetic Index"
    yield {"neoplasm": index}, f"{NAMES['neoplasm']}:2: is no Table of Neoplasms"
    yield {"order": tabular}, f"{NAMES['order']}:1: is not a line of an order file"
    yield {"tabular": lines}, f"{NAMES['tabular']}:1: cannot be read as XML"
    yield {"order": lines[: len(lines) // 2 // 100 * 100]}, NAMES["order"]
    old = tabular.replace(b"<name>C7B.02</name>", b"<code>C7B.02</code>")
    at = line_of(tabular, b"<name>C7B.02</name>") - 1
    yield {"tabular": old}, f"{NAMES['tabular']}:{at}: a diag needs a code as its name"
    old = tabular.replace(b'<extension char="A">', b'<extension letter="A">', 1)
    yield {"tabular": old}, f"{NAMES['tabular']}:{line_of(tabular, b'<sevenChrDef>')}: a sevenChrDef needs extensions"
    old = tabular.replace(b"chapter>", b"part>")
    yield {"tabular": old}, f"{NAMES['tabular']}:2: holds no chapters"
    old = neoplasm.replace(b'<cell col="3">', b'<cell col="secondary">', 1)
    at = line_of(neoplasm, b'<cell col="3">')
    yield {"neoplasm": old}, f"{NAMES['neoplasm']}:{at}: a cell is in one of the columns"
    old = index.replace(b"<title>level 3</title>", b"<heading>level 3</heading>", 1)
    yield {"index": old}, f"{NAMES['index']}:{line_of(index, b'<title>level 3</title>') - 1}: this term has no title"
    old = b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "x.dtd">\n' + tabular.partition(b"\n")[2]
    yield {"tabular": old}, f"{NAMES['tabular']}:2: has a DOCTYPE"


def test_wrong_files_are_told_by_file_and_line(tmp_path: Path, shipped: Pack, written: dict[str, bytes]) -> None:
    for changed, message in wrong_files(written):
        with pytest.raises(InputError) as caught:
            import_release(put(tmp_path / "official", written, **changed), "FY2028", tmp_path / "site", shipped)
        assert message in str(caught.value)
        assert caught.value.hint
        assert not (tmp_path / "site").exists() or list((tmp_path / "site").iterdir()) == []
