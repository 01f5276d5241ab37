"""Queries to providers."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from oncospan.review.models.encounters import Encounter

FOUND_LATER = "A later run found the documentation"
"""Why a query is closed whose gap a run raises no more."""


class QueryState(models.TextChoices):
    """Where a query stands."""

    DRAFT = "draft", "draft"
    OPEN = "open", "open"
    ANSWERED = "answered", "answered"
    CLOSED = "closed", "closed"
    CANCELLED = "cancelled", "cancelled"


class Query(models.Model):
    """A question to the provider about a gap, as it was edited, and what came of it."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="queries")
    gap_key = models.CharField(max_length=90)
    state = models.CharField(max_length=10, choices=QueryState, default=QueryState.DRAFT)
    title = models.CharField(max_length=300)
    indicators = models.JSONField()
    question = models.TextField()
    options = models.JSONField()
    addressee = models.CharField(max_length=200, blank=True)
    due = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    """Why it was closed or cancelled."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="queries")
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """What a query must have in its state."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["encounter", "gap_key"], condition=Q(state__in=["draft", "open", "answered"]), name="query_once_alive"
            ),
            models.CheckConstraint(condition=~Q(state__in=["closed", "cancelled"]) | ~Q(reason=""), name="query_end_has_reason"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(state="cancelled") | Q(sent_at__isnull=False), name="query_sent"
            ),
            models.CheckConstraint(condition=~Q(state="answered") | ~Q(outcome=""), name="query_answer_has_outcome"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("sent_at")), name="query_answer_follows"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due", "id"], name="query_state_due")]
