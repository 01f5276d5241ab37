"""Words that show how something is meant: the pack's files are sound, every signal is used, and a bad item is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import pytest

from oncospan.errors import PackError
from oncospan.gaps.sides import sides_told
from oncospan.pack import Pack, load
from oncospan.signals import signals

ROOT = Path(__file__).parents[2]
CODE = ROOT / "nlp" / "oncospan"
GOOD = "- id: gap.doubt.faint\n  words: [remotely]\n  example: even remotely\n  counter_example: never\n"


def pack_at(root: Path, digest: str) -> Pack:
    return Pack(name="gaps", version="0", digest=digest, root=root, terms=(), settings=MappingProxyType({}))


def test_every_signal_of_the_pack_is_used_and_every_used_one_is_there() -> None:
    there = set(signals(load()))
    files = "|".join(sorted({name.partition(".")[0] for name in there}))
    named = re.compile(rf'"((?:{files})\.[a-z_.]+)"')
    used = {m for p in CODE.rglob("*.py") for m in named.findall(p.read_text(encoding="utf-8"))}
    assert used == there


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (GOOD.replace("gap.doubt.faint", "doubt"), "id must look like"),
        (GOOD + GOOD, "id must look like"),
        (GOOD.replace("[remotely]", "['(remotely']"), "no regular expression"),
        (GOOD.replace("counter_example: never", "counter_example: remotely"), "counter-example"),
        (GOOD.replace("example: even remotely\n", "example: even\n", 1), "example"),
        (GOOD.replace("  words: [remotely]\n", ""), "missing"),
        (GOOD.replace("[remotely]", "[no]"), "no list of strings"),
        ("signals: none\n", "not a list"),
    ],
)
def test_a_bad_signal_is_refused_with_its_line(bad: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "signals").mkdir()
    (tmp_path / "signals" / "gap.yaml").write_text(bad, encoding="utf-8")
    with pytest.raises(PackError, match=problem) as caught:
        signals(pack_at(tmp_path, bad))
    assert str(caught.value.where).startswith("gap.yaml")


@pytest.mark.parametrize(
    ("text", "site", "told"),
    [
        ("L breast, upper outer quadrant.", "breast", {"right": 0, "left": 1, "both": 0}),
        ("Ovaries: both enlarged.", "ovary", {"right": 0, "left": 0, "both": 1}),
        ("Right nephrectomy. The left kidney is normal.", "kidney", {"right": 1, "left": 0, "both": 0}),
        ("All breast tissue.", "breast", {"right": 0, "left": 0, "both": 0}),
    ],
)
def test_the_sides_a_note_gives_an_organ(text: str, site: str, told: dict[str, int]) -> None:
    found = sides_told(text, site, load())
    assert {side: found[side] for side in told} == told
