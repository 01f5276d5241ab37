"""Every regular expression of the code and of the pack takes no more than polynomial time: no repeat is nested ambiguously in another.

They are found thrice: where modules and the pack hold them, as literals in the source, and as they are compiled while every module is
imported and the samples are read.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
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


def repeats(items: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Every repeat at any depth: how often at most, and what."""
    for kind, value in items:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            yield value[1], list(value[2])
            yield from repeats(list(value[2]))
        elif kind is kinds.SUBPATTERN:
            yield from repeats(list(value[3]))
        elif kind is kinds.BRANCH:
            for branch in value[1]:
                yield from repeats(list(branch))
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
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
    for most, inner in repeats(body):
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


@pytest.mark.parametrize("sound", [r"(?:\w+\s)*x", r"[^.;]{0,60}\b(?:to|in)\b", r"(?:[\w-]+\s+){0,3}", r"(?:\d{1,3}/)*"])
def test_the_check_passes_sound_ones(sound: str) -> None:
    assert not ambiguous(re.compile(sound))
