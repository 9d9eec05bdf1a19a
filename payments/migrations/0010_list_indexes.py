from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('payments', '0001_squashed_0009_number_begins'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='dispute',
            index=models.Index(fields=['answer_by', 'id'], name='dispute_due'),
        ),
        AddIndexConcurrently(
            model_name='reconciliationcase',
            index=models.Index(fields=['-created_at', '-id'], name='reconciliation_newest'),
        ),
    ]
