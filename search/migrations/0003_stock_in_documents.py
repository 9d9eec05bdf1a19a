import django.contrib.postgres.fields
from django.db import migrations, models

AT_BRANCHES = """
UPDATE search_searchdocument AS d SET branches = s.branches
  FROM (SELECT s.product_id, array_agg(s.branch_id ORDER BY s.branch_id) AS branches
          FROM inventory_stock s JOIN catalog_product p ON p.id = s.product_id
         WHERE s.on_hand - s.reserved >= p.quantity_step GROUP BY 1) AS s
 WHERE s.product_id = d.product_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_squashed_0002_outbox_and_log"),
        ("inventory", "0001_squashed_0007_outbox"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchdocument",
            name="branches",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.RunSQL(AT_BRANCHES, migrations.RunSQL.noop),
    ]
