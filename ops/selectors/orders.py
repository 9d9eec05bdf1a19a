"""One order as the staff sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F

from cart.models import Substitution
from catalog.choices import SoldBy
from core.errors import NotFound
from orders.change_models import OrderChange, OrderQuestion
from orders.models import Order, OrderItem, OrderStatusChange, PickedStatus
from orders.tolerance import fine_range

CHILLED = frozenset({"dairy", "meat"})
FIRST_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class PickLine:
    """A line of an order with where it stands and how it is asked for."""

    item: OrderItem
    others: tuple[PickLine, ...] = ()
    """What is given instead: one substitute, or several that each cover a part."""

    @property
    def by(self) -> PickLine | None:
        """The first thing given instead."""
        return self.others[0] if self.others else None

    @property
    def is_missing(self) -> bool:
        return self.item.picked_status == PickedStatus.MISSING and self.by is None

    @property
    def is_short(self) -> bool:
        """Less was found than counts as what was asked for, and nothing is given for the rest."""
        item = self.item
        if item.picked_status != PickedStatus.PICKED or self.by is not None:
            return False
        return item.packed < (fine_range(item.quantity)[0] if self.is_weighed else item.quantity)

    @property
    def left(self) -> Decimal:
        """What is missing of it and not replaced, in units or kg."""
        given = sum((other.item.quantity for other in self.others), Decimal(0))
        return max(Decimal(0), self.item.left - given)

    @property
    def is_part_replaced(self) -> bool:
        """Whether another substitute could cover what the first left open."""
        return bool(self.others) and not self.is_weighed and self.left > 0

    @property
    def place(self) -> str:
        return self.item.product.bin

    @property
    def is_weighed(self) -> bool:
        return self.item.sold_by == SoldBy.WEIGHT

    @property
    def is_chilled(self) -> bool:
        return self.item.product.category.aisle in CHILLED

    @property
    def codes(self) -> str:
        """What a device without network takes for this line: in capitals, without leading zeros."""
        product = self.item.product
        weighed = product.gtin14 if self.is_weighed and product.gtin14 else ""
        label = f"21{weighed[3:8]}*" if weighed.startswith("021") else ""
        codes = (product.barcode, self.item.sku, product.sku)
        known = {"".join(code.split()).upper().lstrip("0") for code in codes if code}
        return " ".join([*sorted(known), *([label] if label else [])])

    @property
    def barcode_tail(self) -> str:
        """The last digits of the barcode: enough to tell two packs apart by eye."""
        return (self.item.product.barcode or self.item.sku)[-4:]


@dataclass(kw_only=True)
class Picking:
    """The picking screen: one line at a time in walking order."""

    order: Order
    lines: list[PickLine]
    current: PickLine | None

    @property
    def pending(self) -> list[PickLine]:
        return [line for line in self.lines if line.item.picked_status == PickedStatus.PENDING]

    @property
    def upcoming(self) -> list[PickLine]:
        return [line for line in self.pending if line is not self.current]

    @property
    def answered(self) -> list[PickLine]:
        return [line for line in self.lines if line.item.picked_status != PickedStatus.PENDING]

    @property
    def missing(self) -> list[PickLine]:
        return [line for line in self.lines if line.is_missing]

    @property
    def missing_by_choice(self) -> list[tuple[str, list[PickLine]]]:
        """What is missing by what its customer chose for it: who decides about it."""
        return [
            (choice, found)
            for choice in Substitution.values
            if (found := [line for line in self.missing if line.item.substitution == choice])
        ]

    @property
    def total(self) -> int:
        return len(self.lines)


def order_by_number(*, number: str) -> Order:
    """The order with its people, place and money. Raises NotFound."""
    order = (
        Order.objects.select_related(
            "user", "payment", "picker", "branch", "dated_slot__slot", "delivery", "pickup"
        )
        .filter(order_number=number.upper())
        .first()
    )
    if order is None:
        raise NotFound
    return order


def lines_of(*, order: Order) -> list[PickLine]:
    """The lines as ordered, each with its substitute, in walking order: by shelf place, unplaced
    ones last. A substitute still to be picked is a line of its own. One query."""
    items = list(
        OrderItem.objects.filter(order=order).select_related("product__category", "product__brand")
    )
    waiting = {item.pk for item in items if item.picked_status == PickedStatus.PENDING}
    instead: dict[int | None, tuple[PickLine, ...]] = {}
    for item in items:
        if item.pk not in waiting:
            given = instead.get(item.substitute_for_id, ())
            instead[item.substitute_for_id] = (*given, PickLine(item=item))
    return sorted(
        (
            PickLine(item=item, others=instead.get(item.pk, ()))
            for item in items
            if item.substitute_for_id is None or item.pk in waiting
        ),
        key=lambda line: (not line.place, line.place, line.item.pk),
    )


def items_in(lines: Iterable[PickLine]) -> list[OrderItem]:
    """Every line of the order, substitutes included."""
    return [one.item for line in lines for one in (line, *line.others)]


def picking(*, order: Order, item_id: int | None = None) -> Picking:
    """The picking screen of an order, opened at `item_id` or at the first line to pick.

    Raises NotFound for a line of another order.
    """
    lines = lines_of(order=order)
    if item_id is not None:
        current = next((line for line in lines if line.item.pk == item_id), None)
        if current is None:
            raise NotFound
    else:
        current = next(
            (line for line in lines if line.item.picked_status == PickedStatus.PENDING), None
        )
    return Picking(order=order, lines=lines, current=current)


def timeline(*, order: Order) -> list[OrderStatusChange]:
    """What became of the order, oldest first, with who did it."""
    return list(
        OrderStatusChange.objects.filter(order=order).select_related("actor").order_by("id")
    )


def asked(*, order: Order) -> list[OrderQuestion]:
    """What its customer was asked, the oldest first, with the line it is about. One query."""
    return list(
        OrderQuestion.objects.filter(order=order).select_related("item").order_by("asked_at", "id")
    )


def totals_changed(*, order: Order) -> dict[dt.datetime, OrderChange]:
    """The changes of an order that made its total another one, by the moment they were written."""
    if order.version == FIRST_VERSION:
        return {}
    changes = OrderChange.objects.filter(order=order, status=OrderChange.Status.DONE)
    return {
        change.finished_at: change
        for change in changes.exclude(total_before=F("total")).only(
            "finished_at", "total_before", "total"
        )
        if change.finished_at is not None
    }
