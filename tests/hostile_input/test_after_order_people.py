"""Strangers, wrong roles, one's own order, and looking: nothing of an order changes by any of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.rights import Right, allows, methods_of, right_for
from mami.rights import API
from orders.models import Order
from tests.api_client import token_for
from tests.hostile_input.after_order import Aftermath, aftermath, books, changed, taken_back
from tests.hostile_input.after_order_calls import (
    CALLS,
    EVERY,
    api_routes,
    ids_of,
    is_of_an_order,
)
from tests.hostile_input.values import page_routes
from tests.shop import open_with_sandbox
from tests.turns import one_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# What a form of any of these pages could say.
FORM = {
    "confirm": "1", "key": "a-key", "reason": "why not", "reason_code": "LATE", "amount": "1.00",
    "status": "CANCELED", "text": "a note", "note": "a note", "decision": "REFUND", "product": "1",
    "bay": "7", "name": "mine", "business_name": "Us", "vat_id": "000000018", "answer": "answer",
    "include": "PAPERS", "picked_status": "PICKED", "barcode": "1", "bags": "1", "code": "1234",
    "next": "pick", "version": "1", "card": "token:tok_visa", "act": "accept",
}  # fmt: skip


@pytest.fixture
def world(db: None) -> Iterator[Aftermath]:
    with open_with_sandbox() as shop:
        yield aftermath(shop)


def test_calls_of_others_are_not_there(world: Aftermath) -> None:
    """A stranger's with each order; who has no right to a call at all hears so before any order is looked
    for: each call with a sixth of the orders."""
    wrong: list[Any] = []
    tried = 0
    before = books()
    for who in ("bob", "nobody", "ada", "eli"):
        user = world.person(who)
        for place, (state, order) in enumerate(world.orders.items()):
            for turn, call in enumerate(CALLS):
                right = API[call.route]
                assert isinstance(right, dict)
                mine = call.who == "ada"
                if not (mine and who == "bob") and (
                    (place + turn) % EVERY
                    or (user is not None and allows(right[call.method], user))
                ):
                    continue
                with taken_back(world.shop) as has_written:
                    answer = call.made_by(user, world, order)
                    tried += 1
                    expected = 401 if user is None else 404 if mine and who == "bob" else 403
                    if answer.status_code != expected:
                        wrong.append((who, state, call.route, answer.status_code, answer.content))
                    elif has_written() and (tables := changed(before)):
                        wrong.append((who, state, call.route, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])
    assert tried > 150 + 1200 // EVERY


def test_nobody_handles_their_own_order(world: Aftermath) -> None:
    """Ada became a manager: her orders are handled by others, in whatever state they are."""
    User.objects.filter(pk=world.ada.pk).update(role="MANAGER")
    world.ada.refresh_from_db()
    wrong: list[Any] = []
    before = books()
    for place, (state, order) in enumerate(world.orders.items()):
        for turn, call in enumerate(CALLS):
            if call.who == "ada" or call.is_harmless or (place + turn) % EVERY:
                continue
            with taken_back(world.shop) as has_written:
                answer = call.made_by(world.ada, world, order)
                code = answer.json().get("error", {}).get("code")
                if (answer.status_code, code) != (403, "OWN_ORDER"):
                    wrong.append((state, call.route, answer.status_code, code))
                elif has_written() and (tables := changed(before)):
                    wrong.append((state, call.route, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])


def pages(world: Aftermath, order: Order) -> list[tuple[str, str]]:
    """The pages of one order, report, dispute or customer."""
    known = {"number": order.order_number, **ids_of(world, order)}
    return [
        (name, reverse(name, kwargs={key: known[key] for key in pattern.pattern.converters}))
        for name, pattern in page_routes()
        if name.split(":")[0] in {"orders", "ops", "changes", "paying"}
        and is_of_an_order(pattern.pattern.converters)
    ]


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def is_theirs(user: User, name: str, method: str) -> bool:
    right = right_for(name, method)
    return name.startswith("ops:") and right is not None and allows(right, user)


def is_turned_away(answer: Any, user: User | None, name: str, method: str) -> bool:
    """The signed-out are led to the sign-in; a stranger's order is not there; staff have no business on
    a customer's pages, customers and pickers none on those of managers."""
    if user is None:
        return answer.status_code == 302 and "/account/login/" in answer["Location"]
    if method == "POST" and answer.status_code == 405:  # a page that takes no form
        return True
    if user.role == "CUSTOMER" and right_for(name, method) is Right.CUSTOMER:
        return answer.status_code == 404
    return answer.status_code in {403, 404}


def test_pages_of_others_are_not_there(world: Aftermath) -> None:
    """A twelfth of the pages with each order, another twelfth with the next; in `make test-every` a sixth."""
    wrong: list[Any] = []
    tried = 0
    before, step = books(), one_of(12, whole=6)
    found = {state: pages(world, order) for state, order in world.orders.items()}
    for who in ("bob", "nobody", "eli", "mia"):
        user = world.person(who)
        client = client_of(user)
        for place, (state, addresses) in enumerate(found.items()):
            for name, path in addresses[place % step :: step]:
                for method in sorted(methods_of(name) & {"GET", "POST"}):
                    if user is not None and is_theirs(user, name, method):
                        continue
                    with taken_back(world.shop) as has_written:
                        sent = FORM if method == "POST" else {}
                        answer = getattr(client, method.lower())(path, sent)
                        tried += 1
                        if not is_turned_away(answer, user, name, method):
                            wrong.append((who, state, method, name, answer.status_code))
                        elif has_written() and (tables := changed(before)):
                            wrong.append((who, state, method, name, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])
    assert tried > 1500 // step


def test_looking_changes_nothing(world: Aftermath) -> None:
    """Pages and calls by GET, also of what only takes forms; every fifth by HEAD. A sixteenth of
    them with each order, another one with the next; in `make test-every` an eighth."""
    wrong: list[Any] = []
    tried = 0
    before, step = books(), one_of(16, whole=8)
    for who in ("ada", "mia"):
        user = world.person(who)
        assert user is not None
        client = client_of(user)
        bearer = {"Authorization": f"Bearer {token_for(user)}"}
        for place, (state, order) in enumerate(world.orders.items()):
            found = [(*one, {}) for one in pages(world, order)]
            found += [(*one, bearer) for one in api_routes(world, order)]
            for number, (name, path, headers) in enumerate(found[place % step :: step]):
                with taken_back(world.shop) as has_written:
                    look = client.get if number % 5 else client.head
                    answer = look(path, headers=headers)
                    tried += 1
                    if answer.status_code >= 500 and "evidence" not in name:  # drawn a little later
                        wrong.append((who, state, name, answer.status_code))
                    if has_written() and (tables := set(changed(before)) - written_by(name)):
                        wrong.append((who, state, name, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])
    assert tried > 1200 // step


def written_by(name: str) -> set[str]:
    """Looking at a person is written down."""
    return {"audit_auditentry"} if "customer" in name else set()
