"""The status machine of an order, as data: who may move it from where to where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from accounts.models import MANAGER_ROLES, STAFF_ROLES
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus, PickedStatus

S = OrderStatus

EMPLOYEE_MOVES: dict[str, tuple[str, ...]] = {
    S.CREATED: (S.IN_PROGRESS,),
    S.IN_PROGRESS: (S.READY, S.MISSING),
}
MANAGER_MOVES: dict[str, tuple[str, ...]] = {
    S.CREATED: (S.IN_PROGRESS, S.DELAYED, S.CANCELED),
    S.IN_PROGRESS: (S.READY, S.MISSING, S.DELAYED, S.CANCELED),
    S.DELAYED: (S.IN_PROGRESS, S.OUT_FOR_DELIVERY, S.CANCELED),
    S.MISSING: (S.IN_PROGRESS, S.READY, S.CANCELED),
    S.READY: (S.OUT_FOR_DELIVERY, S.DELIVERED, S.DELAYED),
    S.OUT_FOR_DELIVERY: (S.DELIVERED, S.DELAYED),
}
FINAL = frozenset({S.DELIVERED, S.CANCELED})
# While an order is in one of these, what is still to pick of it is promised on the shelf.
OPEN = frozenset(S) - FINAL


class Person(Protocol):
    """Whoever asks: a user with a role."""

    role: str
    is_active: bool


def allowed_transitions(order: Order, actor: Person) -> list[str]:
    """Where `actor` may move the order, as far as the order's own row can tell.

    What the lines say (all picked, one missing) is asked when it is moved: `blocked_by`.
    """
    return [
        to
        for to in _moves(actor).get(order.status, ())
        if not blocked_by_kind(order, to) and not _never_left(order, to)
    ]


def may_move(order: Order, actor: Person, to: str) -> bool:
    """Whether the table has the move for this person; conditions are asked separately."""
    return to in _moves(actor).get(order.status, ()) and not _never_left(order, to)


def blocked_by_kind(order: Order, to: str) -> str:
    """NOT_DELIVERY or NOT_PICKUP where the move is not for this kind of order, else ""."""
    is_delivery = order.fulfillment_type == FulfillmentType.DELIVERY
    if to == S.OUT_FOR_DELIVERY and not is_delivery:
        return "NOT_DELIVERY"
    if to == S.DELIVERED and order.status == S.READY and is_delivery:
        return "NOT_PICKUP"
    return ""


def blocked_by_lines(order: Order, to: str, picked_statuses: Iterable[str]) -> str:
    """The condition on the lines that the move does not meet, or ""."""
    found = set(picked_statuses)
    if to == S.READY and order.status == S.IN_PROGRESS:
        if PickedStatus.PENDING in found:
            return "ITEMS_PENDING"
        return "ITEMS_MISSING" if PickedStatus.MISSING in found else ""
    if to == S.MISSING:
        if PickedStatus.PENDING in found:
            return "ITEMS_PENDING"
        return "" if PickedStatus.MISSING in found else "NO_ITEM_MISSING"
    return ""


def answers(items: Iterable[OrderItem]) -> list[str]:
    """What became of each line that was ordered; one that was replaced counts as picked."""
    lines = list(items)
    replaced = {line.substitute_for_id for line in lines}
    return [
        PickedStatus.PICKED if line.pk in replaced else line.picked_status
        for line in lines
        if line.substitute_for_id is None
    ]


def _moves(actor: Person) -> dict[str, tuple[str, ...]]:
    if not actor.is_active or actor.role not in STAFF_ROLES:
        return {}
    return MANAGER_MOVES if actor.role in MANAGER_ROLES else EMPLOYEE_MOVES


def needs_to_have_been_ready(old: str, to: str) -> bool:
    """A delayed order goes out only when it had been picked completely before."""
    return old == S.DELAYED and to == S.OUT_FOR_DELIVERY


def _never_left(order: Order, to: str) -> bool:
    return needs_to_have_been_ready(order.status, to) and not order.was_ready
