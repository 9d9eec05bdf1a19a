"""A picker's answers as the hand gives them: by scan, by scale, by thumb."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Product
from mami.errors import NotFound
from ops.errors import WeightOutOfRange, WrongBarcode
from ops.tolerance import fine_range
from orders import services as orders
from orders.models import Order, OrderItem, PickedStatus
from orders.services import take_over


def claim(*, actor: User, order_id: int, seen_picker: int | None, now: dt.datetime) -> Order:
    """Take an order to pick. `seen_picker` is whom the actor saw holding it and takes it from.

    Raises OrderClaimed, InvalidStatusTransition, NotFound, PermissionRefused.
    """
    if seen_picker is not None and seen_picker != actor.pk:
        return take_over(actor=actor, order_id=order_id, from_id=seen_picker, now=now)
    return orders.claim(actor=actor, order_id=order_id, now=now)


def answer(
    *,
    actor: User,
    order: Order,
    item_id: int,
    picked_status: str,
    quantity: Decimal | None,
    reason: str,
    now: dt.datetime,
) -> OrderItem:
    """Answer a line. A weight must be typed, and must not pass the tolerance upwards.

    Raises WeightOutOfRange and what `orders.services.pick_item` raises.
    """
    if picked_status == PickedStatus.PICKED:
        item = OrderItem.objects.filter(order=order, pk=item_id).first()
        if item is not None and item.sold_by == "WEIGHT":
            _check_weight(item, quantity)
    return orders.pick_item(
        actor=actor,
        order_id=order.pk,
        item_id=item_id,
        picked_status=picked_status,
        picked_quantity=quantity if picked_status == PickedStatus.PICKED else None,
        reason=reason,
        now=now,
    )


def scan(
    *,
    actor: User,
    order: Order,
    item_id: int,
    barcode: str,
    quantity: Decimal | None,
    now: dt.datetime,
) -> OrderItem:
    """Confirm a line by the barcode of its pack; counted goods are picked at once.

    A weighed line stays PENDING: its weight is asked next. Raises NotFound, WrongBarcode and
    what `orders.services.pick_item` raises.
    """
    item = OrderItem.objects.select_related("product").filter(order=order, pk=item_id).first()
    if item is None:
        raise NotFound
    code = "".join(barcode.split())
    if code not in (item.product.barcode, item.sku):
        raise WrongBarcode(_explain(order, item, code))
    if item.sold_by == "WEIGHT":
        return item
    return answer(
        actor=actor,
        order=order,
        item_id=item_id,
        picked_status=PickedStatus.PICKED,
        quantity=quantity,
        reason="",
        now=now,
    )


def _explain(order: Order, wanted: OrderItem, code: str) -> str:
    """What was scanned instead."""
    found = Product.objects.filter(barcode=code).first() or Product.objects.filter(sku=code).first()
    if found is None:
        return _("No product of ours has the barcode %(code)s.") % {"code": code}
    names = {"scanned": found.name, "wanted": wanted.name}
    if OrderItem.objects.filter(order=order, product=found).exists():
        return (
            _(
                "You scanned %(scanned)s, which is another line of this order. This line is %(wanted)s."
            )
            % names
        )
    return _("You scanned %(scanned)s. This line is %(wanted)s.") % names


def _check_weight(item: OrderItem, kg: Decimal | None) -> None:
    most = fine_range(item.quantity)[1]
    if kg is None:
        raise WeightOutOfRange(_("Type the weight that the scale shows."))
    if kg > most:
        figures = {name: f"{value.normalize():f}" for name, value in
                   (("kg", kg), ("asked", item.quantity), ("most", most))}  # fmt: skip
        raise WeightOutOfRange(
            _("%(kg)s kg is too much: %(asked)s kg was asked for, up to %(most)s kg is fine.")
            % figures
        )
