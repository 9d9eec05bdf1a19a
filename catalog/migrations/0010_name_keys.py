"""A folded key beside each name, by which lists are sorted."""

from __future__ import annotations

from django.db import migrations, models

from core.name_keys import FUNCTION, key_of


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_sku_without_case")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION name_key(text, text)"),
        *(
            migrations.AddField(model, f"key_{language}", key_of(f"name_{language}", language))
            for model in ("category", "brand", "product")
            for language in ("he", "en")
        ),
        migrations.AlterModelOptions(
            "brand",
            {"ordering": ["key_he"], "verbose_name": "brand", "verbose_name_plural": "brands"},
        ),
        migrations.RemoveIndex("product", "product_name_he"),
        migrations.RemoveIndex("product", "product_name_en"),
        migrations.AddIndex("product", models.Index(fields=["key_he"], name="product_key_he")),
        migrations.AddIndex("product", models.Index(fields=["key_en"], name="product_key_en")),
    ]
