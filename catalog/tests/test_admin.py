"""The catalogue in the admin: every write goes through the service and is audited."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.tests.factories import manager
from branches.models import Branch
from cart.tests.factories import product
from catalog.models import Category, Product, VatRate
from tests.admin_forms import actions, address, form_values

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


@pytest.mark.parametrize("count", [3, 40])
def test_the_product_list_takes_the_same_statements(
    client, mia, count, django_assert_max_num_queries
):
    for _ in range(count):
        product()
    client.get(address(Product, "changelist"))
    with django_assert_max_num_queries(12):
        client.get(address(Product, "changelist"))


def test_a_product_is_changed_through_the_service(client, mia):
    milk = product(name_en="Milk", price=Decimal("6.90"))
    url = address(Product, "change", milk.pk)
    values = form_values(client, url) | {
        "price": "7.50",
        "dietary_tags": ["vegetarian", "kosher_dairy"],
        "allergens": ["milk"],
    }
    response = client.post(url, values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    milk.refresh_from_db()
    assert milk.price == Decimal("7.50")
    assert milk.dietary_tags == ["vegetarian", "kosher_dairy"]
    assert milk.prices.count() == 1
    assert actions("product", milk.pk) == ["UPDATE"]


def test_a_product_is_added_with_its_stock_rows(client, mia):
    milk = product()
    values = form_values(client, address(Product, "change", milk.pk))
    values |= {"sku": "NEW-1", "barcode": "", "name_en": "New milk"}
    response = client.post(address(Product, "add"), values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Product.objects.get(sku="NEW-1")
    assert made.stocks.count() == Branch.objects.count()
    assert actions("product", made.pk) == ["CREATE"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": "TAKEN"}, "__all__"),
        ({"price": "-1"}, "price"),
        ({"old_price": "0.50"}, "old_price"),
        ({"quantity_step": "0.5"}, "quantity_step"),
        ({"barcode": "12ab"}, "barcode"),
        ({"category": "99999"}, "category"),
    ],
)
def test_a_refusal_stands_in_the_form_and_nothing_typed_is_lost(client, mia, changes, field):
    product(sku="TAKEN")
    milk = product(name_en="Milk")
    url = address(Product, "change", milk.pk)
    response = client.post(url, form_values(client, url) | {"name_en": "Oat milk"} | changes)
    assert response.status_code == 200
    form = response.context["adminform"].form
    assert field in form.errors
    assert form["name_en"].value() == "Oat milk"
    milk.refresh_from_db()
    assert milk.name_en == "Milk"
    assert not actions("product", milk.pk)


def test_products_are_taken_off_and_brought_back_by_an_action(client, mia):
    milk = product()
    for action, active in (("deactivate", False), ("activate", True)):
        client.post(
            address(Product, "changelist"), {"action": action, "_selected_action": [milk.pk]}
        )
        milk.refresh_from_db()
        assert milk.is_active is active
    assert actions("product", milk.pk) == ["DEACTIVATE", "ACTIVATE"]


def test_a_category_cannot_stand_below_itself(client, mia):
    top = Category.objects.create(name_he="א", name_en="A", slug="a")
    low = Category.objects.create(name_he="ב", name_en="B", slug="b", parent=top)
    url = address(Category, "change", top.pk)
    response = client.post(url, form_values(client, url) | {"parent": low.pk})
    assert response.status_code == 200
    top.refresh_from_db()
    assert top.parent is None


def test_a_vat_rate_only_begins_on_a_day_to_come(client, mia):
    product()
    values = {"vat_class": "STANDARD", "rate": "19", "valid_from": "2020-01-01"}
    before = VatRate.objects.count()
    assert client.post(address(VatRate, "add"), values).status_code == 200
    assert VatRate.objects.count() == before
    assert (
        client.post(address(VatRate, "add"), values | {"valid_from": "2099-01-01"}).status_code
        == 302
    )
