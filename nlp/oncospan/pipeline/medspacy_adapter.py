"""The only door to medspaCy and spaCy: imports them quietly, without their unused and slow relatives.

* ``medspacy.util`` imports quickumls, which imports nltk, scikit-learn and pandas (over a second, 150 MB) for a component
  OncoSpan never builds; ``spacy`` imports its command line with requests and jinja2 (a third of its time) for ``spacy.info``,
  and langcodes and pysbd read tables that are not asked here. Stand-ins are seeded for the time of the import and taken away
  afterwards; the real modules are imported by whoever wants them.
* medspaCy switches off every warning of the process on import; the filters are put back.
* PyRuSH writes each token it sees to stderr through loguru. It is never run here, and is silenced all the same.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def _spacy_info(*args: Any, **named: Any) -> Any:
    """What ``spacy.info`` gives, by the command line of spaCy, imported now."""
    return importlib.import_module("spacy.cli.info").info(*args, **named)


_STAND_INS: dict[str, dict[str, Any]] = {
    "quickumls": {"spacy_component": None}, "spacy.cli": {}, "spacy.cli.info": {"info": _spacy_info}, "langcodes": {}, "pysbd": {},
}  # fmt: skip


class _StandIn(ModuleType):
    """A module that is imported when something of it is first asked that the stand-in has not."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _stood_in() -> Iterator[None]:
    """Stand-ins for a while, in the place of those modules that are not imported yet."""
    seeded = []
    for name, has in _STAND_INS.items():
        if name not in sys.modules and (name.partition(".")[0] == name or "spacy" not in sys.modules):
            seeded.append(_StandIn(name))
            seeded[-1].__dict__.update(has)
            sys.modules[name] = seeded[-1]
    try:
        yield
    finally:
        for module in seeded:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


def silence() -> None:
    """Stops loguru from passing on anything medspaCy or PyRuSH say: they print words of notes."""
    try:
        logger = importlib.import_module("loguru").logger
    except ModuleNotFoundError:
        return
    for name in ("PyRuSH", "medspacy", "medspacy_quickumls"):
        logger.disable(name)


def _quiet_import() -> tuple[ModuleType, ModuleType, ModuleType]:
    try:
        with _stood_in(), warnings.catch_warnings():
            return (
                importlib.import_module("medspacy.context"),
                importlib.import_module("medspacy.context.context_modifier"),
                importlib.import_module("medspacy.target_matcher"),
            )
    finally:
        silence()


silence()
_context, _modifier, _targets = _quiet_import()
# A medspaCy matcher always holds a token matcher and a phrase matcher, and spaCy warns whenever one of them has no patterns.
warnings.filterwarnings("ignore", message=r"\[W036\]")

ConText: Any = _context.ConText
ConTextGraph: Any = _context.ConTextGraph
ConTextModifier: Any = _modifier.ConTextModifier
ConTextRule: Any = _context.ConTextRule
TargetMatcher: Any = _targets.TargetMatcher
TargetRule: Any = _targets.TargetRule

__all__ = ["ConText", "ConTextGraph", "ConTextModifier", "ConTextRule", "TargetMatcher", "TargetRule", "silence"]
