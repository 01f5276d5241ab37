import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0007_tags")]
    operations = [
        migrations.CreateModel(
            name="TagSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tags", models.TextField()),
                ("digest", models.CharField(max_length=64, unique=True)),
            ],
        ),
        migrations.RemoveIndex(model_name="encounter", name="encounter_open"),
        migrations.RemoveIndex(model_name="encounter", name="encounter_done"),
        migrations.RemoveField(model_name="encounter", name="tags"),
        migrations.AddField(
            model_name="encounter",
            name="tag_set",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="review.tagset"),
        ),
    ]
