"""One order as the staff sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mami.errors import NotFound
from ops.tolerance import fine_range
from orders.models import Order, OrderItem, OrderStatusChange, PickedStatus

CHILLED = frozenset({"dairy", "meat"})


@dataclass(frozen=True, kw_only=True)
class PickLine:
    """A line of an order with where it stands and how it is asked for."""

    item: OrderItem
    by: PickLine | None = None
    """What is given instead."""

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
    def place(self) -> str:
        return self.item.product.bin

    @property
    def is_weighed(self) -> bool:
        return self.item.sold_by == "WEIGHT"

    @property
    def is_chilled(self) -> bool:
        return self.item.product.category.aisle in CHILLED

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
    undoable: PickLine | None

    @property
    def pending(self) -> list[PickLine]:
        return [line for line in self.lines if line.item.picked_status == "PENDING"]

    @property
    def upcoming(self) -> list[PickLine]:
        return [line for line in self.pending if line is not self.current]

    @property
    def answered(self) -> list[PickLine]:
        return [line for line in self.lines if line.item.picked_status != "PENDING"]

    @property
    def missing(self) -> list[PickLine]:
        return [line for line in self.lines if line.is_missing]

    @property
    def total(self) -> int:
        return len(self.lines)


def order_by_number(*, number: str) -> Order:
    """The order with its people, place and money. Raises NotFound."""
    order = (
        Order.objects.select_related(
            "user", "picker", "branch", "dated_slot__slot", "delivery", "pickup", "invoice"
        )
        .filter(order_number=number.upper())
        .first()
    )
    if order is None:
        raise NotFound
    return order


def lines_of(*, order: Order) -> list[PickLine]:
    """The lines as ordered, each with its substitute, in walking order: by shelf place, unplaced
    ones last. One query."""
    items = list(
        OrderItem.objects.filter(order=order).select_related("product__category", "product__brand")
    )
    instead = {item.substitute_for_id: PickLine(item=item) for item in items}
    return sorted(
        (
            PickLine(item=item, by=instead.get(item.pk))
            for item in items
            if item.substitute_for_id is None
        ),
        key=lambda line: (not line.place, line.place, line.item.pk),
    )


def items_in(lines: Iterable[PickLine]) -> list[OrderItem]:
    """Every line of the order, substitutes included."""
    return [one.item for line in lines for one in (line, line.by) if one is not None]


def picking(*, order: Order, item_id: int | None = None) -> Picking:
    """The picking screen of an order, opened at `item_id` or at the first line to pick.

    The line answered last can be undone. Raises NotFound for a line of another order.
    """
    lines = lines_of(order=order)
    if item_id is not None:
        current = next((line for line in lines if line.item.pk == item_id), None)
        if current is None:
            raise NotFound
    else:
        current = next((line for line in lines if line.item.picked_status == "PENDING"), None)
    answered = [line for line in lines if line.item.picked_at is not None]
    answered = [line for line in answered if line.item.picked_status != "PENDING"]
    last = max(answered, key=lambda line: line.item.picked_at or order.created_at, default=None)
    return Picking(order=order, lines=lines, current=current, undoable=last)


def timeline(*, order: Order) -> list[OrderStatusChange]:
    """What became of the order, oldest first, with who did it."""
    return list(
        OrderStatusChange.objects.filter(order=order).select_related("actor").order_by("id")
    )
