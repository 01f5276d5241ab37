"""The second review of an encounter, marks made by hand, and who looks after it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from oncospan.review import audit
from oncospan.review.decisions import Refused, Stale, claim
from oncospan.review.models import Action, Encounter, MarkedEvidence, SecondReview, Step, kept

if TYPE_CHECKING:
    from oncospan.review.models import Note

KINDS = ("primary", "metastasis", "functional", "confirmation", "other")
"""What marked words can be evidence of."""

_CHANGED = "Somebody else changed an encounter a moment ago: it stays as it was. Look at it again."


def ask(encounter_id: int, version: int, user: User) -> Encounter:
    """The encounter after a second review was asked for. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        if SecondReview.objects.filter(encounter=encounter, agrees=None).exists():
            raise Refused("A second review has been asked for already.")
        asked = SecondReview.objects.create(encounter=encounter, asked_by=user)
        _step(user, encounter, Action.ASK_REVIEW, review=asked.pk)
        _audit(user, encounter, "ask second review")
    return encounter


def give(encounter_id: int, version: int, user: User, *, agrees: bool, comment: str) -> Encounter:
    """The encounter after a second review was given. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        asked = SecondReview.objects.filter(encounter=encounter, agrees=None).first()
        if asked is None:
            raise Refused("No second review has been asked for.")
        if asked.asked_by_id == user.pk:
            raise Refused("Who asked for the second review cannot give it.")
        if not agrees and not comment.strip():
            raise Refused("Say what you disagree with.")
        asked.by, asked.at, asked.agrees, asked.comment = user, timezone.now(), agrees, comment.strip()[:4000]
        asked.save()
        _step(user, encounter, Action.GIVE_REVIEW, review=asked.pk)
        _audit(user, encounter, "second review", agrees=agrees)
    return encounter


def mark(encounter_id: int, version: int, user: User, note: Note, start: int, end: int, kind: str, comment: str) -> Encounter:
    """The encounter after words of a note were marked as evidence. Raises Stale, Refused."""
    if not 0 <= start < end <= len(note.text) or end - start > 2000 or kind not in KINDS:
        raise Refused("The note has no such words. Select some, or write them as they stand there.")
    try:
        with transaction.atomic():
            encounter = claim(encounter_id, version)
            made = MarkedEvidence.objects.create(
                encounter=encounter, note_ref=note.ref, note_digest=note.digest, start=start, end=end,
                text=note.text[start:end], kind=kind, comment=comment.strip()[:1000], by=user,
            )  # fmt: skip
            _step(user, encounter, Action.MARK, mark=made.pk)
            _audit(user, encounter, "mark evidence", mark=made.pk, kind=kind, start=start, end=end)
    except IntegrityError:
        raise Refused("These words are marked already.") from None
    return encounter


def place_of(note: Note, words: str) -> tuple[int, int]:
    """Where words stand in a note, however its lines are broken: their first place not marked yet; (-1, -1) for nowhere."""
    parts = [re.escape(p) for p in words[:2000].split()]
    if not parts:
        return -1, -1
    places = [m.span() for m in re.finditer(r"\s+".join(parts), note.text, re.IGNORECASE)]
    held = set(MarkedEvidence.objects.filter(encounter=note.encounter_id, note_ref=note.ref).values_list("start", "end"))
    return next((p for p in places if p not in held), places[0] if places else (-1, -1))


def unmark(encounter_id: int, version: int, user: User, number: int) -> Encounter:
    """The encounter after a mark was removed. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        gone = MarkedEvidence.objects.filter(pk=number, encounter=encounter).first()
        if gone is None:
            raise Refused("The mark has been removed already.")
        columns = (f.attname for f in MarkedEvidence._meta.concrete_fields)  # noqa: SLF001 - Django documents it
        _step(user, encounter, Action.UNMARK, **{name: getattr(gone, name) for name in columns})
        gone.delete()
        _audit(user, encounter, "remove mark", mark=number)
    return encounter


def look_after(encounter_id: int, version: int, user: User, assignee: User | None, follow_up: dt.date | None) -> Encounter:
    """The encounter after its assignee and follow-up date were set. Raises Stale, Refused."""
    with transaction.atomic():
        encounter = claim(encounter_id, version)
        before, after = encounter.assignee_id, assignee.pk if assignee else None
        if before != after and {before, after} - {None, user.pk} and not user.has_perm("review.assign"):
            raise Refused("Only a lead gives encounters to others: take it yourself, or ask a lead.")
        _step(user, encounter, Action.LOOK_AFTER, assignee=encounter.assignee_id, follow_up=encounter.follow_up)
        encounter.assignee, encounter.follow_up = assignee, follow_up
        encounter.save(update_fields=["assignee", "follow_up"])
        name = assignee.get_username() if assignee else None
        _audit(user, encounter, "assign", assignee=name, follow_up=follow_up.isoformat() if follow_up else None)
    return encounter


def look_after_all(chosen: Sequence[tuple[int, int]], user: User, assignee: User | None) -> tuple[int, list[str]]:
    """Give encounters (number and version) to a person: how many, and why the others were not."""
    given, why = 0, []
    with transaction.atomic():
        until = dict(Encounter.objects.filter(pk__in=[pk for pk, _ in chosen]).values_list("pk", "follow_up"))
        for pk, version in chosen:
            try:
                look_after(pk, version, user, assignee, until.get(pk))
            except Stale:
                why.append(_CHANGED)
            except Refused as e:
                why.append(str(e))
            else:
                given += 1
    return given, why


def _step(user: User, encounter: Encounter, action: Action, **before: object) -> None:
    Step.objects.create(encounter=encounter, action=action, before=kept(before), by=user)


def _audit(user: User, encounter: Encounter, action: str, **detail: object) -> None:
    audit.record(audit.Entry(actor=user.get_username(), action=action, encounter=encounter.pk, detail=detail))
