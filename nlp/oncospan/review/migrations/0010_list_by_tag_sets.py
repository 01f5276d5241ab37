import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0009_tags_of_encounters")]
    operations = [
        migrations.AlterField(
            model_name="encounter",
            name="tag_set",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="review.tagset"),
        ),
        migrations.AddIndex(
            model_name="encounter",
            index=models.Index(
                condition=models.Q(("open", True)),
                fields=["rank", "id", "tag_set", "assignee", "open"],
                name="encounter_open",
            ),
        ),
        migrations.AddIndex(
            model_name="encounter",
            index=models.Index(
                condition=models.Q(("open", False), ("waiting", 0)),
                fields=["rank", "id", "tag_set", "assignee", "open", "waiting"],
                name="encounter_done",
            ),
        ),
        migrations.AddIndex(
            model_name="encounter",
            index=models.Index(
                fields=["tag_set", "open", "waiting", "rank", "id", "assignee"],
                name="encounter_tag_set",
            ),
        ),
        migrations.RemoveIndex(model_name="encounter", name="encounter_waiting"),
        migrations.AddIndex(
            model_name="encounter",
            index=models.Index(
                condition=models.Q(("waiting__gt", 0)), fields=["rank", "id", "open", "waiting"], name="encounter_waiting"
            ),
        ),
    ]
