"""What staff must never read of a customer, on any of their pages, calls and lists: no password, no card
beyond its brand and last four digits, a door code only on the run that brings the order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from core.rights import Right, allows, methods_of, right_for
from mami.rights import API
from orders.models import Order, OrderDelivery
from payments.models import PaymentToken
from tests.api_client import token_for
from tests.hostile_input.after_order import Aftermath, aftermath
from tests.hostile_input.after_order_calls import CONVERTERS, address, api_routes
from tests.hostile_input.test_after_order_people import client_of, pages
from tests.hostile_input.values import page_routes
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DOOR, CARD, PASSWORD = "4711Zq", "tok_canary77", "a fine canary 77"
FOR_STAFF = {Right.EMPLOYEE, Right.MANAGER, Right.ADMIN}
ON_THE_RUN = {"ops:runs", "ops:order", "api:ops-order"}


@pytest.fixture
def world(db: None) -> Iterator[Aftermath]:
    with open_with_sandbox() as shop:
        made = aftermath(shop)
        User.objects.filter(pk=made.ada.pk).update(password=make_password(PASSWORD))
        made.ada.refresh_from_db()
        made.ada.addresses.update(door_code=DOOR)
        OrderDelivery.objects.update(door_code=DOOR)
        PaymentToken.objects.filter(user=made.ada).update(token=CARD)
        yield made


def places(world: Aftermath, order: Order) -> list[tuple[str, str]]:
    """Every page and call for staff, those of an order with this one."""
    found = pages(world, order) + api_routes(world, order)
    for name, pattern in page_routes():
        if not pattern.pattern.converters:
            found.append((name, reverse(name)))
    found += [
        (name, address(name, world, order))
        for name, names in CONVERTERS.items()
        if not names and isinstance(API.get(name), dict)
    ]
    return [(name, path) for name, path in found if is_for_staff(name)]


def is_for_staff(name: str) -> bool:
    return "GET" in methods_of(name) and right_for(name, "GET") in FOR_STAFF


def office() -> list[tuple[str, str]]:
    """Each list and each first and last row of the office."""
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        try:
            found.append((name, reverse(f"{name}_changelist")))
            rows = model._base_manager.order_by("pk")
            ends = {row.pk for row in (rows.first(), rows.last()) if row is not None}
            found += [(name, reverse(f"{name}_change", args=[key])) for key in ends]
        except NoReverseMatch:
            continue
    return found


def read(client: Client, path: str, user: User) -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {token_for(user)}"})
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode(errors="replace")  # type: ignore[arg-type]


def test_no_page_call_or_list_tells_staff_a_customers_secrets(world: Aftermath) -> None:
    hashed = world.ada.password
    wrong: list[tuple[str, str, str, str]] = []
    seen: set[tuple[str, str]] = set()
    tried = 0
    for who in ("eli", "root"):
        user = world.person(who)
        assert user is not None
        client = client_of(user)
        for state in ("created", "unpaid", "pickup", "out", "delivered"):
            found = places(world, world.orders[state])
            if state == "created":
                found += office() if who == "root" else []
            else:
                found = [
                    one
                    for one in found
                    if world.orders[state].order_number in one[1] or "api" in one[1]
                ]
            for name, path in found:
                right = right_for(name, "GET")
                if right is not None and not allows(right, user):
                    continue
                text = read(client, path, user)
                tried += 1
                for secret, word in (("password", hashed), ("password", PASSWORD), ("card", CARD)):
                    if word in text:
                        wrong.append((who, state, name, secret))
                if DOOR in text:
                    seen.add((name, state))
                    if name not in ON_THE_RUN or (name != "ops:runs" and state != "out"):
                        wrong.append((who, state, name, "door"))
    assert not wrong, "\n".join(str(one) for one in wrong)
    assert {("ops:order", "out"), ("api:ops-order", "out")} <= seen
    assert tried > 200


def test_control_the_words_are_there_to_be_read(world: Aftermath) -> None:
    """Their owner reads the door code and changes it; the other two stand in the database alone."""
    client = client_of(world.ada)
    there = world.ada.addresses.order_by("pk").first()
    assert there is not None
    page = client.get(reverse("accounts:address", args=[there.pk])).content.decode()
    assert DOOR in page
    assert PaymentToken.objects.filter(token=CARD).exists()
