"""The decisions of earlier versions that stand, each as a step, so that they can be taken back."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    using = editor.connection.alias
    decisions = apps.get_model("review", "Decision")._base_manager.using(using)  # noqa: SLF001 - Django documents it
    steps = apps.get_model("review", "Step")._base_manager.using(using)  # noqa: SLF001 - Django documents it
    for d in decisions.filter(undone_at=None, step=None).order_by("pk").iterator():
        step = steps.create(encounter_id=d.encounter_id, action="decide", by_id=d.by_id, at=d.at)
        decisions.filter(pk=d.pk).update(step=step)


class Migration(migrations.Migration):
    dependencies = [("review", "0004_steps")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
