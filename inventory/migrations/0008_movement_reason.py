from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('inventory', '0001_squashed_0007_outbox'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='stockmovement',
            index=models.Index(fields=['reason', '-id'], name='movement_reason'),
        ),
    ]
