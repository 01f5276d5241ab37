"""What the workbench keeps.

Decisions, queries and marks hang on an encounter and the key of a code or gap: they outlive the rows of a run that is read again.
"""

from __future__ import annotations

from oncospan.review.models.asked import FOUND_LATER, Query, QueryState
from oncospan.review.models.decided import Decision, MarkedEvidence, SecondReview, Subject, Verb
from oncospan.review.models.encounters import Encounter, Gap, Note, Proposal, Reading, Run, Severity, TagSet
from oncospan.review.models.people import AuditEvent, ProviderAccount, SavedView
from oncospan.review.models.steps import Action, Step, kept

__all__ = [
    "FOUND_LATER", "Action", "AuditEvent", "Decision", "Encounter", "Gap", "MarkedEvidence", "Note", "Proposal", "ProviderAccount", "Query",
    "QueryState", "Reading", "Run", "SavedView", "SecondReview", "Severity", "Step", "Subject", "TagSet", "Verb", "kept",
]  # fmt: skip
