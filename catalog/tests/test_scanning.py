"""What a scanned code means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.errors import BadCheckDigit, UnknownCode
from catalog.models import Product
from catalog.scanning import read
from catalog.tests import factories
from core.gtin import gtin14, shown

pytestmark = pytest.mark.django_db


def goods(barcode: str, **values: Any) -> Product:
    number = gtin14(barcode)
    return factories.product(barcode=shown(number), gtin14=number, **values)


@pytest.fixture
def tomatoes() -> Product:
    return goods("2101001000001", sku="VEG-0001", sold_by="WEIGHT", quantity_step=Decimal("0.5"))


@pytest.mark.parametrize(
    ("code", "kg"),
    [
        ("2101001000001", None),
        ("2101 0010 00001", None),
        ("veg-0001", None),
        ("02101001000001", None),
        ("2101001007802", Decimal("0.780")),
        ("2101001015005", Decimal("1.500")),
        ("2101001000018", Decimal("0.001")),
    ],
)
def test_a_label_of_the_scales_is_its_product_and_its_weight(
    tomatoes: Product, code: str, kg: Decimal | None
) -> None:
    found = read(code)
    assert (found.product, found.kg) == (tomatoes, kg)


@pytest.mark.parametrize("code", ["036000291452", "0036000291452", "00036000291452"])
def test_a_pack_is_found_whatever_zeros_lead(code: str) -> None:
    pack = goods("036000291452")
    assert read(code).product == pack


def test_the_weight_counts_for_nothing_on_goods_sold_by_the_unit() -> None:
    melon = goods("2100777000000")
    found = read("2100777012003")
    assert (found.product, found.kg) == (melon, None)


def test_an_irregular_code_of_older_data_is_read_first() -> None:
    old = factories.product(barcode="7290000000000")
    assert read("7290000000000").product == old


@pytest.mark.parametrize(
    "code", ["2101001007803", "4000000000000", "7290000000017", "96385075", "19521000000016"]
)
def test_a_wrong_check_digit_is_told(tomatoes: Product, code: str) -> None:
    with pytest.raises(BadCheckDigit):
        read(code)


@pytest.mark.parametrize(
    "code", ["2199999007805", "4000000000006", "96385074", "", "x", "MS-7Q2K9D4M", "٢١٠١٠٠١٠٠٧٨٠٢"]
)
def test_what_nobody_has_is_unknown(tomatoes: Product, code: str) -> None:
    with pytest.raises(UnknownCode):
        read(code)
