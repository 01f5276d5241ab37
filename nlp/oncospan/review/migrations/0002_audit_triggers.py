from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from oncospan.review.audit import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS


def forwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    triggers = {"sqlite": SQLITE_TRIGGERS, "postgresql": POSTGRESQL_TRIGGERS}[editor.connection.vendor]
    for statement in triggers:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("review", "0001_foundation")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
