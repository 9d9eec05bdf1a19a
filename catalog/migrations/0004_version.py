"""The catalogue's version, and what its shelves are walked by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_search_words")]

    operations = [
        migrations.RunSQL(
            # Used once, so that the first change moves it on.
            ["CREATE SEQUENCE catalog_version", "SELECT nextval('catalog_version')"],
            "DROP SEQUENCE catalog_version",
        ),
    ]
