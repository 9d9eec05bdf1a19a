"""Keeping what an order held as a shopping list."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from core.transactions import write_transaction
from lists import services as lists
from orders.services.reordering import wanted_of


def order_to_list(*, actor: User, order_id: int, name: str, now: dt.datetime) -> int:
    """A new list of what was ordered (not its substitutes), amounts and notes; its key.

    Raises NotFound, InvalidInput, DuplicateListName, TooManyLists, TooManyItems.
    """
    wanted = wanted_of(actor=actor, order_id=order_id)
    with write_transaction():
        made = lists.create_list(actor=actor, name=name)
        lists.put_many(
            actor=actor, row=made, quantities=wanted.quantities, notes=wanted.notes, now=now
        )
    return made.pk
