"""The counts of a shelf read an index alone again: what is in stock is told by a product's step as well."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running shop, and the old one taken away after it

    dependencies = [("catalog", "0018_shown_index")]

    operations = [
        AddIndexConcurrently(
            model_name="product",
            index=models.Index(
                fields=["id"],
                include=[
                    *("category", "brand", "price", "old_price", "dietary_tags", "allergens"),
                    "quantity_step",
                ],
                name="product_counts",
                condition=models.Q(is_active=True),
            ),
        ),
        RemoveIndexConcurrently(model_name="product", name="product_counted"),
    ]
