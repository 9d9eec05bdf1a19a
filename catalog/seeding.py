"""The demo catalogue, from `fixtures/`. Adds what is missing, changes nothing that is there."""

from __future__ import annotations

import csv
import datetime as dt
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from catalog.models import Brand, Category, PriceHistory, Product
from catalog.passover import guessed
from core.gtin import known_gtin14

EARLIER = dt.timedelta(days=45)
OFFER_STARTED = dt.timedelta(days=3)


def seed_categories(*, folder: Path) -> int:
    """Add the departments and categories whose slug is unknown; returns how many."""
    departments = json.loads((folder / "departments.json").read_text(encoding="utf-8"))
    known = {category.slug: category for category in Category.objects.all()}
    added = 0
    for place, fields in enumerate(departments, start=1):
        department = known.get(fields["slug"])
        if department is None:
            department = _category(fields, aisle=fields["aisle"], parent=None, position=place * 100)
            added += 1
        for number, child in enumerate(fields["categories"], start=1):
            if child["slug"] not in known:
                position = place * 100 + number
                _category(child, aisle=fields["aisle"], parent=department, position=position)
                added += 1
    return added


def _category(
    fields: dict[str, Any], *, aisle: str, parent: Category | None, position: int
) -> Category:
    return Category.objects.create(
        slug=fields["slug"],
        name_he=fields["name_he"],
        name_en=fields["name_en"],
        icon=fields["icon"],
        aisle=aisle,
        parent=parent,
        position=position,
        is_open=parent is None or parent.is_open,
    )


def seed_brands(*, folder: Path) -> int:
    """Add the brands whose slug is unknown; returns how many."""
    known = set(Brand.objects.values_list("slug", flat=True))
    brands = [
        Brand(**fields, label=zlib.crc32(fields["slug"].encode()) % 6 + 1)
        for fields in json.loads((folder / "brands.json").read_text(encoding="utf-8"))
        if fields["slug"] not in known
    ]
    return len(Brand.objects.bulk_create(brands))


def seed_products(*, folder: Path, now: dt.datetime) -> int:
    """Add the products whose sku is unknown, with their price history; returns how many."""
    known = {sku.upper() for sku in Product.objects.values_list("sku", flat=True)}
    numbers = set(Product.objects.exclude(gtin14=None).values_list("gtin14", flat=True))
    categories = dict(Category.objects.values_list("slug", "id"))
    brands = dict(Brand.objects.values_list("slug", "id"))
    products = [
        _product(row, categories, brands)
        for row in _rows(folder)
        if row["sku"].upper() not in known and known_gtin14(row["barcode"]) not in numbers
    ]
    with transaction.atomic():
        created = Product.objects.bulk_create(products, batch_size=500)
        PriceHistory.objects.bulk_create(
            [price for product in created for price in _prices(product, now)]
        )
    return len(created)


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _product(row: dict[str, str], categories: dict[str, int], brands: dict[str, int]) -> Product:
    return Product(
        sku=row["sku"],
        barcode=row["barcode"] or None,
        gtin14=known_gtin14(row["barcode"]),
        category_id=categories[row["category"]],
        brand_id=brands[row["brand"]] if row["brand"] else None,
        name_he=row["name_he"],
        name_en=row["name_en"],
        description_he=row["description_he"],
        description_en=row["description_en"],
        price=Decimal(row["price"]),
        old_price=Decimal(row["old_price"]) if row["old_price"] else None,
        sold_by=row["sold_by"],
        quantity_step=Decimal(row["quantity_step"]),
        size=Decimal(row["size"]),
        size_unit=row["size_unit"],
        vat_class_id=row["vat_class"],
        deposit=Decimal(row["deposit"] or 0),
        dietary_tags=_split(row["dietary_tags"]),
        allergens=_split(row["allergens"]),
        passover=guessed(tags=_split(row["dietary_tags"]), allergens=_split(row["allergens"])),
        bin=row["bin"],
        icon=row["icon"],
        garnish=row["garnish"],
        accent=row["accent"],
        price_controlled=row["price_controlled"] == "true",
    )


def _prices(product: Product, now: dt.datetime) -> list[PriceHistory]:
    """The price now; for an offer also the price before it, which stood for weeks."""
    if product.old_price is None:
        return [PriceHistory(product=product, price=product.price, valid_from=now - EARLIER)]
    return [
        PriceHistory(product=product, price=product.old_price, valid_from=now - EARLIER),
        PriceHistory(
            product=product,
            price=product.price,
            old_price=product.old_price,
            valid_from=now - OFFER_STARTED,
        ),
    ]


def _split(text: str) -> list[str]:
    return [part for part in text.split(";") if part]
