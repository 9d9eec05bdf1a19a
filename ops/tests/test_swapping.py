"""What is offered where a product has run out, and the screen that gives it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import employee, manager, person
from cart.tests.factories import product
from catalog.models import Category, VatRate
from core.clock import shop_instant
from inventory.selectors import stock_at
from ops.tests.factories import order
from orders.substitutes import substitute_candidates
from tests.html import one_line

pytestmark = pytest.mark.django_db

DUE = shop_instant(dt.date(2026, 11, 24), dt.time(12))
KOSHER = {"dietary_tags": ["kosher_dairy"], "allergens": ["milk"]}


@pytest.fixture
def eli(client):
    user = employee()
    client.force_login(user)
    client.cookies["mami_language"] = "en"
    VatRate.objects.create(vat_class_id="STANDARD", rate=18, valid_from=dt.date(2026, 1, 1))
    return user


@pytest.fixture
def milk():
    return product(name_he="חלב טרי", price=Decimal("10.00"), **KOSHER)


@pytest.fixture
def one(eli, milk):
    return order(due_at=DUE, lines=[(milk, 2)], status="IN_PROGRESS", picker=eli)


def same_shelf(milk, **values):
    return product(**{"category": milk.category, **KOSHER, **values})


def offered(one):
    return [
        offer.product
        for offer in substitute_candidates(item=one.items.get(), branch_id=one.branch_id)
    ]


def post(client, one, **data):
    address = reverse("ops:swap", args=[one.order_number, one.items.order_by("id")[0].pk])
    return client.post(address, data, headers={"HX-Request": "true"})


def test_the_closest_first_and_only_what_is_safe_and_free(one, milk):
    dear = same_shelf(milk, price=Decimal("12.00"), name_he="חלב טרי אחר")
    far = same_shelf(milk, price=Decimal("9.00"), name_he="קפה קר")
    close = same_shelf(milk, price=Decimal("8.00"), name_he="חלב טרי מפוסטר")
    same_shelf(milk, allergens=["milk", "nuts"])
    same_shelf(milk, dietary_tags=[])
    same_shelf(milk, price=Decimal("15.01"))
    same_shelf(milk, is_active=False)
    elsewhere = Category.objects.create(slug="elsewhere", name_he="אחר", name_en="Elsewhere")
    same_shelf(milk, category=elsewhere)
    assert offered(one) == [close, far, dear]


def test_one_query(one, milk, django_assert_num_queries):
    same_shelf(milk)
    item = one.items.select_related("product").get()
    with django_assert_num_queries(1):
        substitute_candidates(item=item, branch_id=one.branch_id)


def test_a_part_found_offers_the_rest(client, eli, milk):
    one = order(due_at=DUE, lines=[(milk, 5)], status="IN_PROGRESS", picker=eli)
    other = same_shelf(milk, name_en="Other milk")
    address = reverse("ops:answer", args=[one.order_number, one.items.get().pk])
    data = {"picked_status": "PICKED", "picked_quantity": "3"}
    screen = one_line(client.post(address, data, headers={"HX-Request": "true"}))
    assert "Instead of the rest of" in screen
    assert 'max="2" value="2"' in screen
    screen = post(client, one, product=other.pk, quantity="2").content.decode()
    assert "× 3" in screen
    assert "of 5" in screen
    found = one.items.order_by("id").values_list("product_id", "picked_status", "picked_quantity")
    assert list(found) == [(milk.pk, "PICKED", 3), (other.pk, "PICKED", 2)]


def test_the_rest_of_a_weighed_line_has_its_own_tolerance(client, eli):
    weighed = {"sold_by": "WEIGHT", "quantity_step": Decimal("0.5"), **KOSHER}
    cheese = product(name_he="גבינה", **weighed)
    one = order(due_at=DUE, lines=[(cheese, 2)], status="IN_PROGRESS", picker=eli)
    other = same_shelf(cheese, name_he="גבינה אחרת", **weighed)
    address = reverse("ops:answer", args=[one.order_number, one.items.get().pk])
    data = {"picked_status": "PICKED", "picked_quantity": "0.5"}
    screen = client.post(address, data, headers={"HX-Request": "true"}).content.decode()
    assert "Asked 1.5" in screen
    assert post(client, one, product=other.pk, quantity="1.7").status_code == 422
    assert one.items.count() == 1
    assert post(client, one, product=other.pk, quantity="1.6").status_code == 200
    found = one.items.order_by("id").values_list("picked_quantity", flat=True)
    assert list(found) == [Decimal("0.5"), Decimal("1.6")]


def test_all_found_offers_nothing(client, one, milk):
    same_shelf(milk)
    address = reverse("ops:answer", args=[one.order_number, one.items.get().pk])
    data = {"picked_status": "PICKED", "picked_quantity": "2"}
    screen = client.post(address, data, headers={"HX-Request": "true"}).content.decode()
    assert "Instead of" not in screen


def test_missing_offers_what_there_is_and_a_tap_gives_it(client, one, milk):
    other = same_shelf(milk, name_en="Other milk")
    address = reverse("ops:answer", args=[one.order_number, one.items.get().pk])
    data = {"picked_status": "MISSING", "reason": "OUT_OF_STOCK"}
    screen = client.post(address, data, headers={"HX-Request": "true"}).content.decode()
    assert 'id="swap"' in screen
    assert "Other milk" in screen
    done = post(client, one, product=other.pk, quantity="2")
    assert done.status_code == 200
    assert "Everything is in the bags" in done.content.decode()
    by = one.items.get(substitute_for__isnull=False)
    assert (by.product_id, by.picked_quantity) == (other.pk, 2)
    assert stock_at(branch_id=one.branch_id, product_id=other.pk).on_hand == 98


def test_a_scan_names_it_too(client, one, milk):
    other = same_shelf(milk, barcode="2900000000901")
    assert post(client, one, barcode="2900000000901", quantity="1").status_code == 200
    assert one.items.get(substitute_for__isnull=False).product_id == other.pk


@pytest.mark.parametrize(
    ("choice", "data", "told"),
    [
        ("BEST_MATCH", {"barcode": "123"}, "No product of ours"),
        ("BEST_MATCH", {"quantity": "x"}, "not a number"),
        ("BEST_MATCH", {"quantity": "7"}, "more than was ordered"),
        ("BEST_MATCH", {"product": ""}, "Choose what to give"),
        ("CALL_ME", {}, "Call the customer first"),
        ("REFUND", {}, "wants no substitute"),
    ],
)
def test_refusals_are_told_and_keep_what_was_typed(client, one, milk, choice, data, told):
    other = same_shelf(milk)
    one.items.update(substitution=choice)
    answer = post(client, one, **{"product": other.pk, "quantity": "2", **data})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    for value in data.values():
        assert choice == "REFUND" or f'value="{value}"' in page
    assert one.items.get().picked_status == "PENDING"


def test_while_it_waits_only_a_manager_decides(client, one, milk, eli):
    other = same_shelf(milk)
    one.items.update(picked_status="MISSING")
    one.status = "MISSING"
    one.save()
    address = reverse("ops:order", args=[one.order_number])
    assert post(client, one, product=other.pk, quantity="2").url == address
    assert one.items.count() == 1
    client.force_login(manager())
    assert "Find a substitute" in client.get(address).content.decode()


# -- without network --------------------------------------------------------------------------


def kept(item, **values):
    return {
        "client_id": str(uuid.uuid4()), "item_id": item.pk, "seen_status": "MISSING",
        "picked_status": "SWAP", "product": "", "barcode": "", "quantity": "2", "agreed": "",
        **values,
    }  # fmt: skip


def replay(client, one, *answers):
    address = reverse("ops:replay", args=[one.order_number])
    body = client.post(address, {"answers": list(answers)}, content_type="application/json").json()
    return [result["refused"] for result in body["results"]]


def test_a_kept_substitute_is_given_once_however_often_it_is_sent(client, one, milk):
    other, item = same_shelf(milk, barcode="2900000000901"), one.items.get()
    lost = {"client_id": str(uuid.uuid4()), "item_id": item.pk, "picked_status": "MISSING",
            "seen_status": "PENDING"}  # fmt: skip
    both = (lost, kept(item, barcode="2900000000901"))
    for _ in range(2):
        assert replay(client, one, *both) == ["", ""]
    by = one.items.get(substitute_for__isnull=False)
    assert (by.product_id, by.picked_quantity, by.substitute_for_id) == (other.pk, 2, item.pk)
    assert stock_at(branch_id=one.branch_id, product_id=other.pk).on_hand == 98


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"product": "404404"}, "not"),
        ({"quantity": "7"}, "more than was ordered"),
        ({"quantity": "x"}, "could not be read"),
        ({"seen_status": "PENDING"}, "in the meantime"),
        ({"client_id": "x"}, "could not be read"),
        ({"product": ""}, "Choose what to give"),
    ],
)
def test_a_kept_substitute_that_cannot_be_is_told(client, one, milk, values, told):
    other, item = same_shelf(milk), one.items.get()
    one.items.update(picked_status="MISSING")
    (refused,) = replay(client, one, kept(item, **{"product": str(other.pk), **values}))
    assert told in refused
    assert one.items.count() == 1
    assert stock_at(branch_id=one.branch_id, product_id=other.pk).on_hand == 100


def test_the_page_of_its_picker_carries_the_substitutes(client, one, milk):
    same_shelf(milk, name_en="Other milk")
    address = reverse("ops:swaps", args=[one.order_number])
    page = client.get(address).content.decode()
    assert f'data-swap="{one.items.get().pk}"' in page
    assert "Other milk" in page
    client.force_login(employee())
    assert "template" not in client.get(address).content.decode()
    client.force_login(person())
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("offered_for_each", [1, 6])
def test_its_statements_do_not_depend_on_what_is_offered(
    client, one, milk, offered_for_each, django_assert_max_num_queries
):
    for _ in range(offered_for_each):
        same_shelf(milk)
    address = reverse("ops:swaps", args=[one.order_number])
    client.get(address)
    with django_assert_max_num_queries(7):
        client.get(address)
