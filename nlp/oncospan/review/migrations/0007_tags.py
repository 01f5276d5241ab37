"""The gaps and codes of encounters that earlier versions read in, as the worklist is filtered by them."""

from itertools import islice

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from oncospan.review.tags import tags

_BATCH = 2000


def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    using = editor.connection.alias
    encounters = apps.get_model("review", "Encounter")._base_manager.using(using)  # noqa: SLF001 - Django documents it
    rows = encounters.only("pk").order_by("pk").iterator(_BATCH)
    while some := list(islice(rows, _BATCH)):
        ids = [e.pk for e in some]
        gaps, codes = (_named(apps, using, model, name, ids) for model, name in (("Gap", "gap"), ("Proposal", "code")))
        for e in some:
            e.tags = tags(gaps.get(e.pk, ()), codes.get(e.pk, ()))
        encounters.bulk_update(some, ["tags"], batch_size=100)


def _named(apps: Apps, using: str, model: str, name: str, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = apps.get_model("review", model)._base_manager.using(using).filter(encounter__in=ids)  # noqa: SLF001 - Django documents it
    for encounter, value in rows.order_by("pk").values_list("encounter", name):
        found.setdefault(encounter, []).append(value)
    return found


class Migration(migrations.Migration):
    dependencies = [("review", "0006_list_from_indexes")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
