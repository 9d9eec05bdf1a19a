import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Count
from django.db.models.functions import Upper


def list_clashes(apps, schema_editor):
    """Nothing is renamed behind anybody's back: a person decides, and is told what about."""
    products = apps.get_model("catalog", "Product").objects.annotate(named=Upper("sku"))
    twice = products.values("named").annotate(n=Count("*")).filter(n__gt=1).values("named")
    rows = products.filter(named__in=twice).order_by("named", "pk").values_list("pk", "sku")
    if clashing := [f"{sku} (product {pk})" for pk, sku in rows]:
        raise RuntimeError(
            "These skus differ only in letter case; rename all but one of each, then migrate "
            "again: " + ", ".join(clashing)
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_gtin14")]

    operations = [
        migrations.RunPython(list_clashes, migrations.RunPython.noop),
        migrations.RemoveConstraint("product", "product_sku_unique"),
        migrations.AddConstraint(
            "product",
            models.UniqueConstraint(
                django.db.models.functions.text.Upper("sku"), name="product_sku_unique"
            ),
        ),
        migrations.RemoveIndex("product", "product_sku_upper"),
    ]
