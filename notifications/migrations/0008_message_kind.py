"""The log of messages by what they tell of."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the running shop

    dependencies = [("notifications", "0007_news")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["kind", "-id"], name="message_kind"),
        ),
    ]
