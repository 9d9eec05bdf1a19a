"""Every call of the API × everybody: the rights table is what the code does."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts.tests.factories import person
from core.rights import Right, allows, right_for
from mami.rights import API
from tests.api_client import ApiClient, document, refusal
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
IDS = ("address_id", "token_id", "category_id", "product_id", "item_id", "order_id", "request_id",
       "branch_id", "slot_id", "stock_id", "user_id", "session_id", "dispute_id", "customer_id",
       "message_id", "problem_id", "rule_id", "list_id", "standing_id", "area_id",
       "entry_id")  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROWS = [(route, method) for route, row in API.items() if isinstance(row, dict) for method in row]
ROWS.sort(key=lambda row: "logout-everywhere" in row[0])  # ends what the others are asked with


def path_of(route):
    from django.urls import NoReverseMatch

    day, consent = {"date": "2026-11-29"}, {"kind": "MARKETING"}
    pairs = ("item_id", "document_id", "question_id")
    several = [{"order_id": 987654, name: 987654} for name in pairs]
    several += [{"list_id": 987654, name: 987654} for name in ("item_id", "user_id")]
    for kwargs in (
        {},
        *({name: 987654} for name in IDS),
        *several,
        {"standing_id": 987654, **day},
        day,
        consent,
    ):
        try:
            return reverse(route, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"no address for {route}")


@pytest.fixture
def people(db):
    with open_with_sandbox():
        yield {
            "anonymous": None,
            "customer": person("CUSTOMER"),
            "employee": person("EMPLOYEE"),
            "manager": person("MANAGER"),
            "admin": person("ADMIN"),
            "deactivated": person("ADMIN", is_active=False),
        }


def test_walk(people, settings):
    """With ids that nobody has: whoever may call hears 404 or a judgement of the body."""
    wrong = []
    for route, method in ROWS:
        path, right = path_of(route), right_for(route, method)
        for who, user in people.items():
            status = ApiClient(user).call(method, path, {} if method != "GET" else None).status_code
            if who == "deactivated":
                expected = status == 401 or route in SIGN_IN
            elif right is Right.PUBLIC:
                expected = status not in {401, 403} or route == "api:auth-refresh"
            elif user is None:
                expected = status == 401
            elif allows(right, user):
                expected = status not in {401, 403}
            else:
                expected = status == 403
            if not expected or status >= 500:
                wrong.append((method, path, who, status))
    assert not wrong


SIGN_IN = frozenset(f"api:auth-{n}" for n in (
    "login", "register", "refresh", "forgot-password", "reset-password", "second-factor",
    "verify-email", "confirm-email",
)) | {"api:health", "api:payment-webhook-stripe"}  # fmt: skip


def test_methods_without_a_right_do_not_exist(people):
    admin = ApiClient(people["admin"])
    for route, row in API.items():
        if not isinstance(row, dict):
            continue
        for method in set(METHODS) - set(row):
            response = admin.call(method, path_of(route), {})
            assert response.status_code == 405, (route, method)


# Where a body has to be there before anything is looked up.
ASKED = {
    "/business": {"business_name": "x", "vat_id": "000000018"},
    "/to-list": {"name": "x"},
    "/change": {"expected_version": 1, "expected_total": "1.00", "notes": "x"},
    "/change/preview": {"expected_version": 1, "notes": "x"},
    "/payment": {"payment_token_id": 987654},
    "/problems": {"items": [{"id": 1, "quantity": 1, "kind": "DAMAGED"}]},
}


def test_strangers_things_are_not_found(db):
    """What exists and belongs to another customer is no more there than what does not exist."""
    with open_with_sandbox() as shop:
        ada, bob = shop.customer(), shop.customer()
        order = shop.order(ada, {shop.product(): 1})
        cart = shop.fill(ada, {shop.product(): 2})
        ids = {
            "address_id": ada.addresses.get().pk,
            "token_id": ada.payment_tokens.get().pk,
            "item_id": cart.items.get().pk,
            "order_id": order.pk,
        }
        before, tried = ApiClient(ada).get("/me/addresses").json(), 0
        for path, item in document()["paths"].items():
            names = set(re.findall(r"{(\w+)}", path))
            if not names or not names <= set(ids) or "/ops/" in path or "/admin/" in path:
                continue
            for method in item:
                body = {"quantity": 1} if method == "put" else {} if method == "patch" else None
                body = next((asked for end, asked in ASKED.items() if path.endswith(end)), body)
                headers = {"Idempotency-Key": "a-stranger"}
                address = path.format(**ids)
                response = ApiClient(bob).call(method.upper(), address, body, headers=headers)
                refusal(response, 404, "NOT_FOUND")
                tried += 1
        assert tried == 20
        assert ApiClient(ada).get("/me/addresses").json() == before
        assert ada.payment_tokens.count() == 1
        assert cart.items.get().quantity == 2
        order.refresh_from_db()
        assert order.status == "CREATED"
        assert not bob.orders.exists()
