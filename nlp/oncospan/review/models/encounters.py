"""What a run says of an encounter: it is replaced when a later run is read in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from oncospan.review.roles import PERMISSIONS

LONGEST_ID = 300
"""The longest id of an export that is kept."""


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


class TagSet(models.Model):
    """The setting, gaps and codes that encounters have in common, once for all of them (see :mod:`oncospan.review.tags`).

    The worklist is filtered by few of these, and then by their numbers in its indexes.
    """

    tags = models.TextField()
    digest = models.CharField(max_length=64, unique=True)


class Encounter(models.Model):
    """What one record stands for (an encounter, a patient or a single note), as the worklist sorts it."""

    key = models.CharField(max_length=2 * LONGEST_ID, unique=True)
    level = models.CharField(max_length=10)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, db_index=False)
    patient_ref = models.CharField(max_length=LONGEST_ID, blank=True, db_index=True)
    encounter_ref = models.CharField(max_length=LONGEST_ID, blank=True, db_index=True)
    date = models.DateField(null=True)
    setting = models.CharField(max_length=20)
    release = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    """Grows with every change by a person: who acts on an older one is told so."""
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="encounters", db_index=False
    )
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
    tag_set = models.ForeignKey(TagSet, on_delete=models.PROTECT, db_index=False)
    """The setting, gaps and codes of the run, as the worklist is filtered by them."""

    class Meta:
        """Indexes of the worklist, by rank, with all that it is filtered by in them: then the table itself is not touched."""

        indexes: ClassVar = [
            models.Index(fields=["rank", "id", "tag_set", "assignee", "open"], name="encounter_open", condition=Q(open=True)),
            models.Index(
                fields=["rank", "id", "tag_set", "assignee", "open", "waiting"],
                name="encounter_done",
                condition=Q(open=False, waiting=0),
            ),
            models.Index(fields=["tag_set", "open", "waiting", "rank", "id", "assignee"], name="encounter_tag_set"),
            models.Index(
                fields=["assignee", "rank", "id", "open"], name="encounter_assignee", condition=Q(assignee__isnull=False)
            ),
            models.Index(fields=["follow_up", "rank", "id"], name="encounter_follow_up", condition=Q(follow_up__isnull=False)),
            models.Index(fields=["rank", "id", "open", "waiting"], name="encounter_waiting", condition=Q(waiting__gt=0)),
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

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="notes", db_index=False)
    ref = models.CharField(max_length=LONGEST_ID)
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

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="proposals", db_index=False)
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


class Gap(models.Model):
    """A gap of the present run; ``key`` is its id, with a number where the encounter has several of one id."""

    encounter = models.ForeignKey(Encounter, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    key = models.CharField(max_length=90)
    gap = models.CharField(max_length=80)
    severity = models.PositiveSmallIntegerField(choices=Severity)

    class Meta:
        """One gap of a key in an encounter."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["encounter", "key"], name="gap_once")]
