"""Strangers, wrong roles and one's own order: nothing of an order changes by any of their calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from core.rights import allows
from mami.rights import API
from tests.hostile_input.after_order import Aftermath, aftermath, books, changed, taken_back
from tests.hostile_input.after_order_calls import CALLS
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world(db: None) -> Iterator[Aftermath]:
    with open_with_sandbox() as shop:
        yield aftermath(shop)


def test_calls_of_others_are_not_there(world: Aftermath) -> None:
    wrong: list[Any] = []
    tried = 0
    before = books()
    for who in ("bob", "nobody", "ada", "eli"):
        user = world.person(who)
        for state, order in world.orders.items():
            for call in CALLS:
                right = API[call.route]
                assert isinstance(right, dict)
                mine = call.who == "ada"
                if (
                    user is not None
                    and allows(right[call.method], user)
                    and not (mine and who == "bob")
                ):
                    continue
                with taken_back(world.shop):
                    answer = call.made_by(user, world, order)
                    tried += 1
                    expected = 401 if user is None else 404 if mine and who == "bob" else 403
                    if answer.status_code != expected:
                        wrong.append((who, state, call.route, answer.status_code, answer.content))
                    elif tables := changed(before):
                        wrong.append((who, state, call.route, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])
    assert tried > 1000


def test_nobody_handles_their_own_order(world: Aftermath) -> None:
    """Ada became a manager: her orders are handled by others."""
    User.objects.filter(pk=world.ada.pk).update(role="MANAGER")
    world.ada.refresh_from_db()
    wrong: list[Any] = []
    before = books()
    for state, order in world.orders.items():
        for call in CALLS:
            if call.who == "ada" or call.is_harmless:
                continue
            with taken_back(world.shop):
                answer = call.made_by(world.ada, world, order)
                code = answer.json().get("error", {}).get("code")
                if (answer.status_code, code) != (403, "OWN_ORDER"):
                    wrong.append((state, call.route, answer.status_code, code))
                elif tables := changed(before):
                    wrong.append((state, call.route, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:40])
