"""Products as managers put them on the shelf, change them and take them off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.services import Action, Actor
from catalog.choices import SizeUnit, SoldBy
from catalog.locks import lock_product
from catalog.models import Category, PriceHistory, Product, VatClass, price_per
from catalog.passover import in_step
from catalog.search_port import documents_changed, states_changed
from catalog.services.brands import brand_called
from catalog.services.old_price import DECLARED, honest_old_price
from catalog.services.pictures import forget_picture_after_commit, picture_kept
from catalog.services.write_helpers import (
    clean,
    differing,
    flat,
    record_change,
    saved,
    switch,
)
from core import clock, gtin
from core.errors import InvalidInput
from core.transactions import write_transaction
from inventory.services import open_rows

MOST_PRICE = Decimal("99999.99")
MOST_MONEY = Decimal("9999999999.99")  # that a column of money holds
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
        "size",
        "size_unit",
        "quantity_step",
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
    deposit: Decimal = Decimal("0.00")
    dietary_tags: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    passover: str | None = None
    bin: str = ""
    icon: str = ""
    garnish: str = ""
    accent: str = ""
    image: Any = None
    price_controlled: bool = False
    is_active: bool = True


FIELDS = tuple(f.name for f in fields(ProductData) if f.name not in {"name", "brand", "is_active"})
"""The columns that a change may touch and the trail tells of; `is_active` has its own steps."""


def create_product(*, actor: Actor | None, data: ProductData) -> Product:
    """Put a product on the shelf: its price history begins, every branch gets a stock row of 0.

    Raises InvalidInput, PictureRefused, DuplicateSku, DuplicateBarcode.
    """
    with (
        picture_kept({f.name: getattr(data, f.name) for f in fields(data)}) as given,
        write_transaction(),
    ):
        values = _prepared(actor, given)
        if not values["passover"]:
            del values["passover"]  # not said: the tag alone may say it
        values = in_step(values)
        if values["quantity_step"] is None:
            values["quantity_step"] = Decimal(1)
        product = Product(**values)
        _check(product)
        saved(product)
        _remember_price(actor, product)
        documents_changed([product.pk], at_hand=[product])
        open_rows(actor=actor, product_ids=[product.pk])
        record_change(
            actor=actor,
            row=product,
            action=Action.CREATE,
            new={name: getattr(product, name) for name in FIELDS},
            context={} if product.old_price is None else {"old_price": DECLARED},
        )
    return product


def update_product(*, actor: Actor | None, product_id: int, changes: Mapping[str, Any]) -> Product:
    """Change fields of a product, `is_active` among them; a new price goes into its history, and an
    earlier price that is no longer honest beside it is dropped.

    A new picture is kept first; the files of the old one go once it is certain that it is replaced.
    Raises NotFound, InvalidInput, PictureRefused, DuplicateSku, DuplicateBarcode.
    """
    with picture_kept(changes) as given, write_transaction():
        product = lock_product(product_id=product_id)
        values = _prepared(actor, given, barcode=product.barcode)
        values = in_step(values, tags=product.dietary_tags, passover=product.passover)
        values, told = honest_old_price(product=product, values=values, now=clock.now())
        old = differing(product, values, FIELDS)
        for name in old:
            setattr(product, name, values[name])
        if old:
            _check(product)
            product.gtin14 = values.get("gtin14", product.gtin14)
            saved(product, update_fields=[*old, "gtin14", "updated_at"])
            record_change(
                actor=actor,
                row=product,
                action=Action.UPDATE,
                old=old,
                new={name: getattr(product, name) for name in old},
                context=told,
            )
        if "image" in old:
            forget_picture_after_commit(str(old["image"] or ""))
        if {"price", "old_price"} & old.keys():
            _remember_price(actor, product)
        active = values.get("is_active", product.is_active)
        if SEARCHED & old.keys():
            documents_changed([product.pk], at_hand=[product])
        elif old or active != product.is_active:
            states_changed([product.pk])
        switch(actor=actor, row=product, active=active)
    return Product.objects.select_related("brand", "category").get(pk=product.pk)


def deactivate_product(*, actor: Actor | None, product_id: int) -> Product:
    """Take a product off the shelf; orders and history keep it. Raises NotFound."""
    return update_product(actor=actor, product_id=product_id, changes={"is_active": False})


def activate_product(*, actor: Actor | None, product_id: int) -> Product:
    """Bring a product back. Raises NotFound."""
    return update_product(actor=actor, product_id=product_id, changes={"is_active": True})


def _prepared(
    actor: Actor | None, changes: Mapping[str, Any], *, barcode: str | None = None
) -> dict[str, Any]:
    """The columns that `changes` means; `barcode` is the one that stands and is not judged anew."""
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
    if "barcode" in values and values["barcode"] != barcode:
        values |= _numbered(values["barcode"])
    for name in ("dietary_tags", "allergens"):
        if name in values:
            values[name] = list(dict.fromkeys(values[name] or ()))
    return values


def _numbered(code: str | None) -> dict[str, str | None]:
    """Both columns of a pack's number. Raises InvalidInput."""
    if not code:
        return {"barcode": None, "gtin14": None}
    try:
        number = gtin.gtin14(code)
    except ValidationError as error:
        raise InvalidInput(fields={"barcode": error.messages}) from error
    return {"barcode": gtin.shown(number), "gtin14": number}


def _wrong_price(product: Product) -> dict[str, list[Any]]:
    measured = 100 if price_per(product.size_unit).startswith("100") else 1
    if product.price > MOST_PRICE:
        return {"price": [_("A price is at most 99,999.99.")]}
    if product.price * measured / product.size > MOST_MONEY:
        return {"price": [_("With this content the price per measure is too large.")]}
    return {}


def _check(product: Product) -> None:
    """Raise InvalidInput for what cannot stand together."""
    clean(product, ignoring={"unit_price", "image"})
    wrong: dict[str, list[Any]] = {}
    wrong |= _wrong_price(product)
    if product.old_price is not None and product.old_price <= product.price:
        wrong["old_price"] = [_("The earlier price must be higher than the price.")]
    if product.sold_by == SoldBy.UNIT and product.quantity_step != 1:
        wrong["quantity_step"] = [_("What is sold by the unit has a step of 1.")]
    elif product.quantity_step <= 0:
        wrong["quantity_step"] = [_("The step must be above zero.")]
    if product.deposit < 0:
        wrong["deposit"] = [_("A deposit of 0.00 or more.")]
    elif product.deposit and product.sold_by != SoldBy.UNIT:
        wrong["deposit"] = [_("Only what is sold by the unit has a deposit.")]
    if (category := Category.objects.filter(pk=product.category_id).first()) is not None:
        product.category = category
    else:
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
