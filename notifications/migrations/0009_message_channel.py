"""The log of messages by the channels that few messages go by."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the running shop

    dependencies = [("notifications", "0008_message_kind")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["channel", "-id"],
                name="message_channel",
                condition=~models.Q(channel="EMAIL"),
            ),
        ),
    ]
