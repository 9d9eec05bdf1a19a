"""The UNLOGGED table behind `core.cache.PostgresCache`."""

from django.db import migrations

from core.cache import CREATE


class Migration(migrations.Migration):
    dependencies: list = []
    operations = [
        migrations.RunSQL(CREATE.format(table="mami_cache"), "DROP TABLE IF EXISTS mami_cache")
    ]
