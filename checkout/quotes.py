"""What a basket costs at a branch in a window: read, checked and added up, nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.utils.translation import get_language

from branches import selectors as branches
from branches.areas import EVERYWHERE, AreaTerms, Destination
from branches.calendar.passover import is_on
from branches.calendar.reading import kept_now, place_of
from branches.errors import InvalidSlot, SlotClosed
from branches.models import Branch, DatedSlot, Holder, PlaceHold
from branches.selectors import SlotChoice
from branches.services.places import REFUSALS
from branches.sql import PASSOVER_MODE
from cart.charges import BAG, DEPOSIT, Charge, charges_for, vat_class_of
from cart.errors import EmptyCart, ProductInactive, QuantityNotAllowed
from cart.quantities import nearest_allowed
from cart.selectors import lines_version, place_holder
from catalog.models import Product, VatClass
from catalog.passover import is_chametz
from catalog.sql import vat_rate_on
from catalog.vat import rates_on
from checkout.destinations import check_day, first_day, missing_of
from checkout.errors import BelowMinimum, ChametzInPassover, SlotChanged
from checkout.models import Reservation
from checkout.requests import CheckoutRequest, ConfirmRequest, StandingRequest
from core.clock import shop_date
from core.errors import NotFound, ServiceUnavailable
from core.money import ZERO, json_quantity
from orders import pricing

Time = tuple[dt.datetime, dt.datetime | None]
"""Of a window its begin and end; of a pickup without one the hour it is kept until."""

# One round trip, under the basket's lock. What is being ordered, and whether it may be sold, is
# seen in the same snapshot as the prices.
_LINES = f"""
SELECT i.id AS item_id, i.product_id, i.quantity, i.substitution, i.note,
       p.name_he, p.name_en, p.sku, p.price, p.sold_by, p.vat_class_id AS vat_class, p.quantity_step,
       p.is_active AND c.is_open AS is_sold,
       {vat_rate_on(vat_class="p.vat_class_id", day="%(day)s")} AS vat_rate,
       {vat_rate_on(vat_class="%(fee_class)s", day="%(day)s")} AS fee_vat_rate,
       p.deposit, {vat_rate_on(vat_class="%(deposit_class)s", day="%(day)s")} AS deposit_vat_rate,
       {vat_rate_on(vat_class="%(bag_class)s", day="%(day)s")} AS bag_vat_rate,
       p.passover, {PASSOVER_MODE} AS passover_mode,
       EXISTS (SELECT 1 FROM checkout_reservation AS o
               WHERE o.cart_id = i.cart_id AND o.status = '{Reservation.Status.ACTIVE}') AS being_ordered
FROM cart_cartitem AS i
JOIN catalog_product AS p ON p.id = i.product_id
JOIN catalog_category AS c ON c.id = p.category_id
WHERE i.cart_id = %(cart)s
ORDER BY i.product_id
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class QuotedLine:
    """A basket line at today's price; `available` is what the branch has of it, where looked up."""

    item_id: int | None
    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    vat_class: str
    quantity: Decimal
    price: pricing.PricedLine
    substitution: str
    note: str = ""
    deposit: Decimal = ZERO
    available: Decimal | None = None

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_he

    @property
    def unit_price(self) -> Decimal:
        return self.price.unit_price

    @property
    def line_total(self) -> Decimal:
        return self.price.total

    @property
    def is_short(self) -> bool:
        return self.available is not None and self.available < self.quantity


@dataclass(frozen=True, kw_only=True)
class Basket:
    """The lines of a basket, the VAT rate of delivery, whether it is being ordered just now, which of
    its products are chametz, and what managers say of Passover.
    """

    lines: list[QuotedLine]
    fee_vat_rate: Decimal
    being_ordered: bool
    charges: tuple[Charge, ...] = ()
    chametz: tuple[int, ...] = ()
    passover_mode: str | None = None

    @property
    def version(self) -> int:
        """The number that stands for these lines, as the basket's page has it."""
        return lines_version((one.product_id, one.quantity, one.substitution) for one in self.lines)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What confirming would agree on, as it stands now."""

    branch: Branch
    fulfillment_type: str
    lines: list[QuotedLine]
    totals: pricing.Totals
    slot: SlotChoice | None
    address: dict[str, str] = field(default_factory=dict)
    area: AreaTerms | None = None
    cart_version: int | None = None
    ready_until: dt.datetime | None = None

    @property
    def short_lines(self) -> list[QuotedLine]:
        return [line for line in self.lines if line.is_short]


class Sellable(Protocol):
    """What a quantity is checked against."""

    @property
    def product_id(self) -> int: ...
    @property
    def name_he(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def step(self) -> Decimal: ...


@contextmanager
def about(field: str) -> Iterator[None]:
    """Let a NotFound of the block tell which field of the request named what is not there."""
    try:
        yield
    except NotFound:
        raise NotFound(field=field) from None


class _Row(NamedTuple):
    """What `_LINES` says of a line, in its order."""

    item_id: int
    product_id: int
    quantity: Decimal
    substitution: str
    note: str
    name_he: str
    name_en: str
    sku: str
    price: Decimal
    sold_by: str
    vat_class: str
    step: Decimal
    is_sold: bool
    vat_rate: Decimal | None
    fee_vat_rate: Decimal
    deposit: Decimal
    deposit_vat_rate: Decimal | None
    bag_vat_rate: Decimal | None
    passover: str | None
    passover_mode: str | None
    being_ordered: bool


def basket(*, cart_id: int, day: dt.date) -> Basket:
    """The lines of a basket by product, at today's prices and the VAT of `day`. One query.

    `day` is the day of supply, as far as it is known yet: see `rated`.

    Raises EmptyCart, and unless a checkout of the basket is open already ProductInactive and
    QuantityNotAllowed.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "cart": cart_id,
            "day": day,
            "fee_class": VatClass.STANDARD,
            "deposit_class": vat_class_of(DEPOSIT),
            "bag_class": vat_class_of(BAG),
        }
        cursor.execute(_LINES, values)
        rows = [_Row(*found) for found in cursor.fetchall()]
    if not rows:
        raise EmptyCart
    first = rows[0]
    gone = [row.product_id for row in rows if not row.is_sold]
    if gone and not first.being_ordered:
        raise ProductInactive(product_ids=gone)
    if not first.being_ordered:
        check_quantities(rows)
    rates = {vat_class_of(BAG): first.bag_vat_rate, vat_class_of(DEPOSIT): first.deposit_vat_rate}
    lines = [_quoted(row) for row in rows]
    return Basket(
        lines=lines,
        fee_vat_rate=first.fee_vat_rate,
        being_ordered=first.being_ordered,
        chametz=tuple(row.product_id for row in rows if is_chametz(row.passover)),
        passover_mode=first.passover_mode,
        charges=_charges(lines, {key: rate for key, rate in rates.items() if rate is not None}),
    )


def _charges(lines: list[QuotedLine], rates: Mapping[str, Decimal]) -> tuple[Charge, ...]:
    """Deposits and bags. Raises ServiceUnavailable where one has no VAT rate in force."""
    found = charges_for(lines=lines, rates=rates)
    for charge in found:
        _rate(rates, charge.vat_class)
    return found


def check_quantities(rows: Iterable[Sellable]) -> None:
    """Raises QuantityNotAllowed naming every line whose amount is not sold."""
    items = []
    for row in rows:
        nearest = nearest_allowed(row.quantity, step=row.step)
        if nearest is not None:
            items.append(
                {
                    "product_id": row.product_id,
                    "product_name": row.name_en if get_language() == "en" else row.name_he,
                    "quantity": json_quantity(row.quantity),
                    "quantity_step": json_quantity(row.step),
                    "nearest": json_quantity(nearest),
                }
            )
    if items:
        raise QuantityNotAllowed(items=items)


def day_of_supply(*, request: CheckoutRequest, now: dt.datetime) -> dt.date:
    """The day whose VAT law counts, as far as the request alone can tell: see `rated`."""
    return request.delivery_date or shop_date(now)


def rated(found: Basket, *, day: dt.date, was: dt.date) -> Basket:
    """The basket at the VAT rates of `day`. One query where it was quoted for another day."""
    if day == was:
        return found
    rates = rates_on(date=day)
    lines = [
        replace(line, price=replace(line.price, vat_rate=_rate(rates, line.vat_class)))
        for line in found.lines
    ]
    return replace(
        found,
        lines=lines,
        charges=_charges(lines, rates),
        fee_vat_rate=_rate(rates, VatClass.STANDARD),
    )


def check_passover(
    found: Basket, *, begin: dt.datetime, end: dt.datetime | None = None, branch: Branch
) -> None:
    """Raises ChametzInPassover where a window [begin, end) or a pickup at `begin` lies in it, by the
    sunset of `branch`."""
    if found.chametz and is_on(
        mode=found.passover_mode, begin=begin, end=end, place=place_of(branch)
    ):
        raise ChametzInPassover(product_ids=list(found.chametz))


def check_chametz(products: Iterable[Product], time: Time, branch: Branch | None = None) -> None:
    """Raises ChametzInPassover for chametz in a time of it, by the sunset of `branch`. One query where
    there is any."""
    found = [product.pk for product in products if is_chametz(product.passover)]
    if not found:
        return
    place = place_of(branch) if branch is not None else None
    if is_on(mode=kept_now().passover_mode, begin=time[0], end=time[1], place=place):
        raise ChametzInPassover(product_ids=found)


def _rate(rates: Mapping[str, Decimal], vat_class: str) -> Decimal:
    rate = rates.get(vat_class)
    if rate is None:  # goods without a VAT rate in force cannot be sold lawfully
        raise ServiceUnavailable
    return rate


def holder_of(request: CheckoutRequest, *, cart_id: int) -> Holder:
    """As whom a place may be kept for what is ordered."""
    if isinstance(request, StandingRequest):
        return Holder(PlaceHold.Kind.STANDING, request.occurrence_id)
    return place_holder(cart_id=cart_id)


def choose_slot(
    *,
    request: CheckoutRequest,
    branch: Branch,
    cart_id: int,
    now: dt.datetime,
    destination: Destination = EVERYWHERE,
) -> SlotChoice | None:
    """The asked window as it stands, None where none was asked for.

    Raises NotFound (slot), InvalidSlot (past, other branch, other weekday), SameDayNotServed,
    SlotFull, SlotClosed.
    """
    if request.delivery_slot_id is None:
        return None
    slot = branches.weekly_slots().filter(pk=request.delivery_slot_id).first()
    if slot is None:
        raise NotFound(field="delivery_slot_id")
    if slot.branch_id != branch.pk:
        raise InvalidSlot
    date = request.delivery_date or branches.next_open_date(
        slot_id=slot.pk,
        now=now,
        but_for=holder_of(request, cart_id=cart_id),
        start=first_day(destination.area, now),
    )
    check_day(destination=destination, date=date, branch_id=branch.pk, now=now)
    choice = branches.slot_choice(
        slot_id=slot.pk, date=date, now=now, but_for=holder_of(request, cart_id=cart_id)
    )
    if choice is None:
        raise InvalidSlot
    if not choice.is_open:
        raise REFUSALS.get(choice.closed_reason, SlotClosed)
    return choice


def _quoted(row: _Row) -> QuotedLine:
    if row.vat_rate is None:  # goods without a VAT rate in force cannot be sold lawfully
        raise ServiceUnavailable
    return QuotedLine(
        item_id=row.item_id,
        product_id=row.product_id,
        name_he=row.name_he,
        name_en=row.name_en,
        sku=row.sku,
        sold_by=row.sold_by,
        vat_class=row.vat_class,
        quantity=row.quantity,
        price=pricing.PricedLine(
            unit_price=row.price, quantity=row.quantity, vat_rate=row.vat_rate
        ),
        substitution=row.substitution,
        note=row.note,
        deposit=row.deposit,
    )


def check_minimum(found: Preview, *, told: Callable[[Preview], dict[str, Any]]) -> None:
    """Raises BelowMinimum, with the quote, for goods worth less than the area's smallest order."""
    totals = found.totals
    missing = missing_of(found.area, totals.subtotal - totals.discount_total)
    if found.area is not None and missing:
        raise BelowMinimum(
            found, minimum=str(found.area.minimum), missing=str(missing), preview=told(found)
        )


def check_seen(request: ConfirmRequest, slot: DatedSlot | None) -> None:
    """Raises SlotChanged when the window is not at the time the customer saw."""
    seen = request.expected_slot
    if seen is None:
        return
    times = slot and (slot.date, slot.slot.start_time, slot.slot.end_time)
    if times != (seen.date, seen.start_time, seen.end_time):
        raise SlotChanged(slot=_times(slot))


def _times(slot: DatedSlot | None) -> dict[str, str | int] | None:
    if slot is None:
        return None
    return {
        "slot_id": slot.slot_id,
        "date": slot.date.isoformat(),
        "start_time": f"{slot.slot.start_time:%H:%M}",
        "end_time": f"{slot.slot.end_time:%H:%M}",
    }
