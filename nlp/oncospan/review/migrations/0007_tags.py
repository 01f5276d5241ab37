"""The column that 0006 made is filled no more: 0009 fills its successor from the same tables."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("review", "0006_list_from_indexes")]
    operations = ()
