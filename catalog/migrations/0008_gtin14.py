from django.db import migrations, models
from django.db.models import Q, Value
from django.db.models.functions import LPad

from core.gtin import VALID_DIGITS, known_gtin14


def fill(apps, schema_editor):
    """Numbers for the barcodes that are one; of two that are the same, the older product keeps it."""
    Product = apps.get_model("catalog", "Product")
    taken = set()
    changed = []
    for product in Product.objects.exclude(barcode=None).only("pk", "barcode").order_by("pk"):
        number = known_gtin14(product.barcode)
        if number is not None and number not in taken:
            taken.add(number)
            product.gtin14 = number
            changed.append(product)
    Product.objects.bulk_update(changed, ["gtin14"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_open_categories")]

    operations = [
        migrations.AlterField(
            "product",
            "barcode",
            models.CharField(
                blank=True,
                max_length=14,
                null=True,
                validators=[VALID_DIGITS],
                verbose_name="barcode",
            ),
        ),
        migrations.AddField(
            "product", "gtin14", models.CharField(editable=False, max_length=14, null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "product",
            models.UniqueConstraint(fields=("gtin14",), name="product_gtin14_unique"),
        ),
        migrations.AddConstraint(
            "product",
            models.CheckConstraint(
                condition=Q(gtin14__isnull=True)
                | Q(barcode__isnull=False, gtin14=LPad("barcode", 14, Value("0"))),
                name="product_gtin14_is_barcode",
            ),
        ),
    ]
