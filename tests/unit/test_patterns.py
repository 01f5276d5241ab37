"""Every regular expression of the code and of the pack takes time in step with the text.

None nests a repeat ambiguously in another, which takes exponential time, and none is slow on texts made of its own pieces, over and over.
They are found thrice: where modules and the pack hold them, as literals in the source, and as they are compiled while every module is
imported and the samples are read.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import oncospan
from oncospan.pack import load
from oncospan.signals import signals

LARGE = 24
"""A repeat of more turns than this counts as one without a bound."""

ALPHABET = [chr(i) for i in range(128)]


def of_code() -> Iterator[tuple[str, re.Pattern[str]]]:
    # The workbench's models cannot be walked into without Django's settings; they are left out below anyway.
    for found in pkgutil.walk_packages(oncospan.__path__, "oncospan.", onerror=lambda _: None):
        if not found.name.startswith(("oncospan.review", "oncospan.__main__")):
            for name, value in vars(importlib.import_module(found.name)).items():
                for i, part in enumerate(value if isinstance(value, tuple) else (value,)):
                    if isinstance(part, re.Pattern) and isinstance(part.pattern, str):
                        yield f"{found.name}.{name}[{i}]", part


def of_pack() -> Iterator[tuple[str, re.Pattern[str]]]:
    pack = load()
    yield from signals(pack).items()
    for rule in pack.terms:
        for guard in ("unless_before", "unless_after", "needs"):
            if text := getattr(rule, guard):
                yield f"{rule.id}.{guard}", re.compile(text if isinstance(text, str) else text.pattern)


def of_source() -> Iterator[tuple[str, re.Pattern[str]]]:
    """The literals that the source hands to ``re``, those of the workbench too."""
    root = Path(oncospan.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re":
                given = node.args[0] if node.args else None
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    flags = re.VERBOSE if "VERBOSE" in ast.unparse(node) else re.NOFLAG
                    yield f"{path.relative_to(root)}:{node.lineno}", re.compile(given.value, flags)


PATTERNS = dict([*of_code(), *of_pack(), *of_source()])

WATCH = """
import importlib, json, os, pkgutil, re, sys
seen, whole = {}, re._compile

def watched(pattern, flags):
    made, frame = whole(pattern, flags), sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in {"re", "functools"}:
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame is not None else ""
    if name.startswith("oncospan") and isinstance(made.pattern, str):
        seen.setdefault((made.pattern, int(made.flags)), name)
    return made

re._compile = watched
os.environ["DJANGO_SETTINGS_MODULE"] = "oncospan.review.settings"
import django, oncospan
django.setup()
for module in pkgutil.walk_packages(oncospan.__path__, "oncospan."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from oncospan.engine import analyse_notes
from oncospan.readers import read_notes
for _ in analyse_notes(read_notes(sys.argv[1:])):
    pass
print(json.dumps([[name, *key] for key, name in seen.items()]))
"""


@pytest.fixture(scope="module")
def compiled(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, re.Pattern[str]]]:
    """Every pattern that OncoSpan compiles while all of it is imported and the samples are read."""
    folder = tmp_path_factory.mktemp("watched")
    command = [sys.executable, "-c", WATCH, str(samples / "notes.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, timeout=600)
    return [(name, re.compile(pattern, flags)) for name, pattern, flags in json.loads(done.stdout)]


def characters(items: list[Any]) -> frozenset[str] | None:
    """What a piece of one character matches; None for a longer piece."""
    if len(items) != 1:
        return None
    kind, value = items[0]
    if kind is kinds.SUBPATTERN:
        return characters(list(value[3]))
    if kind not in (kinds.LITERAL, kinds.NOT_LITERAL, kinds.IN, kinds.ANY, kinds.BRANCH):
        return None
    if kind is kinds.BRANCH:
        branches = [characters(list(b)) for b in value[1]]
        return None if None in branches else frozenset().union(*(b for b in branches if b))
    rule = compiler.compile(parser.SubPattern(parser.State(), items))
    return frozenset(c for c in ALPHABET if rule.fullmatch(c))


def repeats(items: list[Any], *, looks: bool = True) -> Iterator[tuple[int, list[Any]]]:
    """Every repeat at any depth: how often at most, and what; without ``looks`` none of what is only looked at and not taken."""
    for kind, value in items:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            yield value[1], list(value[2])
            yield from repeats(list(value[2]), looks=looks)
        elif kind is kinds.SUBPATTERN:
            yield from repeats(list(value[3]), looks=looks)
        elif kind is kinds.BRANCH:
            for branch in value[1]:
                yield from repeats(list(branch), looks=looks)
        elif looks and kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            yield from repeats(list(value[1]))


def separators(items: list[Any]) -> Iterator[frozenset[str]]:
    """The sets of characters of which a sequence must hold one."""
    for kind, value in items:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[0] > 0:
            yield from separators(list(value[2]))
        elif kind is kinds.SUBPATTERN:
            yield from separators(list(value[3]))
        elif (found := characters([(kind, value)])) is not None:
            yield found
        elif kind is kinds.BRANCH:
            firsts = [next(separators(list(branch)), None) for branch in value[1]]
            if None not in firsts:
                yield frozenset().union(*(f for f in firsts if f))


def ambiguous(pattern: re.Pattern[str]) -> bool:
    """Whether a repeat without a bound holds another whose turns may be shared out in more than one way."""
    loops = [body for most, body in repeats(list(parser.parse(pattern.pattern, pattern.flags))) if most > LARGE]
    return any(_shares_turns(way) for body in loops for way in _ways(body))


def _ways(body: list[Any]) -> Iterator[list[Any]]:
    """The alternatives of a body that is nothing else, else the body."""
    (kind, value), *more = [piece for piece in body if piece[0] is not kinds.AT] or [(None, None)]
    if not more and kind is kinds.SUBPATTERN:
        yield from _ways(list(value[3]))
    elif not more and kind is kinds.BRANCH:
        for branch in value[1]:
            yield from _ways(list(branch))
    else:
        yield body


def _shares_turns(body: list[Any]) -> bool:
    """Whether a repeat in the body may give characters to its next turn: nothing that must stand between two turns stops it."""
    sure = list(separators(body))
    for most, inner in repeats(body, looks=False):
        turns = characters(inner)
        if most > 1 and (turns is None or not any(s.isdisjoint(turns) for s in sure)):
            return True
    return False


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_nests_repeats_ambiguously(name: str) -> None:
    assert not ambiguous(PATTERNS[name])


def test_no_pattern_that_is_compiled_does(compiled: list[tuple[str, re.Pattern[str]]]) -> None:
    assert len(compiled) > 500
    assert [f"{name}: {pattern.pattern}" for name, pattern in compiled if ambiguous(pattern)] == []


@pytest.mark.parametrize("bait", [r"(?:a+)+", r"(?:\w+\s*)*x", r"(?:a|a\w*)*b", r"(?:[\w-]*,?)*"])
def test_the_check_sees_bait(bait: str) -> None:
    assert ambiguous(re.compile(bait))


LOOKED_AT = r"(?:[^.;]|;(?=\s(?:\w{2,12}\s)?biops)){0,90}"  # what is only looked at is not shared out


@pytest.mark.parametrize(
    "sound", [r"(?:\w+\s)*x", r"[^.;]{0,60}\b(?:to|in)\b", r"(?:[\w-]+\s+){0,3}", r"(?:\d{1,3}/)*", LOOKED_AT]
)
def test_the_check_passes_sound_ones(sound: str) -> None:
    assert not ambiguous(re.compile(sound))


PIECES = (" ", "\n", "1", "a", "A", "a ", "1 ", "x, ")
"""What every pattern is tried on, over and over, beside pieces of its own."""
LENGTHS = (20, 60, 250, 2_000)
"""Characters of the hostile texts: the first of them ends soon whatever the pattern does."""
QUICK = 0.002
"""Seconds of the processor that tell something; on the longest text no pattern takes less whose time grows with the square."""
STEEP = 2.6
"""How many times as long a text of twice the length may take: some more than twice, for the measure is rough."""

IN_LITTLE = {
    "oncospan.pack._CHARACTER_CLASS[0]": "in a guard of a term table",
    "oncospan.readers.inspection._OF_NOTE[0]": "in the message of an error",
    "site.fluid_cells": "as all that stands between a fluid and a tumor",
    "site.fluid_showed": "as all that stands between a fluid and a tumor",
}
"""Patterns that are sought in little text or at one place, though the source does not show it."""


def scanning() -> set[str]:
    """The constants and signals that the source asks for more than a match at one place, as ``module.name`` and by id."""
    root = Path(oncospan.__file__).parent
    found: set[str] = set()
    for path in root.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        asked = [n.value for n in nodes if isinstance(n, ast.Attribute) and n.attr in ("match", "fullmatch")]
        at_one_place = {id(part) for n in asked for part in (n, getattr(n, "slice", None))}
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        for node in nodes:
            if id(node) in at_one_place:
                continue
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.add(f"{module}.{node.id}")
            elif isinstance(node, ast.Attribute):  # another module's
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def own_pieces(items: list[Any]) -> Iterator[str]:
    """The words of a pattern, and a character of each of its classes."""
    run = ""
    for kind, value in items:
        if kind is kinds.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
        run = ""
        if kind is kinds.BRANCH:
            for branch in value[1]:
                yield from own_pieces(list(branch))
        elif kind is kinds.SUBPATTERN:
            yield from own_pieces(list(value[3]))
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            yield from own_pieces(list(value[2]))
        elif kind is kinds.IN:
            yield from sorted(characters([(kind, value)]) or "")[:1]
    if run:
        yield run


def example_of(items: list[Any]) -> str:
    """A text that the pattern matches but for what it asks around it: first alternatives, as few turns as there may be."""
    out = ""
    for kind, value in items:
        if kind is kinds.LITERAL:
            out += chr(value)
        elif kind is kinds.BRANCH:
            out += example_of(list(value[1][0]))
        elif kind is kinds.SUBPATTERN:
            out += example_of(list(value[3]))
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            out += example_of(list(value[2])) * max(value[0], 1)
        elif kind in (kinds.IN, kinds.NOT_LITERAL, kinds.ANY):
            out += max(characters([(kind, value)]) or " ")
    return out


def pieces(pattern: re.Pattern[str]) -> list[str]:
    """What a hostile text is made of: common pieces, turns and words of the pattern, and what it matches, whole and cut short."""
    items = list(parser.parse(pattern.pattern, pattern.flags))
    whole = example_of(items)
    turns = [example_of(body) for _, body in repeats(items)]
    own = list(dict.fromkeys([*turns, *own_pieces(items)]))
    found = [*PIECES, *own[:6], whole, f"{whole} ", whole[:-1], whole[: len(whole) // 2]]
    return list(dict.fromkeys(filter(None, found)))


def slow(pattern: re.Pattern[str], *, scans: bool) -> str | None:
    """The piece that the pattern takes too long on when it stands there over and over; None where there is none."""
    for piece in pieces(pattern):
        for length in LENGTHS:
            if _seconds(pattern, piece, length, scans) > QUICK and all(_steep(pattern, piece, length, scans) for _ in range(2)):
                return piece
    return None


def _steep(pattern: re.Pattern[str], piece: str, length: int, scans: bool) -> bool:
    """Whether twice the text takes far more than twice the time in most turns: others on the machine disturb some."""
    turns = [[_seconds(pattern, piece, n, scans) for n in (length, 2 * length)] for _ in range(9)]
    return statistics.median(long / short for short, long in turns) > STEEP


def _seconds(pattern: re.Pattern[str], piece: str, length: int, scans: bool) -> float:
    text = (piece * length)[:length]
    began = time.thread_time()
    for _ in pattern.finditer(text) if scans else [pattern.fullmatch(text)]:
        pass
    return time.thread_time() - began


def test_no_pattern_is_slow_on_what_it_is_made_of() -> None:
    scanned = scanning()
    patterns = [(name, pattern, _scans(name, scanned)) for name, pattern in [*of_code(), *of_pack()] if name not in IN_LITTLE]
    found = {name: piece for name, pattern, scans in patterns if (piece := slow(pattern, scans=scans)) is not None}
    assert found == {}


def _scans(name: str, scanned: set[str]) -> bool:
    """Whether a constant, signal or guard of that name is sought in a text, not at one place of it."""
    owner, _, last = name.partition("[")[0].rpartition(".")
    if last.startswith(("unless_", "needs")):
        return last != "unless_after"
    return bool(scanned & {name, f"{owner}.{last}", last})


@pytest.mark.parametrize(("bait", "scans"), [(r"\s*of", True), (r"(?:no\s){2,}yes", True), (r"\s*(?:and)?\s*of", False)])
def test_the_clock_sees_bait(bait: str, scans: bool) -> None:
    assert slow(re.compile(bait), scans=scans) is not None


@pytest.mark.parametrize(("sound", "scans"), [(r"\bof\b", True), (r"\s{0,3}of", True), (r"\s*of", False)])
def test_the_clock_passes_sound_ones(sound: str, scans: bool) -> None:
    assert slow(re.compile(sound), scans=scans) is None
