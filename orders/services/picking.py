"""Answering for one line of an order: found, not found, or not looked for yet."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from audit.selectors import entries
from audit.services import Action, record
from catalog.choices import SoldBy
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.money import GRAM, json_quantity
from core.transactions import require_transaction, write_transaction
from inventory import services as inventory
from orders.errors import OrderNotInPicking, PickOvertaken
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.services.questions import follow_line
from orders.services.taking_back import take_back
from orders.status import refuse_own, refuse_while_changed

NOTHING = Decimal(0)
HEAVIER = Decimal("1.5")
"""A weighed piece may turn out this much heavier than ordered; the customer never pays more."""
REASON_LENGTH = 60


def pick_item(
    *,
    actor: User,
    order_id: int,
    item_id: int,
    picked_status: str,
    now: dt.datetime,
    picked_quantity: Decimal | None = None,
    reason: str = "",
    seen_version: int | None = None,
) -> OrderItem:
    """Say what became of a line: PICKED (`picked_quantity` units or kg, else as ordered), MISSING
    or PENDING again. The stock follows at once.

    `seen_version` is the line's when the answer was given. Repeating the answer that stands
    changes nothing. Raises PermissionRefused (no staff), OwnOrder, NotFound, OrderNotInPicking,
    PickOvertaken, InvalidInput.
    """
    with write_transaction(durable=True):
        return pick_within(
            actor=actor,
            order_id=order_id,
            item_id=item_id,
            picked_status=picked_status,
            now=now,
            picked_quantity=picked_quantity,
            reason=reason,
            seen_version=seen_version,
        )


def pick_within(
    *,
    actor: User,
    order_id: int,
    item_id: int,
    picked_status: str,
    now: dt.datetime,
    picked_quantity: Decimal | None = None,
    reason: str = "",
    seen_version: int | None = None,
) -> OrderItem:
    """`pick_item` as part of the caller's transaction, with the same refusals.

    Any other answer for a replaced line sends its substitute back to the shelf, and so does
    PENDING or MISSING for the substitute itself; the line that was ordered is returned then, and
    keeps what was found of it.
    """
    require_transaction()
    _check_asked(actor, picked_status)
    order = lock_order(order_id=order_id)
    refuse_own(order, actor)
    items = {item.pk: item for item in lock_items(order_id=order.pk)}
    item = items.get(item_id)
    if item is None:
        raise NotFound
    if order.status != OrderStatus.IN_PROGRESS:
        raise OrderNotInPicking(status=order.status)
    refuse_while_changed(order)
    quantity = _quantity(item, picked_status, picked_quantity)
    answer = (picked_status, quantity)
    check_not_overtaken(
        item, seen_version, stands=answer == (item.picked_status, item.picked_quantity)
    )
    changed = False
    waits = item.picked_status == PickedStatus.PENDING and picked_status == PickedStatus.PICKED
    if item.substitute_for_id is not None and not waits:
        if picked_status == PickedStatus.PICKED:
            return _unchanged(item, quantity)
        by, item = item, items[item.substitute_for_id]
        take_back(actor=actor, order=order, item=item, by=by)
        changed = True
        others = any(one.substitute_for_id == item.pk and one is not by for one in items.values())
        if others or item.picked_status == PickedStatus.PICKED:
            next_version(item)
            return item
    elif answer != (item.picked_status, item.picked_quantity):
        for by in [one for one in items.values() if one.substitute_for_id == item.pk]:
            take_back(actor=actor, order=order, item=item, by=by)
    changed |= write_pick(
        actor=actor,
        order=order,
        item=item,
        picked_status=picked_status,
        quantity=quantity,
        reason=reason if picked_status == PickedStatus.MISSING else "",
        now=now,
    )
    if changed:
        next_version(item)
        follow_line(order=order, item=item, now=now)
    return item


def _check_asked(actor: User, picked_status: str) -> None:
    if not actor.is_employee:
        raise PermissionRefused
    if picked_status not in PickedStatus.values:
        raise InvalidInput(fields={"picked_status": [_("There is no such answer.")]})


def check_not_overtaken(item: OrderItem, seen_version: int | None, *, stands: bool) -> None:
    """Raise PickOvertaken where the locked line has turned since `seen_version` was seen of it,
    unless what is asked for `stands` there already.
    """
    if seen_version is not None and seen_version != item.version and not stands:
        raise overtaken(item)


def overtaken(item: OrderItem) -> PickOvertaken:
    """The refusal that tells what stands at the line now, and who answered it."""
    last = entries(entity_type="order_item", entity_id=item.pk).first()
    name = last.actor.full_name if last is not None and last.actor is not None else ""
    amount = item.picked_quantity
    told = {"name": name, "answer": item.get_picked_status_display()}
    message = _("%(name)s answered this line in the meantime: %(answer)s.") % told
    if amount is not None:
        told |= {"found": f"{amount.normalize():f}"}
        message = _("%(name)s answered this line in the meantime: %(answer)s, %(found)s.") % told
    return PickOvertaken(
        message if name else None,
        item={
            "id": item.pk,
            "version": item.version,
            "picked_status": item.picked_status,
            "picked_quantity": None if amount is None else json_quantity(amount),
            "answered_by": name or None,
        },
    )


def next_version(item: OrderItem) -> None:
    """Let whoever saw the locked line before know that it is another one now."""
    item.version += 1
    item.save(update_fields=["version"])


def write_pick(
    *,
    actor: User,
    order: Order,
    item: OrderItem,
    picked_status: str,
    quantity: Decimal | None,
    reason: str,
    now: dt.datetime,
) -> bool:
    """Write the answer for a locked line and move its stock, in the caller's transaction.

    Whether it is another one than stood there; the caller turns the line's version.
    """
    old = (item.picked_status, item.picked_quantity)
    if (picked_status, quantity) == old:
        return False
    taken_before, promised_before = _holds(item)
    item.picked_status, item.picked_quantity = picked_status, quantity
    item.missing_reason = reason[:REASON_LENGTH]
    item.picked_at = None if picked_status == PickedStatus.PENDING else now
    item.save(update_fields=["picked_status", "picked_quantity", "missing_reason", "picked_at"])
    record(
        actor=actor,
        entity_type="order_item",
        entity_id=item.pk,
        action=Action.PICK,
        old={"picked_status": old[0], "picked_quantity": old[1]},
        new={"picked_status": picked_status, "picked_quantity": quantity},
        context={"order_id": order.pk, **({"reason": reason} if reason else {})},
    )
    taken, promised = _holds(item)
    _move_stock(actor, order, item, taken - taken_before, promised - promised_before)
    return True


def _holds(item: OrderItem) -> tuple[Decimal, Decimal]:
    """What the line has taken from the shelf, and what it still has promised there."""
    if item.picked_status == PickedStatus.PICKED:
        return item.picked_quantity or NOTHING, NOTHING
    if item.picked_status == PickedStatus.PENDING:
        return NOTHING, item.quantity
    return NOTHING, NOTHING


def _move_stock(
    actor: User, order: Order, item: OrderItem, taken: Decimal, promised: Decimal
) -> None:
    """`taken` more from the shelf and `promised` more on it; each answer has one direction."""
    where = {
        "actor": actor,
        "branch_id": order.branch_id,
        "reference": f"order:{order.order_number}",
    }
    if taken > 0:
        inventory.pick(product_id=item.product_id, picked=taken, promised=-promised, **where)  # type: ignore[arg-type]
    elif taken < 0 or promised > 0:
        inventory.unpick(product_id=item.product_id, picked=-taken, promised=promised, **where)  # type: ignore[arg-type]
    elif promised < 0:
        inventory.release(quantities={item.product_id: -promised}, **where)  # type: ignore[arg-type]


def _quantity(item: OrderItem, picked_status: str, given: Decimal | None) -> Decimal | None:
    """What was found. Raises InvalidInput for an amount that cannot be."""
    if picked_status != PickedStatus.PICKED:
        return None
    if given is None:
        return item.quantity
    check_quantity(item, given)
    return given


def _unchanged(item: OrderItem, quantity: Decimal | None) -> OrderItem:
    """A substitute is packed in one amount. Raises InvalidInput for another."""
    if quantity != item.picked_quantity:
        message = _("Undo the substitute to pack another amount of it.")
        raise InvalidInput(fields={"picked_quantity": [message]})
    return item


def check_quantity(item: OrderItem, given: Decimal, *, of: Decimal | None = None) -> None:
    """Raises InvalidInput for an amount (units or kg) that cannot be for what was ordered, or for
    what is left `of` it."""
    message = ""
    asked = item.quantity if of is None else of
    most = asked if item.sold_by == SoldBy.UNIT else asked * HEAVIER
    if not given.is_finite() or given <= 0:
        message = _("Something picked weighs or counts more than nothing.")
    elif item.sold_by == SoldBy.UNIT and given != given.to_integral_value():
        message = _("This product is counted in whole units.")
    elif given > most:
        message = _("That is more than was ordered.")
    elif given != given.quantize(GRAM):
        message = _("Weights are kept to the gram.")
    if message:
        raise InvalidInput(fields={"picked_quantity": [message]})
