"""What a basket costs at a branch in a window: read, checked and added up, nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import get_language

from accounts import selectors as people
from accounts.models import Address, User
from branches import selectors as branches
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from branches.models import Branch
from branches.selectors import SlotChoice
from cart.errors import EmptyCart, ProductInactive
from catalog.models import VatClass
from checkout.errors import AddressRequired
from checkout.requests import CheckoutRequest
from mami.clock import shop_date
from mami.errors import InvalidInput, NotFound, ServiceUnavailable
from mami.money import json_quantity
from orders import pricing

# One round trip, under the basket's lock. What is being ordered, and whether it may be sold, is
# seen in the same snapshot as the prices.
_LINES = """
SELECT i.id AS item_id, i.product_id, i.quantity, i.substitution,
       p.name_he, p.name_en, p.sku, p.price, p.sold_by, p.is_active AND c.is_active AS is_sold,
       (SELECT r.rate FROM catalog_vatrate AS r
        WHERE r.vat_class_id = p.vat_class_id AND r.valid_from <= %(today)s
        ORDER BY r.valid_from DESC LIMIT 1) AS vat_rate,
       (SELECT r.rate FROM catalog_vatrate AS r
        WHERE r.vat_class_id = %(fee_class)s AND r.valid_from <= %(today)s
        ORDER BY r.valid_from DESC LIMIT 1) AS fee_vat_rate,
       EXISTS (SELECT 1 FROM checkout_reservation AS o
               WHERE o.cart_id = i.cart_id AND o.status = 'ACTIVE') AS being_ordered
FROM cart_cartitem AS i
JOIN catalog_product AS p ON p.id = i.product_id
JOIN catalog_category AS c ON c.id = p.category_id
WHERE i.cart_id = %(cart)s
ORDER BY i.product_id
"""
ADDRESS_FIELDS = (
    "line1",
    "line2",
    "city",
    "postal_code",
    "floor",
    "door_code",
    "instructions",
)


@dataclass(frozen=True, kw_only=True)
class QuotedLine:
    """A basket line at today's price; `available` is what the branch has of it, where looked up."""

    item_id: int
    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    quantity: Decimal
    price: pricing.Line
    substitution: str
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
    """The lines of a basket, the VAT rate of delivery, and whether it is being ordered just now."""

    lines: list[QuotedLine]
    fee_vat_rate: Decimal
    being_ordered: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What confirming would agree on, as it stands now."""

    branch: Branch
    fulfillment_type: str
    lines: list[QuotedLine]
    totals: pricing.Totals
    slot: SlotChoice | None
    address: dict[str, str] = field(default_factory=dict)

    @property
    def short_lines(self) -> list[QuotedLine]:
        return [line for line in self.lines if line.is_short]


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
    name_he: str
    name_en: str
    sku: str
    price: Decimal
    sold_by: str
    is_sold: bool
    vat_rate: Decimal | None
    fee_vat_rate: Decimal
    being_ordered: bool


def basket(*, cart_id: int, now: dt.datetime) -> Basket:
    """The lines of a basket by product, at today's prices and VAT. One query.

    Raises EmptyCart, and ProductInactive unless a checkout of the basket is open already.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "cart": cart_id,
            "today": shop_date(now),
            "fee_class": VatClass.STANDARD,
        }
        cursor.execute(_LINES, values)
        rows = [_Row(*found) for found in cursor.fetchall()]
    if not rows:
        raise EmptyCart
    first = rows[0]
    gone = [row.product_id for row in rows if not row.is_sold]
    if gone and not first.being_ordered:
        raise ProductInactive(product_ids=gone)
    return Basket(
        lines=[_quoted(row) for row in rows],
        fee_vat_rate=first.fee_vat_rate,
        being_ordered=first.being_ordered,
    )


def resolve_branch(*, request: CheckoutRequest) -> Branch:
    """Where the goods come from. Raises NotFound for an unknown or closed branch. One query."""
    if request.is_delivery:
        return branches.delivery_source()
    if request.branch_id is None:
        raise InvalidInput(fields={"branch_id": []})
    with about("branch_id"):
        return branches.branch(branch_id=request.branch_id)


def resolve_address(*, actor: User, request: CheckoutRequest) -> dict[str, str]:
    """Where to deliver: the given address, one's own by id, else the default one. One query.

    Raises NotFound (unknown or foreign), AddressRequired, InvalidInput.
    """
    if request.address is not None:
        address = Address(
            user=actor, **{name: getattr(request.address, name) for name in ADDRESS_FIELDS}
        )
        try:
            address.clean_fields(exclude=["user"])
        except ValidationError as error:
            fields = {f"address.{name}": texts for name, texts in error.message_dict.items()}
            raise InvalidInput(fields=fields) from None
    elif request.address_id is not None:
        with about("address_id"):
            address = people.address_for(actor=actor, address_id=request.address_id)
    else:
        found = people.default_address(actor=actor)
        if found is None:
            raise AddressRequired
        address = found
    return {name: getattr(address, name) for name in ADDRESS_FIELDS}


def choose_slot(
    *, request: CheckoutRequest, branch: Branch, cart_id: int, now: dt.datetime
) -> SlotChoice | None:
    """The asked window as it stands, None where none was asked for.

    Raises NotFound (slot), InvalidSlot (past, other branch, other weekday), SlotFull, SlotClosed.
    """
    if request.delivery_slot_id is None:
        return None
    slot = branches.weekly_slots().filter(pk=request.delivery_slot_id).first()
    if slot is None:
        raise NotFound(field="delivery_slot_id")
    if slot.branch_id != branch.pk:
        raise InvalidSlot
    date = request.delivery_date or branches.next_open_date(
        slot_id=slot.pk, now=now, exclude_cart_id=cart_id
    )
    choice = branches.slot_choice(slot_id=slot.pk, date=date, now=now, exclude_cart_id=cart_id)
    if choice is None:
        raise InvalidSlot
    if not choice.is_open:
        raise SlotFull if choice.closed_reason == "FULL" else SlotClosed
    return choice


def preview_body(preview: Preview) -> dict[str, Any]:
    """The preview as api.md writes it, ready for JSON."""
    totals = preview.totals
    return {
        "branch": {"id": preview.branch.pk, "name": preview.branch.name},
        "fulfillment_type": preview.fulfillment_type,
        "items": [_line_body(line) for line in preview.lines],
        "subtotal": str(totals.subtotal),
        "discount_total": str(totals.discount_total),
        "delivery_fee": str(totals.delivery_fee),
        "total": str(totals.total),
        "cart_total": str(totals.subtotal - totals.discount_total),
        "vat_total": str(totals.vat_total),
        "vat": [
            {"rate": str(row.rate), "net": str(row.net), "vat": str(row.vat)}
            for row in totals.vat_rows
        ],
        "slot": _slot_body(preview.slot),
        "free_delivery_gap": str(totals.free_delivery_gap),
    }


def missing_items(lines: list[QuotedLine]) -> list[dict[str, Any]]:
    """`details.missing_items` of INSUFFICIENT_STOCK for the lines that are short."""
    return [
        {
            "product_id": line.product_id,
            "product_name": line.name,
            "requested_quantity": json_quantity(line.quantity),
            "available_quantity": json_quantity(line.available or Decimal(0)),
        }
        for line in lines
        if line.is_short
    ]


def _line_body(line: QuotedLine) -> dict[str, Any]:
    return {
        "id": line.item_id,
        "product_id": line.product_id,
        "product_name": line.name,
        "quantity": json_quantity(line.quantity),
        "unit_price": str(line.unit_price),
        "line_total": str(line.line_total),
        "is_available": not line.is_short,
    }


def _slot_body(slot: SlotChoice | None) -> dict[str, Any] | None:
    if slot is None:
        return None
    return {
        "slot_id": slot.slot_id,
        "date": slot.date.isoformat(),
        "start_time": f"{slot.start_time:%H:%M}",
        "end_time": f"{slot.end_time:%H:%M}",
        "fee": str(slot.fee),
        "remaining": slot.remaining,
        "cutoff_at": slot.cutoff_at.isoformat().replace("+00:00", "Z"),
        "is_open": slot.is_open,
    }


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
        quantity=row.quantity,
        price=pricing.Line(unit_price=row.price, quantity=row.quantity, vat_rate=row.vat_rate),
        substitution=row.substitution,
    )
