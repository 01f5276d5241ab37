"""What the workbench keeps.

Decisions, queries and marks hang on an encounter and the key of a code or gap: they outlive the rows of a run that is read again.
"""

from __future__ import annotations

from oncospan.review.models.asked import FOUND_LATER, Query, QueryState
from oncospan.review.models.decided import Decision, MarkedEvidence, SecondReview, Subject, Verb
from oncospan.review.models.encounters import MOST_TAGS, Encounter, Gap, Note, Proposal, Reading, Run, Severity
from oncospan.review.models.people import AuditEvent, ProviderAccount, SavedView
from oncospan.review.models.steps import Action, Step, kept

__all__ = [
    "FOUND_LATER", "MOST_TAGS", "Action", "AuditEvent", "Decision", "Encounter", "Gap", "MarkedEvidence", "Note", "Proposal", "ProviderAccount", "Query",
    "QueryState", "Reading", "Run", "SavedView", "SecondReview", "Severity", "Step", "Subject", "Verb", "kept",
]  # fmt: skip
