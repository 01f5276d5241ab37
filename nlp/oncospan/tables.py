"""Strict readers for the pack's tables: an unknown column, a bad row or a duplicate id is an error that says file:line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from oncospan.errors import PackError


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column name, and where it stands."""

    cells: dict[str, str]
    file: str
    line: int

    @property
    def where(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_tsv(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a tab-separated file whose header is exactly ``columns``; blank lines and ``#`` lines are skipped.

    Raises PackError with ``file:line`` for a wrong header or a row with another number of cells.
    """
    header: list[str] | None = None
    name = path.name
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.rstrip("\r").split("\t")
        if header is None:
            if cells != list(columns):
                raise PackError(
                    f"columns are {cells}, not {list(columns)}", where=f"{name}:{number}", hint="Fix the header line."
                )
            header = cells
            continue
        if len(cells) != len(header):
            raise PackError(
                f"{len(cells)} cells in a table of {len(header)} columns", where=f"{name}:{number}",
                hint="Cells are separated by one tab.",
            )  # fmt: skip
        yield Row(dict(zip(header, map(str.strip, cells), strict=True)), name, number)
    if header is None:
        raise PackError("the table is empty", where=name, hint=f"It needs the header {list(columns)}.")


def parse_attrs(cell: str, where: str, allowed: frozenset[str]) -> dict[str, str]:
    """The mapping of a ``key=value;key=value`` cell; an unknown or repeated key is a PackError."""
    out: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        key, eq, value = part.partition("=")
        if not eq or key not in allowed or key in out:
            raise PackError(f"attribute {part!r} is not one of {sorted(allowed)}", where=where, hint="Write key=value;key=value.")
        out[key] = value
    return out


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader, ten times as fast, where PyYAML was built with it."""


class _LineLoader(_SafeLoader):  # type: ignore[misc]  # which of the two is known only at run time
    """A safe loader that refuses repeated keys and keeps the line of every mapping under ``__line__``."""


def _mapping(loader: _LineLoader, node: yaml.MappingNode) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in out:
            raise PackError(f"key {key!r} stands twice", where=f"{loader.name}:{key_node.start_mark.line + 1}")
        out[key] = loader.construct_object(value_node, deep=True)
    out["__line__"] = node.start_mark.line + 1
    return out


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; every mapping carries its line under ``__line__``. Raises PackError with file:line."""
    try:
        loader = _LineLoader(path.read_text(encoding="utf-8"))
        loader.name = path.name
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        raise PackError("not valid YAML", where=where, hint="Check quotes and indentation.") from None


def checked_keys(item: dict[str, Any], where: str, required: frozenset[str], optional: frozenset[str]) -> dict[str, Any]:
    """``item`` without ``__line__``, when it has all required keys and none beyond the optional ones; else PackError."""
    keys = frozenset(item) - {"__line__"}
    if missing := required - keys:
        raise PackError(f"keys {sorted(missing)} are missing", where=where)
    if unknown := keys - required - optional:
        raise PackError(f"keys {sorted(unknown)} are not known", where=where, hint=f"Known: {sorted(required | optional)}.")
    return {k: v for k, v in item.items() if k != "__line__"}
