"""JSONL exports: one JSON object a line; a bad line is reported and the others go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from oncospan.errors import InputError
from oncospan.readers.columns import Layout, resolve
from oncospan.readers.problems import Unreadable
from oncospan.readers.source import File, Line, lines, open_bytes, stem
from oncospan.readers.values import Defaults, Make, bad_note, to_note
from oncospan.types import BadNote, Note, NoteError

R = TypeVar("R")


def columns_of(path: File) -> Sequence[str]:
    """All keys of the objects among the first thousand lines; empty when they hold no object."""
    keys: dict[str, None] = {}
    for line in islice(lines(path), 1_000):
        item = None if line.problem else _parsed(line.text)
        if isinstance(item, dict):
            keys.update(dict.fromkeys(item))
    return list(keys)


def first_keys(path: File) -> Sequence[str]:
    """The keys of the first object; empty when the first line that can be read holds none."""
    readable = (line for line in lines(path, carriers=True) if line.text.strip() and not line.problem)
    first = next(readable, None)
    item = None if first is None else _parsed(first.text)
    return list(item) if isinstance(item, dict) else []


def count(path: File) -> int:
    """How many lines of the file are not blank."""
    with open_bytes(path) as stream:
        return sum(not line.isspace() for line in stream)


def read_jsonl(path: File, chosen: Mapping[str, str], defaults: Defaults) -> Iterator[Note | BadNote]:
    """The notes of a JSONL file; columns are found for every object anew, since objects may lack keys."""
    layouts: dict[tuple[str, ...], Layout | None] = {}
    row, file, own = 0, path.name, stem(path)
    for line in lines(path):
        if not line.text.strip() and not line.problem:
            continue
        row += 1
        yield _note(line, f"{file}:{line.number}", f"{own}:{row}", chosen, layouts, defaults)


def rows_of(path: File, layout: Layout, defaults: Defaults, make: Make[R]) -> Iterator[R | BadNote]:
    """What ``make`` makes of each object, all of one layout; what an object lacks is None."""
    row, file, own = 0, path.name, stem(path)
    for line in lines(path):
        if not line.text.strip() and not line.problem:
            continue
        row += 1
        where, fallback = f"{file}:{line.number}", f"{own}:{row}"
        item = _object(line, where)
        if isinstance(item, NoteError):
            yield BadNote(note_id=fallback, error=item)
        else:
            yield make({name: item.get(c) for name, c in layout.items()}, layout, defaults, where=where, fallback_id=fallback)


def _object(line: Line, where: str) -> dict[str, object] | NoteError:
    """The object of a line, or what is wrong with it."""
    if line.problem:
        return Unreadable.of(line.problem).error(where)
    item = _parsed(line.text)
    if isinstance(item, NoteError):
        return NoteError(code=item.code, message=item.message, hint=item.hint, where=where)
    return item if isinstance(item, dict) else _error("bad_json", "the line is not a JSON object", "Write one {…} a line.", where)


def _note(
    line: Line,
    where: str,
    fallback: str,
    chosen: Mapping[str, str],
    layouts: dict[tuple[str, ...], Layout | None],
    defaults: Defaults,
) -> Note | BadNote:
    item = _object(line, where)
    if isinstance(item, NoteError):
        return BadNote(note_id=fallback, error=item)
    keys = tuple(item)
    if keys not in layouts:
        if len(layouts) > 10_000:  # objects that never repeat their keys must not fill the memory
            layouts.clear()
        layouts[keys] = _layout(keys, chosen)
    layout = layouts[keys]
    if layout is None:
        error = _error("missing_text", "the object has no key for the note text", "Name it: --map text=KEY", where)
        others = resolve([*keys, chosen.get("text") or "text"], chosen, "", lenient=True)
        values = {name: item[column] for name, column in others.items() if column in item}
        return bad_note(fallback, error, values)
    values = {name: item[column] for name, column in layout.items()}
    return to_note(values, layout, defaults, where=where, fallback_id=fallback)


def _layout(keys: Sequence[str], chosen: Mapping[str, str]) -> Layout | None:
    """The layout of one object, or None without text; chosen columns other than the text may be missing in it."""
    try:
        return resolve(keys, chosen, "", lenient=True)
    except InputError:
        return None


def _parsed(text: str) -> object:
    """The JSON value of a line, or the error; the parser's own message would quote nothing but its column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        return NoteError(code="bad_json", message=f"not valid JSON at column {e.colno}", hint="Write one {…} a line.")
    except (RecursionError, ValueError):  # thousands of brackets, or an integer of thousands of digits
        return NoteError(code="bad_json", message="JSON too deep or with too long a number", hint="Write one flat {…} a line.")


def _error(code: str, message: str, hint: str, where: str) -> NoteError:
    return NoteError(code=code, message=message, hint=hint, where=where)
