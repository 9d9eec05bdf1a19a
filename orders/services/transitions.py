"""Moving an order along its status machine, by the people who prepare and bring it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.transactions import require_transaction, write_transaction
from orders import status
from orders.choices import DelayReason
from orders.errors import (
    InvalidStatusTransition,
    OrderBeingChanged,
    OrderClaimed,
    OrderNeedsManager,
)
from orders.line_changes import is_short
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.services import asking, customers_choice, leaving
from orders.services.canceling import undo
from orders.services.returning import Returned, check_returned, refund_returned
from orders.services.timeline import write_status
from payments.disputes import lost_for_fraud

MOST_BAGS = 200
BEFORE_PICKING = frozenset({OrderStatus.CREATED, OrderStatus.DELAYED})


def change_status(
    *,
    actor: User,
    order_id: int,
    to: str,
    now: dt.datetime,
    reason: str = "",
    restock: Collection[int] = (),
    returned: Returned | None = None,
    reason_code: str = "",
) -> Order:
    """Move the order to `to`, with everything that follows from it.

    Leaving the shop (OUT_FOR_DELIVERY; DELIVERED for a pickup) charges what was picked first, once
    and never above what was agreed: see `leaving`. CANCELED gives everything back; of goods that
    had left, the lines `restock` return to the shelf. `returned` names quantities by line that the
    customer handed back at the door: they are refunded with the move to DELIVERED. `reason_code`
    (DelayReason) says why an order is DELAYED. Raises NotFound, PermissionRefused (no staff),
    OwnOrder, InvalidInput (no such status), InvalidStatusTransition, PaymentNotHeld, Busy (being
    charged), ChargeRefused, PaymentPending.
    """
    _check_words(actor, to)
    _check_reason(to, reason_code)
    back = returned or {}
    check_returned(to=to, returned=back)
    with write_transaction(durable=True):
        order, items = _checked(actor, order_id, to)
        _check_restock(items, to, restock)
        if not status.leaves_the_shop(order, to):
            _move(actor, order, items, to, now, reason, restock, reason_code)
            refund_returned(actor=actor, order=order, items=items, returned=back, now=now)
            return order
        check_returned(to="" if back else to, returned=back)  # at the counter nobody hands back
        leaving.begin(actor=actor, order=order, items=items, to=to, now=now)
    return leaving.finish(order_id=order_id, now=now)


def move_within(
    *,
    actor: User,
    order_id: int,
    to: str,
    now: dt.datetime,
    reason: str = "",
    returned: Returned | None = None,
) -> Order:
    """`change_status` as part of the caller's transaction, for goods that have left already.

    Raises what it raises, and InvalidStatusTransition for a move that would charge.
    """
    require_transaction()
    _check_words(actor, to)
    order, items = _checked(actor, order_id, to)
    if status.leaves_the_shop(order, to):
        raise InvalidStatusTransition(**_details(order, actor, to), blocked_by="NOT_DELIVERY")
    _move(actor, order, items, to, now, reason)
    refund_returned(actor=actor, order=order, items=items, returned=returned or {}, now=now)
    return order


def claim_order(*, actor: User, order_id: int, now: dt.datetime) -> Order:
    """Begin to pick an order, or come back to one's own. Raises OrderClaimed when it is another's.

    An order whose picker left it (or that a manager sent back) is taken over. Raises NotFound,
    PermissionRefused, OwnOrder, InvalidStatusTransition when it is not there to be picked, and
    PaymentNotHeld: nobody picks an unpaid order.
    """
    if not actor.is_employee:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        status.refuse_own(order, actor)
        if order.status == OrderStatus.IN_PROGRESS:
            if order.picker_id is None:
                _take(order, actor, now)
                order.save(update_fields=["picker", "claimed_at", "updated_at"])
            elif order.picker_id != actor.pk:
                raise OrderClaimed(picker=order.picker.full_name if order.picker else "")
            return order
        items = lock_items(order_id=order.pk)
        _check(order, items, actor, OrderStatus.IN_PROGRESS)
        _move(actor, order, items, OrderStatus.IN_PROGRESS, now, "")
    return order


def finish_picking(
    *, actor: User, order_id: int, now: dt.datetime, bags: int | None = None
) -> Order:
    """End picking: READY when everything was found, MISSING when something was not.

    Where the customer's choice decides what is missing, READY follows at once.

    Raises NotFound, PermissionRefused, OwnOrder, InvalidInput (bags), InvalidStatusTransition while
    lines are pending.
    """
    if not actor.is_employee:
        raise PermissionRefused
    if bags is not None and not 0 <= bags <= MOST_BAGS:
        text = _("A number of bags from 0 to %(most)d.") % {"most": MOST_BAGS}
        raise InvalidInput(fields={"bags": [text]})
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        status.refuse_own(order, actor)
        items = lock_items(order_id=order.pk)
        missing = PickedStatus.MISSING in status.answers(items) or _must_ask(order, items)
        to = OrderStatus.MISSING if missing else OrderStatus.READY
        _check(order, items, actor, to)
        order.bags = order.bags if bags is None else bags
        _move(actor, order, items, to, now, "")
    return order


def _check_words(actor: User, to: str) -> None:
    if not actor.is_employee:
        raise PermissionRefused
    if to not in OrderStatus.values:
        raise InvalidInput(fields={"status": [_("There is no such status.")]})


def _check_reason(to: str, code: str) -> None:
    if code and to != OrderStatus.DELAYED:
        raise InvalidInput(fields={"reason_code": [_("Only a delay has such a reason.")]})
    if code and code not in DelayReason.values:
        raise InvalidInput(fields={"reason_code": [_("Choose one of the offered reasons.")]})


def _check_restock(items: list[OrderItem], to: str, restock: Collection[int]) -> None:
    """Raises InvalidInput for any other move than CANCELED, NotFound for a line of another order."""
    if restock and to != OrderStatus.CANCELED:
        text = _("Only what is cancelled returns to the shelf.")
        raise InvalidInput(fields={"restock": [text]})
    if set(restock) - {item.pk for item in items}:
        raise NotFound


def _checked(actor: User, order_id: int, to: str) -> tuple[Order, list[OrderItem]]:
    """The order with its lines, locked, where the move is allowed."""
    order = lock_order(order_id=order_id)
    status.refuse_own(order, actor)
    status.refuse_while_leaving(order)
    items = lock_items(order_id=order.pk)
    _check(order, items, actor, to)
    return order, items


def _check(order: Order, items: list[OrderItem], actor: User, to: str) -> None:
    """Raises InvalidStatusTransition, PermissionRefused for somebody without any moves."""
    if order.is_being_changed and to != OrderStatus.CANCELED:
        raise OrderBeingChanged(retry_after=2)
    details = _details(order, actor, to)
    if not status.may_move(order, actor, to):
        raise InvalidStatusTransition(**details)
    ask = to in (OrderStatus.READY, OrderStatus.MISSING) and _must_ask(order, items)
    blocked = status.blocked_by_kind(order, to) or status.blocked_by_lines(
        order, to, status.answers(items), must_ask=ask
    )
    if blocked:
        raise InvalidStatusTransition(**details, blocked_by=blocked)
    if to == OrderStatus.IN_PROGRESS and order.status in BEFORE_PICKING:
        leaving.check_held(order)
        _check_trusted(order, actor)


def _check_trusted(order: Order, actor: User) -> None:
    """Raises OrderNeedsManager. A manager who begins it gives their word; afterwards anybody goes on."""
    lost = 0 if actor.is_manager else lost_for_fraud(user_id=order.user_id)
    if lost >= settings.DISPUTES_HOLD > 0:
        raise OrderNeedsManager(lost=lost)


def _details(order: Order, actor: User, to: str) -> dict[str, Any]:
    return {
        "from": order.status,
        "to": to,
        "allowed": status.allowed_transitions(order, actor),
    }


def _move(
    actor: User,
    order: Order,
    items: list[OrderItem],
    to: str,
    now: dt.datetime,
    reason: str,
    restock: Collection[int] = (),
    reason_code: str = "",
) -> None:
    if to == OrderStatus.CANCELED:
        undo(actor=actor, order=order, items=items, now=now, reason=reason, restock=restock)
        return
    old = order.status
    if to == OrderStatus.IN_PROGRESS and order.picker_id is None:
        _take(order, actor, now)
    elif to == OrderStatus.READY:
        order.was_ready, order.picked_at = True, now
    elif to == OrderStatus.MISSING:
        order.picked_at = now
    elif to == OrderStatus.DELIVERED:
        order.delivered_at = now
    elif to == OrderStatus.DELAYED and old == OrderStatus.IN_PROGRESS:
        order.picker_id, order.claimed_at = None, None
    elif to == OrderStatus.DELAYED and old == OrderStatus.OUT_FOR_DELIVERY:
        order.attempts += 1
    write_status(
        actor=actor,
        order=order,
        to=to,
        now=now,
        reason=reason,
        reason_code=reason_code,
        message=customers_choice.ready_message(order, items) if to == OrderStatus.READY else "",
    )
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.STATUS_CHANGE,
        old={"status": old},
        new={"status": to},
        context={"reason": reason} if reason else None,
    )
    if to == OrderStatus.MISSING and not customers_choice.go_by_choice(
        order=order, items=items, now=now
    ):
        asking.ask_at_the_end(actor=actor, order=order, items=items, now=now)


def _must_ask(order: Order, items: list[OrderItem]) -> bool:
    """Whether a customer who wants to be asked was not, or has not answered yet."""
    settled = customers_choice.settled_lines(order=order, items=items)
    if customers_choice.must_ask(items, settled):
        return True
    short = any(is_short(item) for item in items)
    return short and customers_choice.is_asking(order=order)


def _take(order: Order, actor: User, now: dt.datetime) -> None:
    order.picker, order.claimed_at = actor, now
