from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('catalog', '0017_chametz'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(condition=models.Q(('is_active', True)), fields=['category'], include=('passover',), name='product_shown'),
        ),
    ]
