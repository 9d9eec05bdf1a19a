"""What a change of an order would make of it: read and added up, nothing written.

The preview asks it of what stands; the change itself asks again under the order's lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from branches import selectors as branches
from branches.areas import AreaTerms
from branches.errors import InvalidSlot, SlotClosed
from branches.models import Branch, DatedSlot
from branches.services.places import REFUSALS
from branches.windows import ends_at, starts_at
from cart.charges import Charge, charges_for
from cart.errors import ProductInactive, QuantityNotAllowed
from cart.models import Substitution
from cart.quantities import nearest_allowed
from catalog.models import Product
from catalog.vat import rates_on
from checkout.destinations import Goal, agreed_area, branch_for, check_moved, new_goal
from checkout.errors import BelowMinimum, SlotRequired
from checkout.quotes import Time, about, check_chametz
from checkout.requests import ChangeRequest
from core.clock import shop_date
from core.errors import InvalidInput, NotFound
from core.money import ZERO, json_quantity
from orders import pricing, selectors
from orders.change_plan import ChangePlan, lines_of
from orders.errors import OrderNotChangeable
from orders.models import (
    FulfillmentType,
    Order,
    OrderItem,
    OrderStatus,
    PickedStatus,
)
from orders.refund_models import OrderCharge
from orders.repricing import ChangedLine, Goods, Wanted, beneath_packed, changed_lines


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and when the changed order is handed over.

    `asked` is the window that was asked for, where it is another one than the order has.
    """

    branch: Branch
    fulfillment_type: str
    asked: tuple[int, dt.date] | None
    keeps_slot: bool
    delivery: Mapping[str, Any] | None
    area: AreaTerms | None = None


def check_may_change(
    *, order: Order, request: ChangeRequest, by_staff: bool, now: dt.datetime
) -> None:
    """Raises OrderNotChangeable. Staff may until it leaves; customers until picking or cut-off."""
    reason = selectors.change_refusal(order=order, now=now)
    left = order.left_at is not None
    if by_staff:
        reason = "LEFT" if left and order.status != OrderStatus.DELAYED else reason
        reason = reason if reason in ("LEFT", "CANCELED") else ""
    if not reason and left and request.asks_lines:
        reason = "LEFT"
    if reason:
        raise OrderNotChangeable(reason=reason)


def place_of(
    *, order: Order, items: list[OrderItem], request: ChangeRequest, now: dt.datetime
) -> Place:
    """Raises NotFound, InvalidInput, SlotRequired, AddressRequired, SlotClosed (no open date),
    OrderNotChangeable (another kind or branch once something is picked). At most six queries."""
    kind = request.fulfillment_type or order.fulfillment_type
    goal = new_goal(order, request, kind)
    branch = _branch(order, request, kind, goal)
    is_other = kind != order.fulfillment_type or branch.pk != order.branch_id
    if is_other and any(item.picked_status != PickedStatus.PENDING for item in items):
        raise OrderNotChangeable(reason="PICKING")
    asked = _asked_slot(order, request, now)
    if asked is None and is_other and kind == FulfillmentType.DELIVERY:
        raise SlotRequired
    area = None
    if kind == FulfillmentType.DELIVERY:
        area = goal.area if goal is not None else agreed_area(order)
        check_moved(order, goal, area, asked, now)
    return Place(
        branch=branch,
        fulfillment_type=kind,
        asked=asked,
        keeps_slot=asked is None and not is_other,
        delivery=_delivery(order, request, goal) if kind == FulfillmentType.DELIVERY else None,
        area=area,
    )


def plan_of(
    *,
    order: Order,
    items: list[OrderItem],
    request: ChangeRequest,
    place: Place,
    slot: DatedSlot | None,
    now: dt.datetime,
) -> ChangePlan:
    """The whole of it, with `slot` as the window it will have (None: none).

    Raises NotFound (an unknown product), ProductInactive, QuantityNotAllowed, InvalidInput (less
    than is packed), BranchClosed, OrderTooLarge, ChametzInPassover (more of it, or all moved there).
    """
    charges = selectors.charges_of(order=order)
    before = lines_of(items, charges)
    due_at = _due_at(order, place, slot, now)
    supplied, fee_rate = shop_date(due_at), order.fee_vat_rate
    if supplied != shop_date(order.due_at) and order.left_at is None:
        rates = rates_on(date=supplied)  # VAT follows the day of supply
        before = [replace(one, vat_rate=rates.get(one.vat_class, one.vat_rate)) for one in before]
        fee_rate = rates.get("STANDARD", fee_rate)
    time = (
        (starts_at(slot.slot, slot.date), ends_at(slot.slot, slot.date)) if slot else (due_at, None)
    )
    lines = _lines(before, items, request, supplied, time)
    if not place.keeps_slot:
        keys = [line.product_id for line in lines if line.quantity]
        check_chametz(Product.objects.filter(pk__in=keys).order_by("pk"), time, place.branch)
    if order.left_at is not None:
        totals = _as_agreed(order, lines, charges)
    else:
        totals = pricing.quote(
            lines=[line.price for line in lines],
            fulfillment_type=place.fulfillment_type,
            slot_fee=branches.base_fee(slot.slot) if slot else None,
            fee_vat_rate=fee_rate,
            charges=_charges(supplied, lines),
            area=place.area,
        )
        pricing.check_size(totals.total)
    return ChangePlan(
        lines=lines,
        totals=totals,
        fee_vat_rate=fee_rate,
        branch_id=place.branch.pk,
        fulfillment_type=place.fulfillment_type,
        dated_slot_id=slot.pk if slot else None,
        due_at=due_at,
        is_moved=not place.keeps_slot,
        delivery=place.delivery,
        notes=request.notes,
    )


def check_minimum(
    order: Order,
    place: Place,
    totals: pricing.Totals,
    told: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Raises BelowMinimum where the goods of an order that is still here become worth less, or go to
    another place; `told` answers what the change would come to, for `details.preview`."""
    goods = totals.subtotal - totals.discount_total
    moved = place.delivery is not None and "area" in place.delivery
    if place.area is None or order.left_at is not None:
        return
    if not (moved or goods < order.subtotal - order.discount_total):
        return
    if missing := place.area.missing(goods):
        details: dict[str, Any] = {} if told is None else {"preview": told()}
        raise BelowMinimum(minimum=str(place.area.minimum), missing=str(missing), **details)


def _branch(order: Order, request: ChangeRequest, kind: str, goal: Goal | None) -> Branch:
    if kind == FulfillmentType.DELIVERY:
        if goal is None:
            return order.branch
        wanted = branch_for(goal.destination)
        return order.branch if wanted.pk == order.branch_id else wanted
    branch_id = request.branch_id
    if branch_id is None:
        if kind != order.fulfillment_type:
            raise InvalidInput(
                fields={"branch_id": [_("Choose the branch where you will collect.")]}
            )
        return order.branch
    with about("branch_id"):
        return branches.branch(branch_id=branch_id)


def _asked_slot(
    order: Order, request: ChangeRequest, now: dt.datetime
) -> tuple[int, dt.date] | None:
    """The window asked for; None where none is, or it is the one the order has."""
    slot_id = request.delivery_slot_id
    if slot_id is None:
        if request.delivery_date is not None:
            raise InvalidInput(fields={"delivery_slot_id": [_("Please choose a time.")]})
        return None
    with about("delivery_slot_id"):
        date = request.delivery_date or branches.next_open_date(slot_id=slot_id, now=now)
    has = order.dated_slot and (order.dated_slot.slot_id, order.dated_slot.date)
    return None if has == (slot_id, date) else (slot_id, date)


def _delivery(order: Order, request: ChangeRequest, goal: Goal | None) -> dict[str, Any] | None:
    """The details of the address that change; all of them for an order that was no delivery."""
    found: dict[str, Any] = {} if goal is None else goal.snapshot
    if order.fulfillment_type != FulfillmentType.DELIVERY:
        found |= {"recipient": order.user.full_name, "phone": str(order.user.phone)}
    if request.delivery_preference is not None:
        found["preference"] = request.delivery_preference
    if request.delivery_note is not None:
        found["note"] = request.delivery_note
    return found or None


def _charges(supplied: dt.date, lines: list[ChangedLine]) -> tuple[Charge, ...]:
    """Deposits and bags anew. One query where there are any."""
    if not charges_for(lines=lines):
        return ()
    return charges_for(lines=lines, rates=rates_on(date=supplied))


def _lines(
    before: list[ChangedLine],
    items: list[OrderItem],
    request: ChangeRequest,
    supplied: dt.date,
    time: Time,
) -> list[ChangedLine]:
    if request.lines is None:
        return before
    wanted = {
        line.product_id: Wanted(
            quantity=line.quantity, substitution=line.substitution, note=line.note
        )
        for line in request.lines
    }
    _check_packed(before, wanted, items)
    there: dict[int, Decimal] = {}
    for line in before:
        there[line.product_id] = there.get(line.product_id, ZERO) + line.quantity
    changed = [key for key, want in wanted.items() if want.quantity != there.get(key, ZERO)]
    goods = _goods(changed, wanted, there, supplied, time)
    default = before[0].substitution if before else Substitution.BEST_MATCH
    return changed_lines(
        lines=before, wanted=wanted, goods=goods, default_substitution=str(default)
    )


def _check_packed(
    lines: list[ChangedLine], wanted: Mapping[int, Wanted], items: list[OrderItem]
) -> None:
    """Raises InvalidInput for less than is packed of a product, or of one that was replaced."""
    low = set(beneath_packed(lines=lines, wanted=wanted))
    replaced = {item.substitute_for_id for item in items}
    for line in lines:
        want = wanted.get(line.product_id)
        if line.item_id in replaced and (want is None or want.quantity < line.quantity):
            low.add(line.product_id)
    if low:
        raise InvalidInput(
            fields={"lines": [_("Some of it is packed already: not less than that.")]}
        )


def _goods(
    keys: list[int],
    wanted: Mapping[int, Wanted],
    there: Mapping[int, Decimal],
    supplied: dt.date,
    time: Time,
) -> dict[int, Goods]:
    """The products whose amount changes, as they are sold today, at the VAT of the day of supply. Two
    queries.

    What gets less need not be sold any more, only what is added.
    """
    if not keys:
        return {}
    found = Product.objects.filter(pk__in=keys).with_vat_rate(supplied)
    products = {product.pk: product for product in found.select_related("category__parent")}
    if set(keys) - set(products):
        raise NotFound(field="lines")
    sold = set(Product.objects.filter(pk__in=keys).active().values_list("pk", flat=True))
    raised = [key for key in keys if wanted[key].quantity > there.get(key, ZERO)]
    if gone := [key for key in raised if key not in sold]:
        raise ProductInactive(product_ids=gone)
    check_chametz([products[key] for key in raised], time)
    _check_quantities([products[key] for key in keys], wanted)
    return {
        key: Goods(
            product_id=key,
            name_he=product.name_he,
            name_en=product.name_en,
            sku=product.sku,
            sold_by=product.sold_by,
            step=product.quantity_step,
            price=product.price,
            vat_rate=product.vat_rate,  # type: ignore[attr-defined]
            vat_class=str(product.vat_class_id),
            deposit=product.deposit,
        )
        for key, product in products.items()
    }


def _check_quantities(products: list[Product], wanted: Mapping[int, Wanted]) -> None:
    items = []
    for product in products:
        quantity = wanted[product.pk].quantity
        nearest = nearest_allowed(quantity, step=product.quantity_step) if quantity else None
        if nearest is not None:
            items.append(
                {
                    "product_id": product.pk,
                    "product_name": product.name_en if get_language() == "en" else product.name_he,
                    "quantity": json_quantity(quantity),
                    "quantity_step": json_quantity(product.quantity_step),
                    "nearest": json_quantity(nearest),
                }
            )
    if items:
        raise QuantityNotAllowed(items=items)


def _due_at(order: Order, place: Place, slot: DatedSlot | None, now: dt.datetime) -> dt.datetime:
    if place.keeps_slot:
        return order.due_at
    if slot is not None:
        return starts_at(slot.slot, slot.date)
    return branches.pickup_until(branch=place.branch, now=now)


def _as_agreed(
    order: Order, lines: list[ChangedLine], charges: list[OrderCharge]
) -> pricing.Totals:
    """The sums of an order that was charged: nothing of them changes."""
    places = {line.item_id: place for place, line in enumerate(lines)}
    return pricing.Totals(
        subtotal=order.subtotal,
        discount_total=order.discount_total,
        delivery_fee=order.delivery_fee,
        total=order.total_amount,
        vat_total=order.vat_total,
        vat_rows=selectors.vat_rows(order=order),
        free_delivery_gap=ZERO,
        charges=tuple(
            Charge(
                kind=one.kind,
                line=places.get(one.item_id) if one.item_id is not None else None,
                quantity=one.quantity,
                unit_price=one.unit_price,
                vat_class=one.vat_class,
                vat_rate=one.vat_rate,
            )
            for one in selectors.agreed_charges(charges)
        ),
    )


def window_seen(place: Place, now: dt.datetime) -> branches.SlotChoice:
    """The window asked for, as it stands. Raises InvalidSlot, SlotFull, SlotClosed, NotFound."""
    assert place.asked is not None  # noqa: S101  asked only where a window is
    slot_id, date = place.asked
    slot = branches.weekly_slots().filter(pk=slot_id).first()
    if slot is None:
        raise NotFound(field="delivery_slot_id")
    choice = branches.slot_choice(slot_id=slot_id, date=date, now=now)
    if slot.branch_id != place.branch.pk or choice is None:
        raise InvalidSlot
    if not choice.is_open:
        raise REFUSALS.get(choice.closed_reason, SlotClosed)
    return choice


def details_of(error: dict[str, Any], lines: list[ChangedLine]) -> dict[str, Any]:
    """`missing_items` with the names of their products."""
    names = {
        line.product_id: line.name_en if get_language() == "en" else line.name_he for line in lines
    }
    items = [{**row, "product_name": names[row["product_id"]]} for row in error["missing_items"]]
    return {"missing_items": items}
