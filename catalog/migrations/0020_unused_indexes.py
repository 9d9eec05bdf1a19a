"""Counts are read from documents, prices of a product along `price_history_product`."""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

DROP = "DROP INDEX IF EXISTS catalog_pricehistory_product_id_968a42f8"
MAKE = "CREATE INDEX IF NOT EXISTS catalog_pricehistory_product_id_968a42f8 ON catalog_pricehistory (product_id)"


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog', '0019_counted_with_steps'),
    ]

    operations = [
        RemoveIndexConcurrently(model_name='product', name='product_counts'),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name='pricehistory',
                    name='product',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='catalog.product'),
                ),
            ],
        ),
    ]
