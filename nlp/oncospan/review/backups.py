"""Backups: everything the workbench holds as one SQLite file, whichever database it runs on, and the way back.

Sessions, failed log-ins and the secret key stay out: after a restore everybody logs in anew.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from oncospan.errors import InputError, OutputError, UsageError
from oncospan.review import audit
from oncospan.review.config import Config
from oncospan.review.models import AuditEvent, Encounter

_COPY = "copy"
"""The alias under which a copy is a second database for a moment."""

_BATCH = 1000


def back_up(config: Config, path: Path, actor: str = "command line") -> audit.Verdict:
    """The trail of the copy that was written to a new file, taken at one moment while the workbench may go on.

    Raises UsageError where the file is there already, OutputError where it cannot be written.
    """
    if path.exists():
        raise UsageError("the backup is there already", where=str(path), hint="Give it a name of its own.")
    audit.record(audit.Entry(actor=actor, action="back up"))
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        _copied(config, part)
        with _opened(config, part):
            found = _verified(part)
        part.rename(path)
    except (OSError, sqlite3.Error) as e:
        raise OutputError(f"the backup cannot be written ({type(e).__name__})", where=str(path)) from None
    finally:
        part.unlink(missing_ok=True)
    return found


def restore(config: Config, path: Path, *, overwrite: bool = False, actor: str = "command line") -> audit.Verdict:
    """The trail that was restored from a backup, which a later version's tables may have outgrown; all of it or nothing.

    Raises UsageError where there is something that ``overwrite`` does not give away, InputError where the file is no whole backup.
    """
    if not overwrite and (Encounter.objects.exists() or User.objects.exists()):
        hint = "Back it up, then restore with --overwrite; or restore into another folder with --data."
        raise UsageError("the workbench is not empty", where=str(config.data), hint=hint)
    lost = AuditEvent.objects.order_by("-number").values_list("number", "hash").first()
    with tempfile.TemporaryDirectory(dir=config.data, prefix="restore-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        try:
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as given,
                closing(sqlite3.connect(copy)) as own,
            ):
                given.backup(own)
            _check_file(copy, path)
        except sqlite3.Error as e:
            raise InputError(f"this is no backup of the workbench ({type(e).__name__})", where=str(path)) from None
        with _opened(config, copy):
            _check_version(path)
            found = _verified(path)
            if connection.vendor == "sqlite":
                connections[_COPY].close()
                connection.close()
                with closing(sqlite3.connect(copy)) as own, closing(sqlite3.connect(config.sqlite, timeout=20)) as live:
                    own.backup(live)
            else:
                _fill(DEFAULT_DB_ALIAS, _COPY)
    detail = {"events": found.events, "hash": found.head}
    if lost:
        detail |= {"replaced_events": lost[0], "replaced_hash": lost[1]}
    audit.anchor(audit.Entry(actor=actor, action="restore", detail=detail))
    return found


def _copied(config: Config, part: Path) -> None:
    """Everything in an SQLite file, without the sessions."""
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(f"{config.sqlite.as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(part)) as own,
        ):
            live.backup(own)
            own.execute("PRAGMA secure_delete = ON")
            for table in ("django_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog"):
                own.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            own.commit()
    else:
        with _opened(config, part):
            call_command("migrate", database=_COPY, verbosity=0, interactive=False)
            with transaction.atomic():
                if len(connection.savepoint_ids) == 0:  # a transaction of our own: one moment of the database
                    with connection.cursor() as cursor:
                        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                _fill(_COPY, DEFAULT_DB_ALIAS)
    with closing(sqlite3.connect(part)) as own:
        own.execute("PRAGMA journal_mode = DELETE")


def _tables() -> list[type[Model]]:
    """The tables that a backup holds."""
    labels = ("contenttypes", "auth", "review")
    return [m for label in labels for m in apps.get_app_config(label).get_models(include_auto_created=True)]


def _fill(target: str, source: str) -> None:
    """Put the rows of one database in place of those of the other."""
    with transaction.atomic(using=target):
        _empty(target)
        for model in _tables():
            rows = model._base_manager.using(source).order_by("pk").iterator(chunk_size=_BATCH)  # noqa: SLF001 - Django documents it
            while some := list(islice(rows, _BATCH)):
                model._base_manager.using(target).bulk_create(some)  # noqa: SLF001 - Django documents it
        with connections[target].cursor() as cursor:
            for statement in connections[target].ops.sequence_reset_sql(no_style(), _tables()):
                cursor.execute(statement)


def _empty(target: str) -> None:
    """Remove all rows; those of the audit too, whose triggers rest for it."""
    database = connections[target]
    names = [database.ops.quote_name(m._meta.db_table) for m in _tables()]  # noqa: SLF001 - Django documents it
    with database.cursor() as cursor:
        if database.vendor == "sqlite":  # a copy that was made a moment ago: its audit is empty
            for name in names:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - names of ours
            return
        trail = database.ops.quote_name(AuditEvent._meta.db_table)  # noqa: SLF001 - Django documents it
        cursor.execute(f"ALTER TABLE {trail} DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(names)}, django_session, axes_accessattempt CASCADE")
        cursor.execute(f"ALTER TABLE {trail} ENABLE TRIGGER USER")


@contextmanager
def _opened(config: Config, path: Path) -> Iterator[None]:
    """An SQLite file as Django's second database, as long as the block lasts."""
    settings = {DEFAULT_DB_ALIAS: config.databases()["default"], _COPY: Config(data=path.parent).databases()["default"]}
    connections.settings[_COPY] = {**connections.configure_settings(settings)[_COPY], "NAME": path}
    try:
        yield
    finally:
        connections[_COPY].close()
        del connections[_COPY]
        del connections.settings[_COPY]


def _check_file(copy: Path, path: Path) -> None:
    with closing(sqlite3.connect(copy)) as own:
        tables = {name for (name,) in own.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"django_migrations", "review_auditevent", "review_encounter"} <= tables:
            raise InputError("this is no backup of the workbench", where=str(path))
        if own.execute("PRAGMA integrity_check").fetchone() != ("ok",) or own.execute("PRAGMA foreign_key_check").fetchone():
            raise InputError("the backup is damaged", where=str(path), hint="Restore another one.")


def _check_version(path: Path) -> None:
    """Bring the tables of the copy up to date."""
    loader = MigrationLoader(connections[_COPY])
    if {m for m in loader.applied_migrations if m[0] == "review"} - loader.disk_migrations.keys():
        raise InputError("the backup is of a later version of OncoSpan", where=str(path), hint="Install that version first.")
    call_command("migrate", database=_COPY, verbosity=0, interactive=False)


def _verified(path: Path) -> audit.Verdict:
    """The trail of the copy. Raises InputError where it is broken."""
    try:
        found = audit.verify(AuditEvent.objects.using(_COPY).order_by("number").iterator(chunk_size=5000))
    except DatabaseError as e:
        raise InputError(f"the audit trail cannot be read ({type(e).__name__})", where=str(path)) from None
    if found.fault:
        raise InputError(
            f"its audit trail is broken: {found.fault}", where=str(path), hint="Keep the file: something was changed."
        )
    return found
