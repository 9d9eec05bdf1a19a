from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running shop

    dependencies = [
        ('payments', '0010_renewals'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='providercall',
            index=models.Index(fields=['kind', '-id'], name='provider_call_kind'),
        ),
        AddIndexConcurrently(
            model_name='providercall',
            index=models.Index(condition=models.Q(('state', 'REFUSED')), fields=['-id'], name='provider_call_refused'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['created_at', '-id'], name='payment_created'),
        ),
        AddIndexConcurrently(
            model_name='dispute',
            index=models.Index(fields=['closed_at'], name='dispute_closed'),
        ),
        AddIndexConcurrently(
            model_name='dispute',
            index=models.Index(fields=['answer_by', 'id'], name='dispute_due'),
        ),
        AddIndexConcurrently(
            model_name='reconciliationcase',
            index=models.Index(fields=['-created_at', '-id'], name='reconciliation_newest'),
        ),
    ]
