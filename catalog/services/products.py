"""Products as managers put them on the shelf, change them and take them off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from audit.services import Action, Actor
from catalog.indexing import index_products
from catalog.locks import lock_product
from catalog.models import Category, PriceHistory, Product, SizeUnit, SoldBy, VatClass
from catalog.services.brands import brand_called
from catalog.services.changes import clean, differing, flat, saved, switch, tell
from inventory.services import open_rows
from mami import clock
from mami.errors import InvalidInput
from mami.transactions import write_transaction

FIELDS = (
    "sku",
    "barcode",
    "category_id",
    "brand_id",
    "name_he",
    "name_en",
    "description_he",
    "description_en",
    "price",
    "old_price",
    "sold_by",
    "quantity_step",
    "size",
    "size_unit",
    "vat_class_id",
    "dietary_tags",
    "allergens",
    "bin",
    "icon",
    "garnish",
    "accent",
    "image",
    "price_controlled",
)
SEARCHED = frozenset(
    {
        "sku",
        "barcode",
        "category_id",
        "brand_id",
        "name_he",
        "name_en",
        "description_he",
        "description_en",
    }
)


@dataclass(frozen=True, kw_only=True)
class ProductData:
    """What a new product is made of. `name` stands in for a language without a name of its own;
    `brand` is a brand's slug or name, unknown names become a new brand. Prices in ₪ with VAT.
    """

    sku: str
    price: Decimal
    category_id: int
    name: str = ""
    name_he: str = ""
    name_en: str = ""
    barcode: str | None = None
    brand: str = ""
    brand_id: int | None = None
    description_he: str = ""
    description_en: str = ""
    old_price: Decimal | None = None
    sold_by: str = SoldBy.UNIT
    quantity_step: Decimal | None = None
    size: Decimal = Decimal(1)
    size_unit: str = SizeUnit.PIECE
    vat_class_id: str = VatClass.STANDARD
    dietary_tags: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    bin: str = ""
    icon: str = ""
    garnish: str = ""
    accent: str = ""
    image: Any = None
    price_controlled: bool = False
    is_active: bool = True


def create_product(*, actor: Actor | None, data: ProductData) -> Product:
    """Put a product on the shelf: its price history begins, every branch gets a stock row of 0.

    Raises InvalidInput, DuplicateSku, DuplicateBarcode.
    """
    values = {f.name: getattr(data, f.name) for f in fields(data)}
    with write_transaction():
        values = _prepared(actor, values)
        if values["quantity_step"] is None:
            values["quantity_step"] = Decimal(1)
        product = Product(**values)
        _check(product)
        saved(product)
        _remember_price(actor, product)
        index_products([product.pk])
        open_rows(actor=actor, product_ids=[product.pk])
        tell(
            actor=actor,
            row=product,
            action=Action.CREATE,
            new={name: getattr(product, name) for name in FIELDS},
        )
    return product


def update_product(*, actor: Actor | None, product_id: int, changes: Mapping[str, Any]) -> Product:
    """Change fields of a product, `is_active` among them; a new price goes into its history.

    Raises NotFound, InvalidInput, DuplicateSku, DuplicateBarcode.
    """
    with write_transaction():
        product = lock_product(product_id=product_id)
        values = _prepared(actor, changes)
        old = differing(product, values, FIELDS)
        for name in old:
            setattr(product, name, values[name])
        if old:
            _check(product)
            saved(product, update_fields=[*old, "updated_at"])
            tell(
                actor=actor,
                row=product,
                action=Action.UPDATE,
                old=old,
                new={name: getattr(product, name) for name in old},
            )
        if {"price", "old_price"} & old.keys():
            _remember_price(actor, product)
        if SEARCHED & old.keys():
            index_products([product.pk])
        switch(actor=actor, row=product, active=values.get("is_active", product.is_active))
    return Product.objects.select_related("brand", "category").get(pk=product.pk)


def deactivate_product(*, actor: Actor | None, product_id: int) -> Product:
    """Take a product off the shelf; orders and history keep it. Raises NotFound."""
    return update_product(actor=actor, product_id=product_id, changes={"is_active": False})


def activate_product(*, actor: Actor | None, product_id: int) -> Product:
    """Bring a product back. Raises NotFound."""
    return update_product(actor=actor, product_id=product_id, changes={"is_active": True})


def _prepared(actor: Actor | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    values = flat(changes)
    if (name := values.pop("name", "")) and "name_he" not in changes and "name_en" not in changes:
        values["name_he"] = values["name_en"] = name
    elif name:
        values["name_he"] = values.get("name_he") or name
        values["name_en"] = values.get("name_en") or name
    if "sku" in changes and "name_he" in values:  # a new product: one name is enough
        values["name_he"] = values["name_he"] or values.get("name_en", "")
        values["name_en"] = values.get("name_en") or values["name_he"]
    if brand := values.pop("brand", ""):
        values["brand_id"] = brand_called(actor=actor, name=brand).pk
    if "barcode" in values:
        values["barcode"] = values["barcode"] or None
    for name in ("dietary_tags", "allergens"):
        if name in values:
            values[name] = list(dict.fromkeys(values[name] or ()))
    return values


def _check(product: Product) -> None:
    """Raise InvalidInput for what cannot stand together."""
    clean(product, ignoring={"unit_price", "search_vector", "image"})
    wrong: dict[str, list[Any]] = {}
    if product.old_price is not None and product.old_price <= product.price:
        wrong["old_price"] = [_("The earlier price must be higher than the price.")]
    if product.sold_by == SoldBy.UNIT and product.quantity_step != 1:
        wrong["quantity_step"] = [_("What is sold by the unit has a step of 1.")]
    elif product.quantity_step <= 0:
        wrong["quantity_step"] = [_("The step must be above zero.")]
    if not Category.objects.filter(pk=product.category_id).exists():
        wrong["category_id"] = [_("This category does not exist.")]
    if not VatClass.objects.filter(pk=product.vat_class_id).exists():
        wrong["vat_class"] = [_("This VAT class does not exist.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _remember_price(actor: Actor | None, product: Product) -> None:
    now: dt.datetime = clock.now()
    PriceHistory.objects.create(
        product=product,
        price=product.price,
        old_price=product.old_price,
        valid_from=now,
        actor_id=actor.pk if actor is not None else None,
    )
