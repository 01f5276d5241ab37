"""Documentation gaps: what a codable record lacks or contradicts, each with a query a provider may be sent."""

from oncospan.gaps.lint import LintProblem, QueryRefusedError, lint
from oncospan.gaps.query import compose, indicators_of
from oncospan.gaps.rules import RULES, find_gaps
from oncospan.gaps.view import GapHit, GapView
from oncospan.gaps.wording import Wording, Wordings, wordings

__all__ = [
    "RULES", "GapHit", "GapView", "LintProblem", "QueryRefusedError", "Wording", "Wordings", "compose", "find_gaps", "indicators_of",
    "lint", "wordings",
]  # fmt: skip
