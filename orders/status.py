"""The status machine of an order, as data: who may move it from where to where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from accounts.models import MANAGER_ROLES, STAFF_ROLES
from core.errors import Busy
from orders.errors import OrderBeingChanged, OwnOrder
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus, PickedStatus
from payments.choices import PaymentState

S = OrderStatus

EMPLOYEE_MOVES: dict[str, tuple[str, ...]] = {
    S.CREATED: (S.IN_PROGRESS,),
    S.IN_PROGRESS: (S.READY, S.MISSING),
}
MANAGER_MOVES: dict[str, tuple[str, ...]] = {
    S.CREATED: (S.IN_PROGRESS, S.DELAYED, S.CANCELED),
    S.IN_PROGRESS: (S.READY, S.MISSING, S.DELAYED, S.CANCELED),
    S.DELAYED: (S.IN_PROGRESS, S.OUT_FOR_DELIVERY, S.DELIVERED, S.CANCELED),
    S.MISSING: (S.IN_PROGRESS, S.READY, S.CANCELED),
    S.READY: (S.OUT_FOR_DELIVERY, S.DELIVERED, S.DELAYED),
    S.OUT_FOR_DELIVERY: (S.DELIVERED, S.DELAYED),
}
NOT_PAID = "NOT_PAID"
"""Why the shop itself cancels an order."""
BY_CUSTOMERS_CHOICE = "BY_CUSTOMERS_CHOICE"
"""Why an order that misses something is ready without anybody."""
LEAVING = (S.OUT_FOR_DELIVERY, S.DELIVERED)
FINAL = (S.DELIVERED, S.CANCELED)
# While an order is in one of these, what is still to pick of it is promised on the shelf.
OPEN = tuple(status for status in S if status not in FINAL)


class Person(Protocol):
    """Whoever asks: a user with a role."""

    pk: int
    role: str
    is_active: bool


def allowed_transitions(order: Order, actor: Person) -> list[str]:
    """Where `actor` may move the order, as far as the order's own row can tell.

    What the lines say (all picked, one missing) is asked when it is moved: `blocked_by`.
    """
    if order.user_id == actor.pk:
        return []
    return [to for to in _moves(actor).get(order.status, ()) if _fits(order, to)]


def offered_transitions(order: Order, actor: Person) -> list[str]:
    """`allowed_transitions` without those that are refused whatever the lines say: what is not paid does
    not leave; asking for payment is what can be done. Reads the order's payment.
    """
    moves = allowed_transitions(order, actor)
    if order.left_at is not None or order.payment.state != PaymentState.UNPAID:
        return moves
    return [to for to in moves if to not in LEAVING]


def may_move(order: Order, actor: Person, to: str) -> bool:
    """Whether the table has the move for this person; conditions are asked separately."""
    return to in _moves(actor).get(order.status, ()) and _has_been_there(order, to)


def refuse_own(order: Order, actor: Person) -> None:
    """Raises OwnOrder when the actor bought it: nobody handles their own order."""
    if order.user_id == actor.pk:
        raise OwnOrder


def refuse_while_leaving(order: Order) -> None:
    """Raises Busy while a locked order is being charged: it leaves, or stays, in a moment."""
    if order.leaving_to:
        raise Busy


def refuse_while_changed(order: Order) -> None:
    """Raises OrderBeingChanged while a change of a locked order waits for its money: its lines stay
    as they were agreed on until then."""
    if order.is_being_changed:
        raise OrderBeingChanged(retry_after=2)


def leaves_the_shop(order: Order, to: str) -> bool:
    """Whether its goods change hands with this move for the first time: then they are charged."""
    if order.left_at is not None:
        return False
    if to == S.DELIVERED:
        return order.fulfillment_type == FulfillmentType.PICKUP
    return to == S.OUT_FOR_DELIVERY


def blocked_by_kind(order: Order, to: str) -> str:
    """NOT_DELIVERY or NOT_PICKUP where the move is not for this kind of order, else ""."""
    is_delivery = order.fulfillment_type == FulfillmentType.DELIVERY
    if to == S.OUT_FOR_DELIVERY and not is_delivery:
        return "NOT_DELIVERY"
    if to == S.DELIVERED and order.status == S.READY and is_delivery:
        return "NOT_PICKUP"
    return ""


def blocked_by_lines(
    order: Order, to: str, picked_statuses: Iterable[str], *, must_ask: bool = False
) -> str:
    """The condition on the lines that the move does not meet, or "".

    `must_ask`: something is missing of a line whose customer wants to be asked, and was not.
    """
    found = set(picked_statuses)
    if to == S.READY and order.status in (S.IN_PROGRESS, S.MISSING) and must_ask:
        return "ITEMS_PENDING" if PickedStatus.PENDING in found else "ITEMS_MISSING"
    if to == S.READY and order.status == S.IN_PROGRESS:
        if PickedStatus.PENDING in found:
            return "ITEMS_PENDING"
        return "ITEMS_MISSING" if PickedStatus.MISSING in found else ""
    if to == S.MISSING:
        if PickedStatus.PENDING in found:
            return "ITEMS_PENDING"
        return "" if must_ask or PickedStatus.MISSING in found else "NO_ITEM_MISSING"
    return ""


def answers(items: Iterable[OrderItem]) -> list[str]:
    """What became of each line that was ordered; one that was replaced counts as what
    became of its substitutes."""
    lines = list(items)
    replaced: dict[int | None, str] = {}
    for line in lines:
        before = replaced.get(line.substitute_for_id)
        if before in (None, PickedStatus.PICKED):  # of several the one that is least done counts
            replaced[line.substitute_for_id] = line.picked_status
    return [
        replaced.get(line.pk, line.picked_status)
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


def needs_to_have_left(old: str, to: str) -> bool:
    """A delayed order is delivered straight away only when it was on its way (the neighbour has it)."""
    return old == S.DELAYED and to == S.DELIVERED


def ends_when_it_left(old: str, to: str) -> bool:
    """What was charged is never picked again."""
    return old == S.DELAYED and to == S.IN_PROGRESS


def _fits(order: Order, to: str) -> bool:
    return not blocked_by_kind(order, to) and _has_been_there(order, to)


def _has_been_there(order: Order, to: str) -> bool:
    """What a delayed order's past allows."""
    if needs_to_have_been_ready(order.status, to):
        return order.was_ready
    if needs_to_have_left(order.status, to):
        return order.left_at is not None
    return not (ends_when_it_left(order.status, to) and order.left_at is not None)
