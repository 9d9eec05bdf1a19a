"""Names that can be seen and told apart, skus without letter case, numbers that fit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from accounts.models import User
from catalog import selectors, services
from catalog.errors import DuplicateName, DuplicateSku
from catalog.models import Brand, Category, Product
from core.errors import DomainError, InvalidInput, NumberTooLarge
from core.gtin import coded
from core.text import validate_text
from inventory.selectors import shelves_by_sku, stock_by_code
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db
UNSEEN = [
    "\u200f",
    "\u200b",
    "\u2060",
    "\u3164",
    "\u200e \u200e",
    "\u2800",
    "\u00ad",
    "\u0301",
    "\ufeff",
]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_with_sandbox() as made:
        yield made


@pytest.fixture
def mia(shop: Shop) -> User:
    return shop.manager()


def product(mia: User, shop: Shop, **values: Any) -> Product:
    data = {"sku": "Q1", "price": Decimal(5), "name": "Thing", "category_id": shop.category.pk}
    return services.create_product(actor=mia, data=services.ProductData(**{**data, **values}))


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_shows_something(shop: Shop, mia: User, name: str) -> None:
    known = product(mia, shop)
    before = (Product.objects.count(), Category.objects.count(), Brand.objects.count())
    change = {"name_en": name}
    for act in (
        lambda: product(mia, shop, sku="Q2", name=name),
        lambda: services.update_product(actor=mia, product_id=known.pk, changes=change),
        lambda: services.create_category(actor=mia, name=name),
        lambda: services.create_brand(actor=mia, name_en=name),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert set(refused.value.details["fields"]) <= {"name_he", "name_en", "slug"}
    assert (Product.objects.count(), Category.objects.count(), Brand.objects.count()) == before
    known.refresh_from_db()
    assert known.name_en == "Thing"


@pytest.mark.parametrize("text", UNSEEN)
def test_no_text_is_made_of_nothing(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_text(text)
    body = {"email": "new@mami.test", "password": "correct horse 1", "full_name": text}
    details = refusal(ApiClient().post("/auth/register", body), 400, "VALIDATION_ERROR")
    assert "full_name" in details["fields"]
    page = Client().post("/account/register/", body)
    assert page.status_code in {200, 422}
    assert "full_name" in page.context["form"].errors
    assert not User.objects.filter(email="new@mami.test").exists()


@pytest.mark.parametrize("text", ["א\u05b8", "e\u0301", "👍", "a\u200db", "-"])
def test_what_shows_something_is_a_text(text: str) -> None:
    validate_text(text)


@pytest.mark.parametrize("same", ["Café", "Cafe\u0301", "  Café ", "Caf\u00e9\u00a0", "\u2003Café"])
def test_names_that_look_the_same_are_the_same(mia: User, same: str) -> None:
    services.create_category(actor=mia, name="Café")
    with pytest.raises(DuplicateName):
        services.create_category(actor=mia, name=same)
    brand = services.brand_called(actor=mia, name="Café")
    assert services.brand_called(actor=mia, name=same) == brand
    assert brand.name_en == "Café"


@pytest.mark.parametrize("hidden", ["Da\u200biry", "Dairy\u200f", "\u202eDairy", "Dai\u00adry"])
def test_nothing_invisible_stands_in_a_name(mia: User, hidden: str) -> None:
    with translation.override("en"), pytest.raises(InvalidInput) as refused:
        services.create_category(actor=mia, name=hidden)
    assert "invisible" in str(refused.value.details["fields"])


@pytest.mark.parametrize("other", ["q1", "Q1", " q1 ", "q1\u00a0"])
def test_a_sku_has_no_letter_case(shop: Shop, mia: User, other: str) -> None:
    known = product(mia, shop, sku="Q1")
    second = product(mia, shop, sku="Z9")
    with pytest.raises(DuplicateSku):
        product(mia, shop, sku=other)
    with pytest.raises(DuplicateSku):
        services.update_product(actor=mia, product_id=second.pk, changes={"sku": other})
    assert list(Product.objects.filter(coded(other))) == [known]
    assert list(selectors.all_products(q=other)) == [known]
    assert selectors.shelf(q=other).items == [known]
    code = other.strip()
    stock = known.stocks.get(branch=shop.warehouse)
    assert stock_by_code(code=code, branch_id=shop.warehouse.pk) == stock.pk
    shelves = shelves_by_sku(skus=[code], branch_ids=[shop.warehouse.pk])
    assert shelves[code.upper(), shop.warehouse.pk].pk == stock.pk


def test_a_count_names_a_sku_in_any_case(shop: Shop, mia: User) -> None:
    from inventory.counts_file import judged

    known = product(mia, shop, sku="VEG-7")
    ((count, problem),) = judged(
        "sku,on_hand\nveg-7,5\nVEG-7,6\n", default_branch_id=shop.warehouse.pk
    )
    assert count.place == (shop.warehouse.pk, known.pk)  # type: ignore[union-attr]
    assert problem.code == "TWICE"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("price", "size", "unit"),
    [("9999999999.99", "0.001", "G"), ("1000000000.00", "1", "ML"), ("99999999.99", "0.001", "KG")],
)
def test_a_price_per_measure_fits_its_column(
    shop: Shop, mia: User, price: str, size: str, unit: str
) -> None:
    known = product(mia, shop)
    body = {"price": price, "size": size, "size_unit": unit}
    client = ApiClient(mia)
    answer = client.patch(f"/admin/products/{known.pk}", body)
    assert "price" in refusal(answer, 400, "VALIDATION_ERROR")["fields"]
    known.refresh_from_db()
    assert known.price == 5


def test_sums_that_do_not_fit_are_refused(shop: Shop, mia: User) -> None:
    dear = shop.product(price=Decimal("9999999999.99"))
    ada = shop.customer()
    shop.fill(ada, {dear: 2})
    with pytest.raises(DomainError) as refused:
        shop.confirm(ada)
    assert refused.value.status in {400, 409}
    assert shop.stock(dear) == (100, 0)
    assert not ada.orders.exists()


def test_a_shelf_that_does_not_fit_is_refused(shop: Shop, mia: User) -> None:
    full = shop.product(stock="999999999.000")
    with pytest.raises(NumberTooLarge):
        shop.deliver(full, shop.warehouse, Decimal("999999999.000"))
    assert shop.stock(full)[0] == Decimal("999999999.000")
