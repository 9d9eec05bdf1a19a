"""A picker's answers as the hand gives them: by scan, by scale, by thumb."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from catalog import scanning
from catalog.choices import SoldBy
from catalog.errors import UnknownCode
from catalog.models import Product
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction
from ops.errors import WeightOutOfRange, WrongBarcode
from ops.models import PickAnswer
from orders import services as orders
from orders.errors import OrderClaimed
from orders.locks import lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.services import take_over
from orders.services.picking import overtaken
from orders.tolerance import fine_range

SWAP = "SWAP"
"""What an answer that gives another product is called among the kept ones."""


def claim_or_take_over(
    *, actor: User, order_id: int, seen_picker: int | None, now: dt.datetime
) -> Order:
    """Take an order to pick. `seen_picker` is whom the actor saw holding it and takes it from.

    Raises OrderClaimed, InvalidStatusTransition, NotFound, PermissionRefused.
    """
    if seen_picker is not None and seen_picker != actor.pk:
        return take_over(actor=actor, order_id=order_id, from_id=seen_picker, now=now)
    return orders.claim_order(actor=actor, order_id=order_id, now=now)


def record_pick(
    *,
    actor: User,
    order: Order,
    item_id: int,
    picked_status: str,
    quantity: Decimal | None,
    reason: str,
    now: dt.datetime,
    client_id: uuid.UUID | None = None,
    seen_status: str = "",
    seen_version: int | None = None,
    was_kept: bool = False,
) -> OrderItem:
    """Answer a line. A weight must be typed, and must not pass the tolerance upwards.

    An answer with a `client_id` is carried out once, however often it is sent. `seen_status` is
    what stood at the line when the answer was given, `seen_version` the line's version then. One
    that `was_kept` on a device counts even if somebody else took the order over meanwhile: the goods
    were found. Raises OrderClaimed, WeightOutOfRange, PickOvertaken and what
    `orders.services.pick_item` raises.
    """
    picked = picked_status == PickedStatus.PICKED
    if picked:
        item = OrderItem.objects.filter(order=order, pk=item_id).first()
        if item is not None and item.sold_by == SoldBy.WEIGHT:
            _check_weight(item.quantity, quantity)
    with write_transaction(durable=True):
        held = lock_order(order_id=order.pk)
        if _is_carried_out(client_id):
            return OrderItem.objects.get(order=order, pk=item_id)
        if not was_kept:
            _check_holder(held, actor)
        if seen_status:
            _check_not_overtaken(order, item_id, seen_status, picked_status, quantity)
        item = orders.pick_within(
            actor=actor,
            order_id=order.pk,
            item_id=item_id,
            picked_status=picked_status,
            picked_quantity=quantity if picked else None,
            reason=reason,
            seen_version=seen_version,
            now=now,
        )
        _remember(client_id, actor, order, item.pk, picked_status, now)
    return item


def scan(
    *,
    actor: User,
    order: Order,
    item_id: int,
    barcode: str,
    quantity: Decimal | None,
    now: dt.datetime,
    client_id: uuid.UUID | None = None,
    seen_version: int | None = None,
) -> OrderItem:
    """Confirm a line by the barcode of its pack: counted goods are picked at once, and weighed ones
    whose label says what they weigh.

    Another weighed line stays PENDING: its weight is asked next. Raises NotFound, WrongBarcode,
    BadCheckDigit and what `record_pick` raises.
    """
    item = OrderItem.objects.select_related("product").filter(order=order, pk=item_id).first()
    if item is None:
        raise NotFound
    try:
        found = scanning.read(barcode)
    except UnknownCode as error:
        raise WrongBarcode(_no_product(error.details["code"])) from error
    if found.product.pk != item.product_id:
        raise WrongBarcode(_explain(order, item, found.product))
    if item.sold_by == SoldBy.WEIGHT and found.kg is None:
        return item
    return record_pick(
        actor=actor,
        order=order,
        item_id=item_id,
        picked_status=PickedStatus.PICKED,
        quantity=quantity if found.kg is None else found.kg,
        reason="",
        now=now,
        client_id=client_id,
        seen_version=seen_version,
    )


def swap(
    *,
    actor: User,
    order: Order,
    item_id: int,
    now: dt.datetime,
    product_id: int | None = None,
    barcode: str = "",
    quantity: Decimal | None = None,
    agreed: bool = False,
    client_id: uuid.UUID | None = None,
    seen_status: str = "",
    seen_version: int | None = None,
    was_kept: bool = False,
) -> OrderItem:
    """Pack another product for a line: the one scanned, else the one chosen; returns the line.

    `client_id`, `seen_status`, `seen_version` and `was_kept` are those of `record_pick`. Raises
    NotFound, WrongBarcode, WeightOutOfRange, OrderClaimed, PickOvertaken and what
    `orders.services.substitute` raises.
    """
    with write_transaction(durable=True):
        held = lock_order(order_id=order.pk)
        item = OrderItem.objects.filter(order=order, pk=item_id).first()
        if item is None:
            raise NotFound
        if _is_carried_out(client_id):
            return item
        if not was_kept:
            _check_holder(held, actor)
        if seen_status and item.picked_status != seen_status:
            raise overtaken(item)
        chosen, quantity = _chosen(item, product_id, barcode, quantity)
        orders.substitute_within(
            actor=actor,
            order_id=order.pk,
            item_id=item_id,
            product_id=chosen,
            quantity=quantity,
            agreed=agreed,
            seen_version=seen_version,
            now=now,
        )
        _remember(client_id, actor, order, item_id, SWAP, now)
    item.refresh_from_db()
    return item


def _chosen(
    item: OrderItem, product_id: int | None, barcode: str, quantity: Decimal | None
) -> tuple[int, Decimal | None]:
    """The key of the product that is given, and how much of it: what its label weighs where nothing
    was typed. Raises WrongBarcode, BadCheckDigit, InvalidInput, WeightOutOfRange."""
    if code := barcode.strip():
        try:
            found = scanning.read(code)
        except UnknownCode as error:
            raise WrongBarcode(_no_product(error.details["code"])) from error
        product_id = found.product.pk
        quantity = found.kg if quantity is None else quantity
    if product_id is None:
        raise InvalidInput(fields={"product": [_("Choose what to give instead, or scan it.")]})
    if item.sold_by == SoldBy.WEIGHT:
        _check_weight(item.left, quantity)
    return product_id, quantity


def _is_carried_out(client_id: uuid.UUID | None) -> bool:
    return client_id is not None and PickAnswer.objects.filter(client_id=client_id).exists()


def _remember(
    client_id: uuid.UUID | None,
    actor: User,
    order: Order,
    item_id: int,
    picked_status: str,
    now: dt.datetime,
) -> None:
    """Keep the device's name for an answer, in the transaction of the answer."""
    if client_id is not None:
        PickAnswer.objects.create(
            client_id=client_id,
            order=order,
            item_id=item_id,
            actor=actor,
            picked_status=picked_status,
            created_at=now,
        )


def _check_holder(order: Order, actor: User) -> None:
    """Nobody picks on another's order unknowingly: they take it over first."""
    if order.status == OrderStatus.IN_PROGRESS and order.picker_id not in (None, actor.pk):
        raise OrderClaimed(picker=order.picker.full_name if order.picker else "")


def _no_product(code: str) -> str:
    return _("No product of ours has the barcode %(code)s.") % {"code": code}


def _explain(order: Order, wanted: OrderItem, found: Product) -> str:
    """What was scanned instead."""
    names = {"scanned": found.name, "wanted": wanted.name}
    if OrderItem.objects.filter(order=order, product=found).exists():
        return (
            _(
                "You scanned %(scanned)s, which is another line of this order. This line is %(wanted)s."
            )
            % names
        )
    return _("You scanned %(scanned)s. This line is %(wanted)s.") % names


def _check_not_overtaken(
    order: Order, item_id: int, seen: str, wanted: str, quantity: Decimal | None
) -> None:
    """An answer given to one state of the line must not wipe out another, later one."""
    item = OrderItem.objects.filter(order=order, pk=item_id).first()
    if item is None or item.picked_status == seen:
        return
    if (item.picked_status, item.picked_quantity) != (wanted, quantity):
        raise overtaken(item)


def _check_weight(asked: Decimal, kg: Decimal | None) -> None:
    most = fine_range(asked)[1]
    if kg is None:
        raise WeightOutOfRange(_("Type the weight that the scale shows."))
    if kg > most:
        figures = {name: f"{value.normalize():f}" for name, value in
                   (("kg", kg), ("asked", asked), ("most", most))}  # fmt: skip
        raise WeightOutOfRange(
            _("%(kg)s kg is too much: %(asked)s kg was asked for, up to %(most)s kg is fine.")
            % figures
        )
