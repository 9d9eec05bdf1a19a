from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('orders', '0019_delivery_area'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='problemreport',
            index=models.Index(fields=['status', 'id'], name='problem_status'),
        ),
    ]
