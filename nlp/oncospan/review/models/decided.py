"""What people decide, mark and review a second time: it hangs on an encounter and the key of a code or gap."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from oncospan.review.models.encounters import LONGEST_ID, Encounter
from oncospan.review.models.steps import Step


class Subject(models.TextChoices):
    """What a decision is about."""

    CODE = "code", "code"
    GAP = "gap", "gap"
    ORDER = "order", "order of the codes"


class Verb(models.TextChoices):
    """What was decided."""

    ACCEPT = "accept", "accepted"
    REJECT = "reject", "rejected"
    REPLACE = "replace", "replaced"
    ADD = "add", "added"
    DISMISS = "dismiss", "dismissed"
    REORDER = "reorder", "reordered"


class Decision(models.Model):
    """What a person decided of a code, of a gap, or of the order; one is in force at a time, undoing brings back the one before."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="decisions")
    subject = models.CharField(max_length=10, choices=Subject)
    key = models.CharField(max_length=90, blank=True)
    verb = models.CharField(max_length=10, choices=Verb)
    reason = models.TextField(blank=True)
    code = models.CharField(max_length=10, blank=True)
    """The code in its place, or the added one."""
    title = models.CharField(max_length=400, blank=True)
    order = models.JSONField(default=list)
    rule = models.CharField(max_length=200, blank=True)
    """The rule whose work was judged, for the figures."""
    in_force = models.BooleanField(default=True)
    before = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="after")
    step = models.ForeignKey(Step, null=True, on_delete=models.PROTECT, related_name="decisions")
    """With what else it was decided at once."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """What a decision must tell."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["encounter", "subject", "key"], condition=Q(in_force=True), name="decision_in_force"),
            models.CheckConstraint(condition=Q(in_force=False) | Q(undone_at__isnull=True), name="decision_undone_rests"),
            models.CheckConstraint(
                condition=~Q(verb__in=["reject", "replace", "dismiss"]) | ~Q(reason=""), name="decision_has_reason"
            ),
            models.CheckConstraint(condition=~Q(verb__in=["replace", "add"]) | ~Q(code=""), name="decision_has_code"),
        ]
        indexes: ClassVar = [models.Index(fields=["encounter", "in_force", "id"], name="decision_of_encounter")]


class SecondReview(models.Model):
    """A second person's look at the decisions of an encounter."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="second_reviews")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews_asked")
    asked_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="reviews_given")
    at = models.DateTimeField(null=True)
    agrees = models.BooleanField(null=True)
    comment = models.TextField(blank=True)

    class Meta:
        """One that is asked for at a time; nobody reviews what he asked for; who disagrees says why."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["encounter"], condition=Q(agrees__isnull=True), name="second_review_once"),
            models.CheckConstraint(condition=Q(by__isnull=True) | ~Q(by=F("asked_by")), name="second_review_by_another"),
            models.CheckConstraint(condition=~Q(agrees=False) | ~Q(comment=""), name="second_review_says_why"),
        ]


class MarkedEvidence(models.Model):
    """Words of a note that a person marked because the run had missed them."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="marks")
    note_ref = models.CharField(max_length=LONGEST_ID)
    note_digest = models.CharField(max_length=64)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    text = models.TextField()
    kind = models.CharField(max_length=20)
    comment = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="marks")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A mark covers something, once."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="mark_covers_words"),
            models.UniqueConstraint(fields=["encounter", "note_ref", "start", "end", "kind"], name="mark_once"),
        ]
