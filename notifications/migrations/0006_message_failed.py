from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('notifications', '0005_answered_enquiries'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ['FAILED', 'UNKNOWN'])), fields=['id'], name='message_failed'),
        ),
    ]
