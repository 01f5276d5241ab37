"""The page of all rules: it builds, is well formed, and every annotated text stands on it with what is expected of it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

SPEC = Path(__file__).parent
EMPTY = frozenset({"meta"})


class Read(HTMLParser):
    """The ids, the links within the page, the text under each id, and tags that were never closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.wrong: list[str] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        ident = found.get("id") or ""
        if ident:
            self.ids[ident] += 1
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag not in EMPTY:
            self._open.append((tag, ident))

    def handle_endtag(self, tag: str) -> None:
        opened = self._open.pop()[0] if self._open else "nothing"
        if opened != tag:
            self.wrong.append(f"{opened} closed by {tag}")

    def handle_data(self, data: str) -> None:
        for _, ident in self._open:
            if ident:
                self.texts.setdefault(ident, []).append(data)


def written() -> Iterator[tuple[str, str, Any]]:
    """Every item as ``group.topic.id`` with its text and what is expected, read without the page's own code."""
    for path in sorted(SPEC.glob("*/*.yaml")):
        start = f"{path.parent.name}.{path.stem}"
        topic = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(topic, dict):
            for row in topic["rows"]:
                for name, carrier in topic["carriers"].items():
                    yield f"{start}.{row['id']}-{name}", "", row.get(f"{name}_review") or carrier.get("deposit") or row[name]
            continue
        for item in topic:
            texts = [n["text"] for n in (item, *item.get("notes", ())) if "text" in n]
            yield f"{start}.{item['id']}", "\n".join(texts), item.get("codes", item.get("is", []))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("docs") / "made" / "rules.html"
    done = subprocess.run(
        [sys.executable, str(SPEC / "page.py"), str(out)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    assert str(len(list(written()))) in done.stdout
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read(page: str) -> Read:
    reader = Read()
    reader.feed(page)
    return reader


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_item_is_on_the_page(read: Read) -> None:
    items = list(written())
    assert len(items) >= 1700
    assert {name for name, _, _ in items} <= set(read.ids)
    for name, text, expected in items:
        shown = squeezed("".join(read.texts[name]))
        assert all(squeezed(part.replace("«", "").replace("»", "")) in shown for part in text.split("\n")), name
        assert all(squeezed(str(e)) in shown for e in (expected if isinstance(expected, list) else [expected])), name


def test_known_failures_are_shown(page: str) -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in SPEC.glob("*/*.yaml"))
    assert page.count('<p class="failure">') >= text.count("known_failure:")


def test_page_is_well_formed_and_stands_alone(page: str, read: Read) -> None:
    assert read.wrong == []
    assert [i for i, n in read.ids.items() if n > 1] == []
    assert all(link.startswith("#") and link[1:] in read.ids for link in read.links)
    assert "http" not in page
    assert "<script" not in page


def test_words_in_angle_quotes_are_marked(page: str) -> None:
    assert page.count('class="decides') + page.count('decides"') > 500
    assert "«" not in page
