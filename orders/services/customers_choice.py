"""What follows from what the customer chose when something has run out. In the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from audit.services import Action, record
from cart.models import Substitution
from core.transactions import require_transaction
from orders.change_models import OrderQuestion
from orders.line_changes import TOLD, is_short, line_changes
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.selectors import edits_of
from orders.services.timeline import write_status
from orders.status import BY_CUSTOMERS_CHOICE


def settled_lines(*, order: Order, items: Collection[OrderItem]) -> set[int]:
    """Lines whose customer was asked and is asked no more: answered, or too late.

    Two queries, and only for an order of which something is missing.
    """
    if not any(item.picked_status != PickedStatus.PENDING and is_short(item) for item in items):
        return set()
    asked = OrderQuestion.objects.filter(order=order, item__isnull=False)
    closed = asked.exclude(status=OrderQuestion.Status.OPEN).values_list("item_id", flat=True)
    still = set(asked.filter(status=OrderQuestion.Status.OPEN).values_list("item_id", flat=True))
    return {key for key in closed if key is not None} - still


def is_asking(*, order: Order) -> bool:
    """Whether its customer is asked about something of it that ran out. One query."""
    asked = OrderQuestion.objects.filter(order=order, kind=OrderQuestion.Kind.SUBSTITUTE)
    return asked.filter(status=OrderQuestion.Status.OPEN).exists()


def must_ask(items: Collection[OrderItem], settled: Collection[int]) -> list[OrderItem]:
    """Lines of which something is missing whose customer wants to be asked first. No query."""
    replaced = {item.substitute_for_id for item in items}
    return [
        item
        for item in items
        if item.substitution == Substitution.CALL_ME
        and item.substitute_for_id is None
        and item.picked_status != PickedStatus.PENDING
        and is_short(item)
        and item.pk not in replaced
        and item.pk not in settled
    ]


def go_by_choice(*, order: Order, items: Collection[OrderItem], now: dt.datetime) -> bool:
    """Let a locked order that misses something be READY at once, where its customer decided so.

    Every missing line is one for which no substitute is wanted, or whose customer was asked. An
    order of which nothing is packed waits for a manager, and so does a missing line for which the
    closest one is wanted. False where it waits.
    """
    require_transaction()
    settled = settled_lines(order=order, items=items)
    replaced = {item.substitute_for_id for item in items}
    waits = [
        item
        for item in items
        if item.picked_status == PickedStatus.MISSING
        and item.substitute_for_id is None
        and item.pk not in replaced
        and item.substitution != Substitution.REFUND
        and item.pk not in settled
    ]
    nothing = not any(item.packed for item in items)
    pending = any(item.picked_status == PickedStatus.PENDING for item in items)
    if order.status != OrderStatus.MISSING or waits or nothing or pending:
        return False
    if must_ask(items, settled) or is_asking(order=order):
        return False
    order.was_ready, order.picked_at = True, now
    write_status(
        actor=None,
        order=order,
        to=OrderStatus.READY,
        now=now,
        reason=BY_CUSTOMERS_CHOICE,
        message=ready_message(order, items),
    )
    record(
        actor=None,
        entity_type="order",
        entity_id=order.pk,
        action=Action.STATUS_CHANGE,
        old={"status": OrderStatus.MISSING},
        new={"status": OrderStatus.READY},
        context={"reason": BY_CUSTOMERS_CHOICE},
    )
    return True


def ready_message(order: Order, items: Collection[OrderItem]) -> str:
    """The event of the one mail that a customer of a picked order gets: what is not as ordered,
    else none of its own, which is the status's."""
    told = any(change.kind in TOLD for change in line_changes(items, edits_of(order=order)))
    return "order_missing" if told else ""
