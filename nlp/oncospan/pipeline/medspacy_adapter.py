"""The only door to medspaCy: imports it quietly, without its unused and slow relatives.

* ``medspacy.util`` imports quickumls, which imports nltk, scikit-learn and pandas (over a second, 150 MB) for a component
  OncoSpan never builds. An empty stand-in is seeded for the time of the import and taken away afterwards.
* medspaCy switches off every warning of the process on import; the filters are put back.
* PyRuSH writes each token it sees to stderr through loguru. It is never run here, and is silenced all the same.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from types import ModuleType
from typing import Any

_STAND_IN = "quickumls"


def _stand_in() -> ModuleType:
    module = ModuleType(_STAND_IN)
    module.__dict__["spacy_component"] = None
    return module


def silence() -> None:
    """Stops loguru from passing on anything medspaCy or PyRuSH say: they print words of notes."""
    try:
        logger = importlib.import_module("loguru").logger
    except ModuleNotFoundError:
        return
    for name in ("PyRuSH", "medspacy", "medspacy_quickumls"):
        logger.disable(name)


def _quiet_import() -> tuple[ModuleType, ModuleType, ModuleType]:
    seeded = _STAND_IN not in sys.modules
    if seeded:
        sys.modules[_STAND_IN] = _stand_in()
    try:
        with warnings.catch_warnings():
            return (
                importlib.import_module("medspacy.context"),
                importlib.import_module("medspacy.context.context_modifier"),
                importlib.import_module("medspacy.target_matcher"),
            )
    finally:
        if seeded:
            del sys.modules[_STAND_IN]
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
