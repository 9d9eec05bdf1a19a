"""`manage.py index_products`: write the search entry of every product anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from catalog.indexing import BATCH, index_products, rebuild_words
from catalog.models import Product


class Command(BaseCommand):
    help = "Index all products for search; needed only after the rules of indexing have changed."

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            index_products(ids[start : start + BATCH])
            self.stdout.write(f"  {min(start + BATCH, len(ids))} of {len(ids)} products")
        rebuild_words()
        self.stdout.write("  words counted")
