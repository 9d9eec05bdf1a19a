"""Shelves without a text are walked department by department, in their order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_version")]

    operations = [
        migrations.AddIndex(
            model_name="category",
            index=models.Index(fields=["position", "id"], name="category_place"),
        ),
    ]
