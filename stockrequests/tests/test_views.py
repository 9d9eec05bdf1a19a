"""The pages of stock requests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import person
from cart.tests.factories import product, warehouse
from inventory.selectors import stock_at
from stockrequests.models import StockRequest
from stockrequests.services import file_request

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
MINE, REVIEW, DECIDE = (f"stockrequests:{name}" for name in ("mine", "review", "decide"))


@pytest.fixture
def eli(client: Client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    user = person("EMPLOYEE")
    client.force_login(user)
    return user


@pytest.fixture
def mia(client: Client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    user = person("MANAGER")
    client.force_login(user)
    return user


def filed(milk=None, *, actor=None, quantity=6):
    return file_request(
        actor=actor or person("EMPLOYEE"),
        branch_id=warehouse().pk,
        product_id=(milk or product(stock=10)).pk,
        request_type="SET_QUANTITY",
        quantity=Decimal(quantity),
        now=NOW,
    )


def form(milk, **values):
    return {
        "product": milk.name_en,
        "branch": warehouse().pk,
        "request_type": "SET_QUANTITY",
        "quantity": "6",
        "reason": "",
        **values,
    }


@pytest.mark.parametrize("by", ["name_en", "name_he", "sku", "barcode"])
def test_a_product_is_named_in_any_way(client, eli, by):
    milk = product(name_en="Milk", name_he="חלב", barcode="2900000000017")
    response = client.post(reverse(MINE), form(milk, product=getattr(milk, by)))
    assert response.status_code == 302
    request = StockRequest.objects.get()
    assert (request.product, request.requested_by) == (milk, eli)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity": "-2"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"quantity": "abc"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"product": "no such thing"}, "product"),
        ({"product": ""}, "product"),
        ({"branch": "404"}, "branch"),
        ({"request_type": "STEAL"}, "request_type"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_cannot_be_asked_stays_in_the_form(client, eli, values, field):
    milk = product(name_en="Milk")
    response = client.post(reverse(MINE), form(milk) | {"reason": "spilled"} | values)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    if field != "reason":
        assert "spilled" in response.content.decode()
    assert not StockRequest.objects.exists()


def test_an_unclear_name_asks_to_choose(client, eli):
    product(name_en="Milk 1%")
    milk = product(name_en="Milk 3%")
    response = client.post(reverse(MINE), form(milk, product="milk"))
    assert "choose one from the list" in response.content.decode()
    assert not StockRequest.objects.exists()


def test_the_form_tells_what_the_books_say(client, eli):
    milk = product(name_en="Milk", stock=10)
    part = client.get(
        reverse("stockrequests:products"), {"product": milk.sku, "branch": warehouse().pk}
    )
    assert "the books say 10, 0 of it promised" in part.content.decode()


@pytest.mark.parametrize("count", [2, 30])
def test_the_lists_take_the_same_statements(client, mia, count, django_assert_max_num_queries):
    for _ in range(count):
        filed()
    for name in (MINE, REVIEW):
        client.get(reverse(name))
        with django_assert_max_num_queries(8):
            client.get(reverse(name))


def test_deciding_about_one_row(client, mia):
    request, other = filed(), filed()
    page = client.post(
        reverse(DECIDE),
        {"id": other.pk, "approve": request.pk, f"approved_quantity-{request.pk}": "7"},
    )
    assert "1 approved" in page.content.decode()
    request.refresh_from_db()
    other.refresh_from_db()
    assert (request.status, request.approved_quantity, other.status) == ("APPROVED", 7, "PENDING")
    assert stock_at(branch_id=request.branch_id, product_id=request.product_id).on_hand == 7


def test_deciding_about_the_ticked_ones_where_one_is_late(client, mia):
    first, second, third = filed(), filed(), filed()
    client.post(reverse(DECIDE), {"approve": first.pk})
    page = client.post(reverse(DECIDE), {"approve": "all", "id": [first.pk, second.pk]})
    text = page.content.decode()
    assert "1 approved, 0 rejected, 1 not done" in text
    assert "already decided" in text
    third.refresh_from_db()
    assert third.status == "PENDING"


def test_rejecting_many_with_one_reason(client, mia):
    requests = [filed(), filed()]
    client.post(reverse(DECIDE), {"reject": "all", "id": [r.pk for r in requests], "reason": "No"})
    assert set(StockRequest.objects.values_list("status", "rejection_reason")) == {
        ("REJECTED", "No")
    }


@pytest.mark.parametrize(
    "data", [{}, {"approve": "all"}, {"approve": "x"}, {"reject": "all", "id": "9" * 30}]
)
def test_nothing_ticked(client, mia, data):
    filed()
    assert client.post(reverse(DECIDE), data).status_code == 422
    assert StockRequest.objects.get().status == "PENDING"


def test_a_quantity_that_is_no_number(client, mia):
    request = filed()
    data = {"approve": request.pk, f"approved_quantity-{request.pk}": "lots"}
    assert client.post(reverse(DECIDE), data).status_code == 422
    request.refresh_from_db()
    assert request.status == "PENDING"


def test_one_bad_row_among_many_stays_as_it_was_typed(client, mia):
    good, bad, reasonless = filed(), filed(), filed()
    data = {
        "approve": "all", "id": [good.pk, bad.pk], f"approved_quantity-{good.pk}": "3",
        f"approved_quantity-{bad.pk}": "lots", f"rejection_reason-{reasonless.pk}": "not yet sent",
    }  # fmt: skip
    page = client.post(reverse(DECIDE), data)
    lines = {line.row.request.pk: line for line in page.context["lines"]}
    assert set(lines) == {bad.pk, reasonless.pk}, "the good one is decided"
    assert (lines[bad.pk].quantity, lines[bad.pk].is_chosen) == ("lots", True)
    assert lines[bad.pk].refusal
    assert lines[reasonless.pk].reason == "not yet sent"
    assert 'value="lots"' in page.content.decode()


def test_employees_do_not_review(client, eli):
    request = filed()
    assert client.get(reverse(REVIEW)).status_code == 403
    assert client.post(reverse(DECIDE), {"approve": request.pk}).status_code == 403
    request.refresh_from_db()
    assert request.status == "PENDING"
