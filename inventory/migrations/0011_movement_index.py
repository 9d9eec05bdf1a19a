"""A movement is found by its stock along `movement_stock`; another index of the same began so too."""

import django.db.models.deletion
from django.db import migrations, models

DROP = "DROP INDEX IF EXISTS inventory_stockmovement_stock_id_041b80f1"
MAKE = "CREATE INDEX IF NOT EXISTS inventory_stockmovement_stock_id_041b80f1 ON inventory_stockmovement (stock_id)"


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('inventory', '0010_never_sold_told'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name='stockmovement',
                    name='stock',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.stock'),
                ),
            ],
        ),
    ]
