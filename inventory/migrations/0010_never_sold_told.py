"""What was sold before the trigger came, in batches, so that no checkout waits for long."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models

BATCH = 5000
TELL = """
UPDATE inventory_stock AS s SET was_picked = true
WHERE s.id > %s AND s.id <= %s AND NOT s.was_picked AND EXISTS (
    SELECT FROM inventory_stockmovement AS m WHERE m.stock_id = s.id AND m.reason = 'PICK'
)
"""


def tell(apps, schema_editor):
    last = apps.get_model('inventory', 'Stock').objects.aggregate(last=models.Max('pk'))['last'] or 0
    with connection.cursor() as cursor:
        for first in range(0, last, BATCH):
            cursor.execute(TELL, [first, first + BATCH])


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('inventory', '0009_never_sold'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name='stock',
            index=models.Index(condition=models.Q(('was_picked', False)), fields=['branch', 'product'], name='stock_never_sold'),
        ),
    ]
