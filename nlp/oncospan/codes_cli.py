"""``oncospan codes``: look codes up, compare releases, and load the official files a site downloaded itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oncospan.errors import UsageError

if TYPE_CHECKING:  # these read the tables, which --help must not wait for
    from oncospan.icd import CodeSet, IcdNote
    from oncospan.icd.compare import Change, Difference
    from oncospan.pack import Pack

codes_app = typer.Typer(
    name="codes",
    help="Look up ICD-10-CM codes by release, compare releases, and load the official files of a new one.",
    no_args_is_help=True,
)

Codes = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of imported releases, used before the shipped ones.")]
PackName = Annotated[str | None, typer.Option(help="Rule pack to use; the installed default when not given.")]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Day whose release is asked.")]
Named = Annotated[str | None, typer.Option(metavar="FY2027", help="Release by name; the newest when neither is given.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]

HEADINGS = {
    "excludes1": "Excludes1 (not together)",
    "excludes2": "Excludes2 (not included here)",
    "code_first": "Code first",
    "code_also": "Code also",
    "use_additional": "Use additional code",
    "includes": "Includes",
    "inclusion": "Inclusion terms",
    "note": "Notes",
}
"""The kinds of notes in the order they are shown."""


@codes_app.command()
def show(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code or header, with or without the dot.")],
    on: On = None,
    release: Named = None,
    codes: Codes = None,
    pack: PackName = None,
    as_json: AsJson = False,
) -> None:
    """Show a code: title, billable or not, what stands above it, the notes that govern it, in which releases it exists."""
    from oncospan.icd import releases

    loaded = _pack(pack, codes)
    wanted = _release(loaded, on, release)
    record = _described(loaded, _code_set(loaded, wanted), code)
    if not record:
        known = [r.name for r in releases(loaded) if _code_set(loaded, r.name).exists(code)]
        raise UsageError(f"{wanted} has no code {code.upper()}", hint=_elsewhere(loaded, wanted, code, known))
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False) if as_json else "\n".join(_shown(record)))


@codes_app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="Words that title or inclusion terms must hold.")],
    on: On = None,
    release: Named = None,
    codes: Codes = None,
    pack: PackName = None,
    billable: Annotated[bool, typer.Option("--billable", help="Leave headers out.")] = False,
) -> None:
    """List the codes whose title and inclusion terms hold every word, or whose code begins with it."""
    loaded = _pack(pack, codes)
    found = _code_set(loaded, _release(loaded, on, release)).search(" ".join(words))
    for c in found:
        if c.billable or not billable:
            typer.echo(f"{c.code:9}{'' if c.billable else '(header) '}{c.title}")
    if not found:
        typer.echo("no code has all of these words", err=True)


@codes_app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A release, e.g. FY2026.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Another release, e.g. FY2027.")],
    codes: Codes = None,
    pack: PackName = None,
    as_json: AsJson = False,
) -> None:
    """Show what differs between two releases: codes, titles, billability, notes, Table of Neoplasms, Index."""
    from oncospan.icd.compare import compare

    difference = compare(_pack(pack, codes), old, new)
    typer.echo(json.dumps(difference.record(), indent=2, ensure_ascii=False) if as_json else "\n".join(_told(difference)))


@codes_app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder with the unpacked official files of one release.")],
    release: Annotated[str, typer.Option(metavar="FY2027", help="The release they are.")],
    into: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to put it; your data folder when not given.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Keep all chapters (slower start), not only the branches in use.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Replace a release imported before.")] = False,
    pack: PackName = None,
) -> None:
    """Load the official tabular, neoplasm, index and order files of a release; use it with --codes DIR."""
    from oncospan.icd.site import import_release

    place = into or data_folder()
    done = import_release(folder, release, place, _pack(pack, None), whole=whole, again=again)
    typer.echo(
        f"{release}: {done.codes} codes and headers, {done.billable} billable, {done.neoplasm} rows of the Table of Neoplasms, "
        f"{done.index} lines of the Index"
    )
    if done.slips:
        typer.echo(f"left out: Index lines with {', '.join(done.slips)}, which the order file does not have")
    typer.echo(f"use it with: --codes {place}")


def data_folder() -> Path:
    """The folder for imported releases in the user's data folder (``XDG_DATA_HOME``, else ``~/.local/share``)."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "oncospan" / "icd10cm"


def _pack(name: str | None, codes: Path | None) -> Pack:
    from oncospan.icd import with_codes
    from oncospan.pack import DEFAULT_PACK, load

    pack = load(name or DEFAULT_PACK)
    return with_codes(pack, codes) if codes else pack


def _code_set(pack: Pack, name: str) -> CodeSet:
    from oncospan.icd import code_set

    return code_set(pack, name)


def _release(pack: Pack, on: datetime | None, name: str | None) -> str:
    """The name of the release asked for. Raises UsageError for both ways at once, a day too early, or an unknown name."""
    from oncospan.icd import release_on, releases
    from oncospan.icd.releases import find_release

    if on and name:
        raise UsageError("--on and --release both choose the release", hint="Give one of them.")
    if name:
        return find_release(pack, name).name
    return release_on(pack, on.date()).name if on else releases(pack)[-1].name


def _elsewhere(pack: Pack, wanted: str, code: str, known: list[str]) -> str:
    if known:
        return f"It stands in {', '.join(known)}."
    if not _code_set(pack, wanted).covers(code):
        return "Its branch is not shipped; import the official files with oncospan codes import --whole."
    return "Look it up by its words: oncospan codes search WORDS."


def _described(pack: Pack, codes: CodeSet, code: str) -> dict[str, Any]:
    """Everything the release says of a code, JSON-ready; empty when it does not have it."""
    from oncospan.icd import index_table, releases

    found = codes.get(code)
    if found is None:
        return {}
    release = codes.release
    notes = [n for n in codes.notes(code) if str(n.type) != "inclusion" or n.code == found.code]
    return {
        "code": found.code,
        "title": found.title,
        "billable": found.billable,
        "release": {"name": release.name, "from": release.valid_from.isoformat(), "to": release.valid_to.isoformat()},
        "releases": {r.name: _standing(_code_set(pack, r.name), found.code) for r in releases(pack)},
        "above": [{"code": c, "title": codes.title(c)} for c in codes.ancestors(code)],
        "below": [{"code": c, "title": codes.title(c)} for c in codes.children(code)],
        "notes": {kind: [_line(n) for n in notes if str(n.type) == kind] for kind in HEADINGS},
        "index": [r.term for r in index_table(pack, release.name) if r.code.split(" [")[0].rstrip(".-") == found.code],
    }


def _standing(codes: CodeSet, code: str) -> str:
    if codes.exists(code):
        return "billable" if codes.billable(code) else "header"
    return "none" if codes.covers(code) else "not held"


def _line(n: IcdNote) -> dict[str, str]:
    return {"at": n.code, "text": n.text}


def _shown(r: dict[str, Any]) -> Iterator[str]:
    release = r["release"]
    yield f"{r['code']}  {r['title']}"
    yield f"  {'billable' if r['billable'] else 'a header, not billable'} in {release['name']} ({release['from']} to {release['to']})"
    yield "  releases: " + ", ".join(f"{name} {what}" for name, what in r["releases"].items())
    for heading, rows in (("Above", r["above"]), ("Below", r["below"])):
        if rows:
            yield from ("", heading, *(f"  {row['code']:9}{row['title']}" for row in rows))
    for kind, heading in HEADINGS.items():
        rows = [row for row in r["notes"][kind] if kind != "note" or "-" not in row["at"]]
        if rows:
            width = max(len(row["at"]) for row in rows) + 2
            yield from ("", heading, *(f"  {row['at']:{width}}{row['text']}" for row in rows))
    if general := sum("-" in row["at"] for row in r["notes"]["note"]):
        yield f"\n{general} general notes of the block and chapter are left out; --json has them."
    if r["index"]:
        yield from ("", "Index", *(f"  {term}" for term in r["index"][:12]))
        if len(r["index"]) > 12:
            yield f"  and {len(r['index']) - 12} more"


def _told(d: Difference) -> Iterator[str]:
    parts: list[tuple[str, list[str]]] = [
        (f"Codes new in {d.new}", [f"{c.code:9}{'' if c.billable else '(header) '}{c.title}" for c in d.added]),
        (f"Codes gone from {d.new}", [f"{c.code:9}{c.title}" for c in d.removed]),
        ("Titles", [f"{c.what:9}{c.old} -> {c.new}" for c in d.titles]),
        ("Billable or header", [f"{c.what:9}{c.old} -> {c.new}" for c in d.billable]),
        ("Notes", [f"{n.code:9}{n.sign} {n.type}: {n.text}" for n in d.notes]),
        ("Table of Neoplasms", list(_moves(d.neoplasm))),
        ("Index", [f"{c.what}: {c.old} -> {c.new}" for c in d.index]),
    ]
    yield f"{d.old} to {d.new}"
    for heading, lines in parts:
        if lines:
            yield from ("", f"{heading} ({len(lines)})", *(f"  {line}" for line in lines))
    if not any(lines for _, lines in parts):
        yield "no difference in the branches both hold"


def _moves(changes: Iterable[Change]) -> Iterator[str]:
    """One line for each pair of cells, with the first terms it moved for; the JSON has them all."""
    moved: dict[tuple[str, str], list[str]] = {}
    for c in changes:
        moved.setdefault((c.old, c.new), []).append(c.what)
    for (old, new), terms in moved.items():
        more = f" and {len(terms) - 3} more" if len(terms) > 3 else ""
        yield f"{old} -> {new}  {len(terms)} cells: {'; '.join(terms[:3])}{more}"
