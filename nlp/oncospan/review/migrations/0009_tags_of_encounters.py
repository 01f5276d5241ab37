"""The setting, gaps and codes of encounters that earlier versions read in, as the worklist is filtered by them."""

import hashlib
from collections import defaultdict
from itertools import islice

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Manager

_BATCH = 5000


def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    encounters, gaps, codes, sets = (_rows(apps, editor, name) for name in ("Encounter", "Gap", "Proposal", "TagSet"))
    numbers: dict[str, int] = {}
    rows = iter(list(encounters.order_by("pk").values_list("pk", "setting")))
    while some := dict(islice(rows, _BATCH)):
        tags = {pk: {f"@{setting} "} for pk, setting in some.items()}
        for pk, gap in gaps.filter(encounter__in=some).values_list("encounter", "gap"):
            tags[pk].add(f"!{gap} ")
        for pk, code in codes.filter(encounter__in=some).values_list("encounter", "code"):
            tags[pk].add(f"={code} ")
        alike = defaultdict(list)
        for pk, own in tags.items():
            alike["".join(sorted(own))].append(pk)
        for text, those in alike.items():
            if text not in numbers:
                numbers[text] = sets.create(tags=text, digest=hashlib.sha256(text.encode()).hexdigest()).pk
            encounters.filter(pk__in=those).update(tag_set=numbers[text])


def _rows(apps: Apps, editor: BaseDatabaseSchemaEditor, name: str) -> Manager:
    return apps.get_model("review", name)._base_manager.using(editor.connection.alias)  # noqa: SLF001 - Django documents it


class Migration(migrations.Migration):
    dependencies = [("review", "0008_tag_sets")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
