from django.db import migrations, models
from django.db.models import Q

# A category is open when it and every one above are active.
OPEN = """
WITH RECURSIVE open(id) AS (
    SELECT id FROM catalog_category WHERE parent_id IS NULL AND is_active
    UNION SELECT c.id FROM catalog_category c JOIN open o ON c.parent_id = o.id WHERE c.is_active
)
UPDATE catalog_category SET is_open = false WHERE id NOT IN (SELECT id FROM open)
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_list_indexes")]

    operations = [
        migrations.AddField(
            "category", "is_open", models.BooleanField(default=True, editable=False)
        ),
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
        # The rows just written leave events behind that the constraint would trip over.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "category",
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(is_active=True), name="category_open_is_active"
            ),
        ),
    ]
