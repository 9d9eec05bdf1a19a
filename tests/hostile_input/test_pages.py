"""No page breaks, whatever stands in its address, its query, its headers or its form."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from core.rights import Right, methods_of, right_for
from tests.hostile_input.values import (
    HEADERS,
    IN_ADDRESSES,
    IN_FORMS,
    IN_QUERIES,
    Trial,
    page_routes,
)
from tests.shop import open_with_sandbox
from tests.turns import in_turn

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# Every name that some page reads from its query.
QUERY = (
    "q", "status", "branch", "way", "day", "slot", "mine", "urgency", "page", "sort", "brand", "tag", "min", "max", "next",
    "product", "session", "then", "order", "from", "to", "cursor", "dates", "category", "in_stock", "on_sale", "export",
    "token", "back", "window", "minPrice", "maxPrice",
)  # fmt: skip
# And from its form.
FORM = (
    *QUERY, "key", "cart_id", "expected_total", "where", "delivery_preference", "delivery_note", "notes", "card", "fix",
    "email", "password", "full_name", "phone", "language", "current_password", "new_password", "line1", "city",
    "postal_code", "floor", "door_code", "instructions", "label", "quantity", "product_id", "substitution", "date",
    "picked_status", "picked_quantity", "found", "reason", "client_id", "seen_status", "barcode", "agreed", "bags", "code",
    "note", "request_type", "chosen", "answers", "answer", "provider", "slot_id", "item_id", "picker", "row",
)  # fmt: skip


@pytest.fixture
def everybody(db):
    """`who → client`, and the values that real addresses are made of."""
    with open_with_sandbox() as shop:
        order = shop.order()
        people = {"customer": order.user, "manager": shop.manager(), "nobody": None}
        clients = {}
        for who, user in people.items():
            clients[who] = Client()
            if user is not None:
                clients[who].force_login(user)
        yield clients, {"number": order.order_number, "item_id": order.items.first().pk,
                        "slug": "delivery", "token": "x", "reference": "x", "path": "x"}  # fmt: skip


def real(pattern: Any, known: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for name, converter in pattern.pattern.converters.items():
        numeric = type(converter).__name__ == "IntConverter"
        made[name] = known.get(name, 1 if numeric else "nothing")
    return made


RIGHTS_OF = {
    "customer": {Right.PUBLIC, Right.ANY, Right.CUSTOMER},
    "manager": {Right.EMPLOYEE, Right.MANAGER},
}


def routes_of(who: str) -> list[tuple[str, Any]]:
    """The pages that are tried as this person, each as one; every third as a stranger."""
    if who == "nobody":
        return page_routes()[::3]
    rights = RIGHTS_OF[who]
    return [
        (name, pattern)
        for name, pattern in page_routes()
        if rights & {right_for(name, method) for method in methods_of(name)}
    ]


def method_of(route: str) -> str:
    return "get" if "GET" in methods_of(route) else "post"


def tell(trial: Trial) -> None:
    assert trial.calls
    assert not trial.broken, f"{len(trial.broken)} of {trial.calls}:\n" + "\n".join(
        trial.broken[:40]
    )


@pytest.mark.parametrize("who", ["customer", "manager"])
def test_anything_in_the_address(everybody, who):
    clients, known = everybody
    trial = Trial(clients[who])
    for turn, (name, pattern) in enumerate(routes_of(who)):
        kwargs = real(pattern, known)
        address = reverse(name, kwargs=kwargs)
        for key, converter in pattern.pattern.converters.items():
            if type(converter).__name__ == "IntConverter":
                trial.call("get", address.replace(str(kwargs[key]), "9" * 30))
                continue
            for value in in_turn(IN_ADDRESSES, turn):
                odd = quote(value, errors="surrogatepass")
                trial.call(method_of(name), address.replace(str(kwargs[key]), odd))
    tell(trial)


def ask(trial: Trial, address: str, value: str) -> None:
    odd = quote(value, errors="surrogatepass")
    trial.call("get", address + "?" + "&".join(f"{key}={odd}" for key in QUERY))


@pytest.mark.parametrize("who", ["customer", "manager"])
def test_anything_in_the_query(everybody, who):
    clients, known = everybody
    trial = Trial(clients[who])
    for turn, (name, pattern) in enumerate(routes_of(who)):
        address = reverse(name, kwargs=real(pattern, known))
        if "GET" not in methods_of(name):
            continue
        ask(trial, address, "x")
        assert trial.was_opened or name not in ("catalog:search", "ops:queue")
        for value in in_turn(IN_QUERIES, turn) if trial.was_opened else IN_QUERIES[:1]:
            ask(trial, address, value)
            for key in ("next", "day", "q", "status") if value in IN_QUERIES[:3] else ():
                trial.call("get", f"{address}?{key}={quote(value)}")
    tell(trial)


@pytest.mark.parametrize("who", ["nobody", "manager"])
def test_anything_in_a_header(everybody, who):
    clients, known = everybody
    trial = Trial(clients[who])
    for turn, (name, pattern) in enumerate(routes_of(who)):
        address = reverse(name, kwargs=real(pattern, known))
        for headers in in_turn(HEADERS, turn):
            trial.call(method_of(name), address, headers=headers)
    tell(trial)


@pytest.mark.parametrize("who", ["nobody", "customer", "manager"])
def test_anything_in_a_form(everybody, who):
    clients, known = everybody
    trial = Trial(clients[who])
    for turn, (name, pattern) in enumerate(routes_of(who)):
        address = reverse(name, kwargs=real(pattern, known))
        if "POST" not in methods_of(name):
            continue
        trial.call("post", address, dict.fromkeys(FORM, "1"))
        assert trial.was_opened or name not in ("accounts:login", "ops:refund")
        if not trial.was_opened:
            continue
        for value in in_turn(IN_FORMS, turn):
            trial.call("post", address, dict.fromkeys(FORM, value))
        for body in in_turn((b"\xff\x00", b"a=%ff%00&b", b"{" * 50), turn):
            trial.call("post", address, body, content_type="application/x-www-form-urlencoded")
            trial.call("post", address, body, content_type="application/json")
            trial.call("post", address, body, content_type="multipart/form-data; boundary=x")
    tell(trial)
