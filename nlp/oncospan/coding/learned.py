"""The learned second opinion: how likely a proposed code is right, and which codes a coder should see first.

The model is a logistic regression whose few weights stand in the pack (``learned/confidence.toml``), written by
``models/train_confidence.py``; evaluating it takes no library. It never raises a status and never removes a code.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from oncospan.coding.features import FEATURES, Around, stands
from oncospan.errors import PackError
from oncospan.pack import Pack
from oncospan.types import CodeProposal, CodeStatus

FILE = "learned/confidence.toml"
"""Where the weights stand in a pack."""

_DIGITS = 2
"""Digits of a confidence: the figures are no better, and no platform differs in them."""
_MOST = 0.99
"""The highest estimate: nothing that was learned from a few hundred notes is certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceModel:
    """The weights of the features, and the threshold below which a proposal is for review by default."""

    threshold: float
    intercept: float
    weights: Mapping[str, float]

    def chance(self, p: CodeProposal, around: Around) -> float:
        """The estimated probability that the code is right, in two digits."""
        total = self.intercept + math.fsum(w * FEATURES[name].of(p, around) for name, w in self.weights.items())
        return min(round(1.0 / (1.0 + math.exp(-max(min(total, 30.0), -30.0))), _DIGITS), _MOST)

    def second(self, proposals: tuple[CodeProposal, ...], around: Around, threshold: float) -> tuple[CodeProposal, ...]:
        """The proposals with the estimate as their confidence; those below the threshold for review, and saying so.

        A code that a rule sent to review stays there, and its confidence is at most the rule's.
        """
        return tuple(self._weighed(p, self.chance(p, around), threshold) for p in proposals)

    def _weighed(self, p: CodeProposal, chance: float, threshold: float) -> CodeProposal:
        if not stands(p):
            return replace(p, confidence=min(p.confidence, chance))
        if chance >= threshold:
            return replace(p, confidence=chance)
        why = f"Its estimated chance to be right, {chance:.2f}, is below the review threshold of {threshold:g}."
        return replace(p, status=CodeStatus.REVIEW, confidence=chance, reason=f"{p.reason} {why}")


@lru_cache(maxsize=4)
def model_of(pack: Pack) -> ConfidenceModel | None:
    """The model of a pack, None where it has none. Raises PackError for a file that does not fit the features."""
    path = pack.root / FILE
    return read_model(path) if path.is_file() else None


def read_model(path: Path) -> ConfidenceModel:
    """The model in a file. Raises PackError for one that does not fit the features."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        model = ConfidenceModel(
            threshold=float(found["threshold"]), intercept=float(found["intercept"]),
            weights=MappingProxyType({str(name): float(w) for name, w in found["weights"].items()}),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise PackError(f"the weights cannot be read ({type(e).__name__})", where=path.name, hint="Run make train.") from None
    for name, weight in model.weights.items():
        if name not in FEATURES or not math.isfinite(weight) or weight * FEATURES[name].sign < 0:
            raise PackError(f"weight {name!r} is of no feature, or against its sign", where=path.name, hint="Run make train.")
    if not (0.0 <= model.threshold <= 1.0 and math.isfinite(model.intercept)):
        raise PackError("threshold or intercept is out of range", where=path.name, hint="Run make train.")
    return model
