from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BATCH = 2_000
FILL = """
UPDATE search_searchdocument AS d
   SET category_id = p.category_id, path = search_path_of(p.category_id), brand_id = p.brand_id,
       tags = p.dietary_tags, allergens = p.allergens, price = p.price,
       on_sale = p.old_price IS NOT NULL, is_active = p.is_active,
       is_chametz = p.passover IS NOT DISTINCT FROM 'NOT'
  FROM catalog_product p
 WHERE p.id = d.product_id AND d.category_id IS NULL AND d.product_id > %s AND d.product_id <= %s
"""


def filled(apps, schema_editor):
    """Of the documents that are there, in batches; those that changed meanwhile are right already."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(product_id), 0) FROM search_searchdocument")
        (last,) = cursor.fetchone()
        for start in range(0, last, BATCH):
            cursor.execute(FILL, [start, start + BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0004_documents_of_the_law")]

    operations = [
        migrations.RunPython(filled, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="searchdocument",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["category_id"],
                name="search_document_category",
            ),
        ),
        AddIndexConcurrently(
            model_name="searchdocument",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["alike", "-popularity", "product"],
                include=("price",),
                name="search_document_alike",
            ),
        ),
    ]
