"""What a basket costs at a branch in a window: read, checked and added up, nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from accounts import selectors as people
from accounts.models import Address, User
from branches import selectors as branches
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from branches.models import Branch
from branches.selectors import SlotChoice
from cart.errors import EmptyCart, ProductInactive
from cart.models import CartItem
from cart.selectors import is_sold
from catalog.models import Product, VatClass
from catalog.vat import rate_on
from checkout.errors import AddressRequired
from checkout.models import Reservation
from checkout.requests import CheckoutRequest
from mami.clock import shop_date
from mami.errors import InvalidInput, NotFound, ServiceUnavailable
from mami.money import json_quantity
from orders import pricing

_ITEM_FIELDS = (
    "cart_id",
    "product_id",
    "quantity",
    "substitution",
    "product__name_he",
    "product__name_en",
    "product__sku",
    "product__price",
    "product__sold_by",
    "product__is_active",
    "product__category__is_active",
)
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
    """A basket line at today's price; `missing` is how much of it the branch is short of."""

    item_id: int
    product: Product
    quantity: Decimal
    price: pricing.Line
    substitution: str
    available: Decimal | None = None

    @property
    def product_id(self) -> int:
        return self.product.pk

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


def basket(*, cart_id: int, now: dt.datetime) -> Basket:
    """The lines of a basket by product, at today's prices and VAT. One query.

    Raises EmptyCart, and ProductInactive unless a checkout of the basket is open already.
    """
    today = shop_date(now)
    being_ordered = Reservation.objects.filter(
        cart_id=OuterRef("cart_id"), status=Reservation.Status.ACTIVE
    )
    items = list(
        CartItem.objects.filter(cart_id=cart_id)
        .annotate(
            being_ordered=Exists(being_ordered),
            vat_rate=rate_on(vat_class=OuterRef("product__vat_class"), date=today),
            fee_vat_rate=rate_on(vat_class=VatClass.STANDARD, date=today),
        )
        .select_related("product__category")
        .only(*_ITEM_FIELDS)
        .order_by("product_id")
    )
    if not items:
        raise EmptyCart
    first: Any = items[0]
    gone = [item.product_id for item in items if not is_sold(item.product)]
    if gone and not first.being_ordered:
        raise ProductInactive(product_ids=gone)
    return Basket(
        lines=[_quoted(item) for item in items],
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
            "product_name": line.product.name,
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
        "product_name": line.product.name,
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


def _quoted(item: Any) -> QuotedLine:
    if item.vat_rate is None:  # goods without a VAT rate in force cannot be sold lawfully
        raise ServiceUnavailable
    return QuotedLine(
        item_id=item.pk,
        product=item.product,
        quantity=item.quantity,
        price=pricing.Line(
            unit_price=item.product.price, quantity=item.quantity, vat_rate=item.vat_rate
        ),
        substitution=item.substitution,
    )
