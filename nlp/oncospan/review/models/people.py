"""What belongs to a person, and who saw and did what."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


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


class ProviderAccount(models.Model):
    """Whose account of the site's provider a person logs in with."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_account")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)

    class Meta:
        """One person of an account."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="provider_account_once")]
