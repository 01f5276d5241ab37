"""What people did, with how it was before: undo takes the last step back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from oncospan.review.models.asked import Query
from oncospan.review.models.encounters import Encounter


class Action(models.TextChoices):
    """What a step did, and how it is told."""

    DECIDE = "decide", "decided"
    LOOK_AFTER = "look after", "assignment and follow-up set"
    MARK = "mark", "words marked"
    UNMARK = "unmark", "mark removed"
    ASK_REVIEW = "ask review", "second review asked for"
    GIVE_REVIEW = "give review", "second review given"
    QUERY_DRAFT = "query draft", "query begun"
    QUERY_EDIT = "query edit", "draft saved"
    QUERY_SEND = "query send", "query sent"
    QUERY_ANSWER = "query answer", "answer recorded"
    QUERY_CLOSED = "query closed", "query closed"
    QUERY_CANCELLED = "query cancelled", "query cancelled"


class Step(models.Model):
    """A step of a person on an encounter, or on one of its queries; the decisions of a step hang on it."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="steps")
    query = models.ForeignKey(Query, null=True, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=20, choices=Action)
    before = models.JSONField(default=dict)
    """What it changed, as it was; of decisions nothing, for they keep their own past."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """The steps that may be taken back, the last first."""

        indexes: ClassVar = [
            models.Index(fields=["encounter", "id"], name="step_of_encounter", condition=Q(query=None, undone_at=None)),
            models.Index(fields=["query", "id"], name="step_of_query", condition=Q(undone_at=None)),
        ]


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of columns as a step keeps them: days and times as text."""
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}
