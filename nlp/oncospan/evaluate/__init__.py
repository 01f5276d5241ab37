"""Scores against gold, and what differs between two runs."""

from __future__ import annotations

from oncospan.evaluate.facts import SLOTS, Fact, Outcome, Row, gold_facts, record_facts
from oncospan.evaluate.rows import read_rows
from oncospan.evaluate.scores import Evaluation, SlotScore, evaluate

__all__ = [
    "SLOTS", "Evaluation", "Fact", "Outcome", "Row", "SlotScore", "evaluate", "gold_facts", "read_rows", "record_facts",
]  # fmt: skip
