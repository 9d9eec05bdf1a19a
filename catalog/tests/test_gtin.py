"""Numbers on packs: one however they are spelled, and refused where they cannot be one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import User
from accounts.tests.factories import person
from catalog import selectors, services
from catalog.errors import DuplicateBarcode
from catalog.models import Product
from catalog.tests import factories
from core import gtin
from core.errors import InvalidInput

KEPT = {
    "9521000000018": ("09521000000018", "9521000000018"),
    "09521000000018": ("09521000000018", "9521000000018"),
    "012345678905": ("00012345678905", "0012345678905"),
    "12345678905": ("00012345678905", "0012345678905"),
    "0012345678905": ("00012345678905", "0012345678905"),
    "036000291452": ("00036000291452", "0036000291452"),
    "0036000291452": ("00036000291452", "0036000291452"),
    "00036000291452": ("00036000291452", "0036000291452"),
    "96385074": ("00000096385074", "96385074"),
    "19521000000015": ("19521000000015", "19521000000015"),
    "7290000000015": ("07290000000015", "7290000000015"),
}
REFUSED = {
    "9521000000019": "expected 8",
    "7290000000000": "expected 8",
    "7290000000017": "expected 5",
    "036000291453": "expected 2",
    "1234567": "8 to 14 digits",
    "123456789012345": "8 to 14 digits",
    "٧٢٩٠٠٠٠٠٠٠٠١٥": "8 to 14 digits",
    "７２９００００００００１５": "8 to 14 digits",
    "729000000001５": "8 to 14 digits",
    "72900000-0015": "8 to 14 digits",
    "0x36000291452": "8 to 14 digits",
    "96385074\n": "8 to 14 digits",
}


@pytest.mark.parametrize(("code", "kept"), KEPT.items())
def test_read(code: str, kept: tuple[str, str]) -> None:
    number, text = kept
    assert gtin.gtin14(code) == number
    assert gtin.shown(number) == text


@pytest.mark.parametrize(("code", "words"), REFUSED.items())
def test_refused(code: str, words: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError, match=words):
        gtin.gtin14(code)
    assert gtin.known_gtin14(code) is None


@pytest.fixture
def mia(db: None) -> User:
    return person("MANAGER", email="mia@mami.test", full_name="Mia", language="he")


def made(mia: User, code: str, **values: Any) -> Product:
    data = services.ProductData(
        **{
            "sku": f"G-{code}",
            "price": Decimal(5),
            "name": "דבר",
            "category_id": factories.category().pk,
            "barcode": code,
            **values,
        }
    )
    return services.create_product(actor=mia, data=data)


@pytest.mark.parametrize(
    "spellings",
    [
        ("036000291452", "0036000291452", "00036000291452"),
        ("12345678905", "012345678905", "0012345678905"),
        ("9521000000018", "09521000000018", " 9521000000018 "),
    ],
)
def test_one_product_for_one_number(mia: User, spellings: tuple[str, ...]) -> None:
    for first in spellings:
        with transaction.atomic():
            kept = made(mia, first)
            for other in spellings:
                with pytest.raises(DuplicateBarcode), transaction.atomic():
                    made(mia, other, sku="OTHER")
                assert list(selectors.all_products(q=other)) == [kept]
                assert selectors.shelf(q=other.strip()).items == [kept]
            assert Product.objects.count() == 1
            transaction.set_rollback(True)


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_no_number_is_refused(mia: User, code: str) -> None:
    known = made(mia, "96385074")
    for act in (
        lambda: made(mia, code, sku="OTHER"),
        lambda: services.update_product(actor=mia, product_id=known.pk, changes={"barcode": code}),
    ):
        if code.strip() != code:  # blanks around are nobody's number
            continue
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            act()
        assert list(refused.value.details["fields"]) == ["barcode"]
    known.refresh_from_db()
    assert (known.barcode, known.gtin14) == ("96385074", "00000096385074")


def test_an_irregular_code_of_old_data_stays_until_it_is_changed(mia: User) -> None:
    old = factories.product(barcode="7290000000000")
    changes = {"price": Decimal(7), "barcode": "7290000000000"}
    services.update_product(actor=mia, product_id=old.pk, changes=changes)
    old.refresh_from_db()
    assert (old.price, old.barcode, old.gtin14) == (Decimal(7), "7290000000000", None)
    services.update_product(actor=mia, product_id=old.pk, changes={"barcode": "036000291452"})
    old.refresh_from_db()
    assert (old.barcode, old.gtin14) == ("0036000291452", "00036000291452")
    services.update_product(actor=mia, product_id=old.pk, changes={"barcode": None})
    old.refresh_from_db()
    assert (old.barcode, old.gtin14) == (None, None)


def test_the_database_keeps_both_columns_together(mia: User) -> None:
    kept = made(mia, "96385074")
    rows = Product.objects.filter(pk=kept.pk)
    with pytest.raises(IntegrityError, match="product_gtin14_is_barcode"), transaction.atomic():
        rows.update(barcode="9521000000018")
    with pytest.raises(IntegrityError, match="product_gtin14_is_barcode"), transaction.atomic():
        rows.update(gtin14="١٢٣٤٥٦٧٨٩٠١٢٣٤")


def test_every_seeded_product_has_its_number(demo_shop: None) -> None:
    assert not Product.objects.filter(gtin14=None).exists()
