"""What checkout knows about a person: keys with their answers, and promises on their way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cart.locks import lock_carts_of
from checkout.locks import lock_keys_of
from checkout.models import IdempotencyKey, Reservation

PEOPLE = {
    "checkout.IdempotencyKey.user": "deleted",
    "checkout.Reservation.user": "stays: amounts; its details are emptied",
}


def take_out(*, user_id: int) -> dict[str, Any]:
    return {}


def lock(*, user_id: int) -> None:
    """Baskets, then keys, then the person, as an order that is being placed takes them.

    It holds its basket while it writes the answer under its key, and waits as it commits for the
    person that its rows point at: who held the person already would wait for the basket in vain.
    """
    lock_carts_of(user_id=user_id)
    lock_keys_of(user_id=user_id)


def open_numbers(*, user_id: int) -> list[str]:
    rows = Reservation.objects.filter(user_id=user_id, status=Reservation.Status.ACTIVE)
    return list(rows.values_list("order_number", flat=True))


def erase(*, user_id: int, now: dt.datetime) -> None:
    IdempotencyKey.objects.filter(user_id=user_id).delete()
    Reservation.objects.filter(user_id=user_id).update(details={})
