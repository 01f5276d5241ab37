"""What the workbench keeps.

Decisions, queries and marks hang on an encounter and the key of a code or gap: they outlive the rows of a run that is read again.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from oncospan.review.roles import PERMISSIONS

_KEY = 300
"""The longest id of an export that is kept."""

FOUND_LATER = "A later run found the documentation"
"""Why a query is closed whose gap a run raises no more."""


class Severity(models.IntegerChoices):
    """How much an open gap weighs."""

    NONE = 0, "none"
    LOW = 1, "low"
    MEDIUM = 2, "medium"
    HIGH = 3, "high"


class Run(models.Model):
    """The records of one run, and how far they have been read."""

    digest = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=255)
    engine = models.CharField(max_length=80, blank=True)
    pack = models.CharField(max_length=160, blank=True)
    pack_digest = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0)
    """Bytes of the file that are in the database."""
    line = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)


class Encounter(models.Model):
    """What one record stands for (an encounter, a patient or a single note), as the worklist sorts it."""

    key = models.CharField(max_length=2 * _KEY, unique=True)
    level = models.CharField(max_length=10)
    run = models.ForeignKey(Run, on_delete=models.PROTECT)
    patient_ref = models.CharField(max_length=_KEY, blank=True, db_index=True)
    encounter_ref = models.CharField(max_length=_KEY, blank=True, db_index=True)
    date = models.DateField(null=True)
    setting = models.CharField(max_length=20)
    release = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    """Grows with every change by a person: who acts on an older one is told so."""
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="encounters")
    follow_up = models.DateField(null=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.NONE)
    """Of its weightiest open gap."""
    doubt = models.PositiveSmallIntegerField(default=1000)
    """The least confidence of its open codes in thousandths; 1000 without any."""
    open_codes = models.PositiveSmallIntegerField(default=0)
    open_gaps = models.PositiveSmallIntegerField(default=0)
    waiting = models.PositiveSmallIntegerField(default=0)
    """Queries that a provider has not answered."""
    open = models.BooleanField(default=True)
    """Whether there is anything left for a reviewer to do."""
    rank = models.BigIntegerField(default=0)
    """The place in the worklist: lower comes sooner."""

    class Meta:
        """Indexes of the worklist: whatever is filtered, the rank follows."""

        indexes: ClassVar = [
            models.Index(fields=["rank", "id"], name="encounter_open", condition=Q(open=True)),
            models.Index(fields=["assignee", "rank", "id"], name="encounter_assignee", condition=Q(open=True)),
            models.Index(fields=["severity", "rank", "id"], name="encounter_severity", condition=Q(open=True)),
            models.Index(fields=["rank", "id"], name="encounter_done", condition=Q(open=False, waiting=0)),
            models.Index(fields=["follow_up", "rank", "id"], name="encounter_follow_up", condition=Q(follow_up__isnull=False)),
            models.Index(fields=["rank", "id"], name="encounter_waiting", condition=Q(waiting__gt=0)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(key=""), name="encounter_has_key"),
            models.CheckConstraint(condition=Q(doubt__lte=1000), name="encounter_doubt_in_thousandths"),
        ]
        default_permissions = ()
        permissions = tuple(PERMISSIONS.items())


class Reading(models.Model):
    """The record of an encounter as it was imported: findings, refused codes and errors are shown from it."""

    encounter = models.OneToOneField(Encounter, on_delete=models.CASCADE, primary_key=True, related_name="reading")
    record = models.TextField()


class Note(models.Model):
    """A note of an encounter; its text is never rewritten."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="notes")
    ref = models.CharField(max_length=_KEY)
    date = models.DateField(null=True)
    type = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20)
    text = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        """One note of an id in an encounter."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["encounter", "ref"], name="note_once")]


class Proposal(models.Model):
    """A code of the present run, as the worklist and the figures need it; the rest stands in the record."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="proposals")
    code = models.CharField(max_length=10)
    sequence = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10)
    confidence = models.PositiveSmallIntegerField()
    """In thousandths."""
    rule = models.CharField(max_length=200)

    class Meta:
        """One proposal of a code in an encounter."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["encounter", "code"], name="proposal_once"),
            models.CheckConstraint(condition=Q(confidence__lte=1000), name="proposal_confidence_in_thousandths"),
        ]
        indexes: ClassVar = [models.Index(fields=["code", "encounter"], name="proposal_code")]


class Gap(models.Model):
    """A gap of the present run; ``key`` is its id, with a number where the encounter has several of one id."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="gaps")
    key = models.CharField(max_length=90)
    gap = models.CharField(max_length=80)
    severity = models.PositiveSmallIntegerField(choices=Severity)

    class Meta:
        """One gap of a key in an encounter."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["encounter", "key"], name="gap_once")]
        indexes: ClassVar = [models.Index(fields=["gap", "encounter"], name="gap_of_id")]


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
    note_ref = models.CharField(max_length=_KEY)
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


class SavedView(models.Model):
    """A person's filters of the worklist under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    filters = models.JSONField()

    class Meta:
        """Names are a person's own."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="view_name_once")]


class AuditEvent(models.Model):
    """Who saw or did what; each row holds the hash of the one before (see :mod:`oncospan.review.audit`)."""

    number = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=32)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    encounter = models.BigIntegerField(null=True, db_index=True)
    detail = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
