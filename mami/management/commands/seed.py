"""`manage.py seed`: the demo shop. Safe to repeat: it adds what is missing and changes nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

import accounts.seeding
import branches.seeding
import catalog.seeding
import inventory.seeding
import payments.seeding
import search.seeding
from branches.models import Branch
from catalog.choices import SoldBy
from catalog.models import Product
from core import clock

SEED_LOCK = 0x6D616D69  # "mami": one seed at a time


class Command(BaseCommand):
    help = "Fill an empty shop with branches, delivery windows, the demo catalogue and stock."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fixtures", type=Path, default=settings.BASE_DIR / "fixtures", help="data folder"
        )

    def handle(self, *args: Any, fixtures: Path, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SEED_LOCK])
        try:
            self._seed(fixtures)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SEED_LOCK])

    def _seed(self, folder: Path) -> None:
        shops = json.loads((folder / "branches.json").read_text(encoding="utf-8"))
        self._step("branches", branches.seeding.seed_branches(branches=shops))
        self._step("delivery windows", branches.seeding.seed_slots())
        self._step("localities", branches.seeding.seed_localities(folder=folder))
        self._step("departments and categories", catalog.seeding.seed_categories(folder=folder))
        self._step("brands", catalog.seeding.seed_brands(folder=folder))
        products = catalog.seeding.seed_products(folder=folder, now=clock.now())
        self._step("products", products)
        self._step("search rules", search.seeding.seed_rules(folder=folder))
        self._step("stock rows", inventory.seeding.seed_stock(counts=_opening_counts()))
        self._step("products indexed for search", search.seeding.index_all())
        if settings.DEBUG or settings.MAMI_DEMO:
            self._step("delivery areas", branches.seeding.seed_areas())
            people = accounts.seeding.seed_people()
            payments.seeding.seed_cards(users=people)
            self._step("demo people", len(people))
        if products:
            self._tell_the_planner()

    def _tell_the_planner(self) -> None:
        """Else the first questions are planned for an empty shop."""
        models = [
            *apps.get_app_config("catalog").get_models(),
            *apps.get_app_config("search").get_models(),
            apps.get_model("inventory.Stock"),
        ]
        tables = (connection.ops.quote_name(model._meta.db_table) for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables)}")

    def _step(self, what: str, added: int) -> None:
        self.stdout.write(f"  {what}: {added} added" if added else f"  {what}: nothing to add")
        self.stdout.flush()


def _opening_counts() -> Iterator[inventory.seeding.OpeningCount]:
    """Believable amounts, the same on every machine: most shelves full, a few low, a few empty."""
    shops = list(Branch.objects.values_list("pk", "code", "is_delivery_source"))
    for product in Product.objects.only(
        "pk", "sku", "sold_by", "quantity_step", "price_controlled"
    ):
        for branch_id, code, is_source in shops:
            dice = zlib.crc32(f"{product.sku}@{code}".encode())
            full = 40 + dice % 110 if is_source else 6 + dice % 30
            chance = dice // 128 % 1000
            steps = full
            if not product.price_controlled and chance < (10 if is_source else 1):
                steps = 0
            elif not product.price_controlled and is_source and chance < 18:
                steps = 1 + dice % 3
            step = product.quantity_step if product.sold_by == SoldBy.WEIGHT else Decimal(1)
            yield inventory.seeding.OpeningCount(
                product_id=product.pk,
                branch_id=branch_id,
                on_hand=steps * step,
                reorder_point=(full // 5) * step,
            )
