"""What stood "before" is true or not shown, by whatever way a price comes in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import person
from audit.selectors import entries
from catalog import services
from catalog.models import PriceHistory, Product
from catalog.tests import factories
from core import clock
from core.errors import InvalidInput
from tests.admin_forms import form_values
from tests.api_client import ApiClient, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    return person(Role.MANAGER, email="manager@mami.test", full_name="Mia", language="he")


def product(*prices: tuple[int, str], old: str | None = None) -> Product:
    """A product whose price was so much so many days ago, the last one until now."""
    made = factories.product(price=Decimal(prices[-1][1]), old_price=Decimal(old) if old else None)
    now = clock.now()
    for days, price in prices:
        PriceHistory.objects.create(
            product=made, price=Decimal(price), valid_from=now - dt.timedelta(days=days)
        )
    return made


def change(mia: User, made: Product, **values: Any) -> Product:
    changes = {
        name: Decimal(value) if name.endswith("price") and value else value
        for name, value in values.items()
    }
    return services.update_product(actor=mia, product_id=made.pk, changes=changes)


def trail(made: Product) -> list[Any]:
    return list(entries(entity_type="product", entity_id=made.pk))


@pytest.mark.parametrize(
    ("prices", "price", "highest"),
    [
        ([(45, "29.90")], "24.90", "29.90"),  # stood for weeks
        ([(45, "29.90"), (10, "34.90")], "24.90", "29.90"),  # raised before it is lowered
        ([(45, "34.90"), (22, "29.90")], "24.90", "29.90"),  # the dear one ended outside
        ([(45, "29.90"), (20, "34.90")], "24.90", "29.90"),  # in force within, for a day
        ([(45, "29.90"), (21, "34.90")], "24.90", "34.90"),  # ended as the weeks began
        ([(60, "20.00"), (50, "40.00"), (5, "30.00")], "24.90", "30.00"),
        ([(60, "40.00"), (3, "29.90")], "29.90", "40.00"),  # the present one began 3 days ago
        ([(60, "40.00"), (30, "29.90")], "29.90", "40.00"),  # or long ago: it began then
    ],
)
def test_at_most_the_lowest_of_three_weeks(
    mia: User, prices: list[tuple[int, str]], price: str, highest: str
) -> None:
    made = product(*prices)
    too_high = Decimal(highest) + Decimal("0.01")
    with pytest.raises(InvalidInput) as refused:
        change(mia, made, price=price, old_price=too_high)
    assert highest in refused.value.details["fields"]["old_price"][0]
    made.refresh_from_db()
    assert (made.price, made.old_price) == (Decimal(prices[-1][1]), None)
    assert trail(made) == []
    shown = change(mia, made, price=price, old_price=highest)
    assert (shown.price, shown.old_price) == (Decimal(price), Decimal(highest))
    assert trail(made)[0].context.get("old_price") is None


@pytest.mark.parametrize("asked", ["500.00", "34.90", "29.91"])
def test_any_number_is_not_a_before(mia: User, asked: str) -> None:
    made = product((45, "29.90"))
    api = ApiClient(mia)
    path = f"/admin/products/{made.pk}"
    body = {"price": "24.90", "old_price": asked}
    details = refusal(api.patch(path, body), 400, "VALIDATION_ERROR")
    assert "29.90" in details["fields"]["old_price"][0]
    client = Client()
    client.force_login(mia)
    address = reverse("admin:catalog_product_change", args=[made.pk])
    values = form_values(client, address)
    answer = client.post(address, {**values, "price": "24.90", "old_price": asked})
    assert answer.status_code == 200
    assert "29.90" in str(answer.context["adminform"].form.errors["old_price"])
    made.refresh_from_db()
    assert (made.price, made.old_price) == (Decimal("29.90"), None)


def test_raised_and_lowered_again_earns_nothing(mia: User) -> None:
    made = product((45, "29.90"), (5, "39.90"))
    with pytest.raises(InvalidInput, match="VALIDATION_ERROR"):
        change(mia, made, price="29.90", old_price="39.90")
    change(mia, made, price="29.90")
    made.refresh_from_db()
    assert made.old_price is None


@pytest.mark.parametrize("price", ["19.90", "27.90", "29.90", "35.00"])
def test_a_standing_one_goes_with_a_new_price_it_is_not_true_of(mia: User, price: str) -> None:
    made = product((60, "29.90"), (2, "24.90"), old="29.90")
    shown = change(mia, made, price=price)
    # In the weeks before this price it cost 24.90 for two days.
    assert (shown.price, shown.old_price) == (Decimal(price), None)
    told = trail(made)[0]
    assert (told.old_value["old_price"], told.new_value["old_price"]) == ("29.90", None)
    newest = made.prices.first()
    assert newest is not None
    assert (newest.price, newest.old_price) == (Decimal(price), None)


def test_a_short_history_leaves_it_to_the_manager_and_says_so(mia: User) -> None:
    made = product((5, "29.90"))
    shown = change(mia, made, price="24.90", old_price="39.90")
    assert shown.old_price == Decimal("39.90")
    assert trail(made)[0].context["old_price"] == "declared"
    data = services.ProductData(
        sku="NEW", price=Decimal(5), old_price=Decimal(6), name="New", category_id=made.category_id
    )
    new = services.create_product(actor=mia, data=data)
    assert trail(new)[0].context["old_price"] == "declared"


def test_what_stands_is_not_judged_anew(mia: User) -> None:
    made = product((60, "20.00"), (30, "24.90"), old="99.00")  # of an older shop
    shown = change(mia, made, name_en="Other", price="24.90", old_price="99.00")
    assert shown.old_price == Decimal("99.00")


def test_the_seeded_ones_are_honest(demo_shop: None) -> None:
    mia = User.objects.get(email="mia@mami.test")
    found = Product.objects.filter(old_price__isnull=False)
    assert found.count() > 40
    for made in found[:20]:
        change(mia, made, old_price=None)
        change(mia, Product.objects.get(pk=made.pk), old_price=made.old_price)
        assert Product.objects.get(pk=made.pk).old_price == made.old_price


def test_the_number_of_days_is_one_setting(mia: User, settings: Any) -> None:
    settings.OLD_PRICE_DAYS = 30
    made = product((60, "29.90"), (25, "34.90"))
    with pytest.raises(InvalidInput):
        change(mia, made, price="24.90", old_price="34.90")
    settings.OLD_PRICE_DAYS = 21
    assert change(mia, made, price="24.90", old_price="34.90").old_price == Decimal("34.90")
