"""Which texts ended how is told by an index: the page of searched texts looks at no others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0006_rules_edited")]

    operations = [
        AddIndexConcurrently(
            model_name="searchquerylog",
            index=models.Index(fields=["status", "text"], name="search_query_log_ended"),
        )
    ]
