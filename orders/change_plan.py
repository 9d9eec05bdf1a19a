"""What an order will become: agreed under locks, kept while the money is asked for, then written."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from cart.charges import Charge
from orders.models import Order, OrderItem, PickedStatus
from orders.pricing import Totals
from orders.refund_models import OrderCharge
from orders.repricing import ChangedLine

NOTHING = Decimal(0)
Quantities = dict[int, Decimal]


@dataclass(frozen=True, kw_only=True)
class ChangePlan:
    """The whole order after its change. Amounts in ₪.

    `lines` leave substitutes out, which stay as they are. `delivery` are the details of the address
    as they will stand; None leaves them. `is_moved` tells that its place is in another window.
    """

    lines: list[ChangedLine]
    totals: Totals
    fee_vat_rate: Decimal
    branch_id: int
    fulfillment_type: str
    dated_slot_id: int | None
    due_at: dt.datetime
    is_moved: bool
    delivery: Mapping[str, str] | None
    notes: str | None

    def body(self) -> dict[str, Any]:
        """As JSON, for `from_body`."""
        totals = self.totals
        return {
            "lines": [_line_body(line) for line in self.lines],
            "subtotal": str(totals.subtotal),
            "discount_total": str(totals.discount_total),
            "delivery_fee": str(totals.delivery_fee),
            "charges": [_charge_body(charge) for charge in totals.charges],
            "charges_total": str(totals.charges_total),
            "vat_total": str(totals.vat_total),
            "total": str(totals.total),
            "fee_vat_rate": str(self.fee_vat_rate),
            "branch_id": self.branch_id,
            "fulfillment_type": self.fulfillment_type,
            "dated_slot_id": self.dated_slot_id,
            "due_at": self.due_at.isoformat(),
            "is_moved": self.is_moved,
            "delivery": None if self.delivery is None else dict(self.delivery),
            "notes": self.notes,
        }


def lines_of(items: Iterable[OrderItem], charges: Iterable[OrderCharge] = ()) -> list[ChangedLine]:
    """The agreed lines of an order with their deposits, as a change begins with them. No query."""
    deposits = {one.item_id: one.unit_price for one in charges if one.item_id is not None}
    return [
        ChangedLine(
            item_id=item.pk,
            product_id=item.product_id,
            name_he=item.name_he,
            name_en=item.name_en,
            sku=item.sku,
            sold_by=item.sold_by,
            unit_price=item.unit_price,
            quantity=item.quantity,
            vat_rate=item.vat_rate,
            vat_class=item.vat_class,
            substitution=item.substitution,
            note=item.note,
            discount=item.discount,
            answered=item.picked_status != PickedStatus.PENDING,
            packed=item.packed,
            deposit=deposits.get(item.pk, Decimal("0.00")),
        )
        for item in items
        if item.substitute_for_id is None
    ]


def lines_from(body: Mapping[str, Any]) -> list[ChangedLine]:
    """The lines of a plan that was kept as JSON."""
    return [
        ChangedLine(
            **{
                **line,
                **{name: Decimal(line.get(name, "0.00")) for name in _DECIMALS},
            }
        )
        for line in body["lines"]
    ]


def promised(items: Iterable[OrderItem]) -> Quantities:
    """What the lines still have promised on the shelf, by product. No query."""
    found: Quantities = defaultdict(Decimal)
    for item in items:
        if item.picked_status == PickedStatus.PENDING:
            found[item.product_id] += item.quantity
    return dict(found)


def will_be_promised(items: Iterable[OrderItem], lines: Iterable[ChangedLine]) -> Quantities:
    """The same after the change. No query."""
    found: Quantities = defaultdict(Decimal)
    for item in items:
        if item.substitute_for_id is not None and item.picked_status == PickedStatus.PENDING:
            found[item.product_id] += item.quantity
    for line in lines:
        if not line.answered:
            found[line.product_id] += line.quantity
    return dict(found)


def moves_of(
    order: Order, items: list[OrderItem], *, lines: list[ChangedLine], branch_id: int
) -> tuple[Quantities, Quantities]:
    """What is promised more at `branch_id`, and what is given back at the order's branch."""
    before, after = promised(items), will_be_promised(items, lines)
    if branch_id != order.branch_id:
        return after, before
    keys = {*before, *after}
    change = {key: after.get(key, NOTHING) - before.get(key, NOTHING) for key in keys}
    return (
        {key: amount for key, amount in sorted(change.items()) if amount > 0},
        {key: -amount for key, amount in sorted(change.items()) if amount < 0},
    )


def charges_from(body: Mapping[str, Any]) -> list[Charge]:
    """Deposits and bags of a plan that was kept as JSON."""
    return [
        Charge(**{**one, **{name: Decimal(one[name]) for name in _OF_CHARGES}})
        for one in body.get("charges", ())
    ]


_DECIMALS = ("unit_price", "quantity", "vat_rate", "discount", "packed", "deposit")
_OF_CHARGES = ("quantity", "unit_price", "vat_rate")


def _charge_body(charge: Charge) -> dict[str, Any]:
    return {**asdict(charge), **{name: str(getattr(charge, name)) for name in _OF_CHARGES}}


def _line_body(line: ChangedLine) -> dict[str, Any]:
    return {**asdict(line), **{name: str(getattr(line, name)) for name in _DECIMALS}}
