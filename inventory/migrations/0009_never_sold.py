"""Whether anything was ever picked from a shelf is told by its row, and kept by a trigger: no page reads all movements."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0009_ordered_as'),
        ('catalog', '0019_counted_with_steps'),
        ('inventory', '0008_movement_reason'),
    ]

    operations = [
        migrations.AddField(
            model_name='stock',
            name='was_picked',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Whether anything of it was ever picked for an order; the database tells it by itself.', verbose_name='sold before'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockmovement',
            trigger=pgtrigger.compiler.Trigger(name='tells_sold', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."reason" = \'PICK\')', func='UPDATE inventory_stock SET was_picked = true WHERE id = NEW.stock_id AND NOT was_picked; RETURN NULL;', hash='9f60de786d9abb1139e58d89c8acc43b49add4b5', operation='INSERT', pgid='pgtrigger_tells_sold_b93ac', table='inventory_stockmovement', when='AFTER')),
        ),
    ]
