"""Step one: check everything under locks, promise stock and place, and write down what was agreed.

A few milliseconds, no outsider asked. When anything is refused, everything is as it was and the key
may be used again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from branches import selectors as branches
from branches.models import Branch, DatedSlot
from branches.services import lock_dated_slot, take_place
from branches.windows import next_closing, starts_at
from cart.errors import EmptyCart
from cart.locks import lock_active_cart
from cart.models import Cart
from checkout import keys, quoting
from checkout.errors import CartAlreadyOrdered, PriceChanged, SlotRequired
from checkout.models import IdempotencyKey, Reservation
from checkout.quoting import Preview, QuotedLine
from checkout.requests import ConfirmRequest
from checkout.services.agreed import Agreed
from checkout.services.preview import check_asked_cart, short
from inventory import services as inventory
from inventory.errors import InsufficientStock
from mami import faults
from mami.transactions import write_transaction
from orders import pricing
from orders.agreement import LINE_COLUMNS, LINE_TYPES, AgreedLine, as_rows
from orders.numbering import new_number
from payments import services as payments
from payments.outcomes import PaymentHandle

WRITE_LINES = f"""
INSERT INTO checkout_reservationline (reservation_id, {LINE_COLUMNS})
SELECT %s, {LINE_COLUMNS} FROM jsonb_to_recordset(%s) AS agreed({LINE_TYPES})
"""  # noqa: S608  the columns are those of AgreedLine


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Stock and place are promised and nobody was asked for money yet."""

    reservation_id: int
    key_id: int
    payment: PaymentHandle
    agreed: Agreed

    @property
    def payment_id(self) -> int:
        return self.payment.id

    @property
    def order_number(self) -> str:
        return self.payment.order_number


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """An earlier request with this key died after reserving: ask what became of its payment."""

    reservation_id: int
    key_id: int
    payment_id: int
    order_number: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The key has its answer already."""

    body: Mapping[str, Any]


def reserve(
    *, actor: User, key: str, request: ConfirmRequest, now: dt.datetime
) -> Reserved | Resumed | Answered:
    """The first transaction. Raises every refusal of confirm that is not about the payment."""
    with write_transaction(durable=True):
        claimed = keys.claim(user_id=actor.pk, key=key, body_hash=request.body_hash(), now=now)
        faults.point("after_key_claimed")
        if claimed.state == IdempotencyKey.State.DONE:
            return Answered(body=claimed.response_body or {})
        if claimed.created_at != now and (resumed := _left_open(claimed)) is not None:
            return resumed
        reserved = _reserve(actor, claimed, request, now)
        faults.point("before_commit_1")
    return reserved


def _reserve(
    actor: User, key: IdempotencyKey, request: ConfirmRequest, now: dt.datetime
) -> Reserved:
    cart = lock_active_cart(user=actor)
    check_asked_cart(actor, request, cart)
    if cart is None:
        raise EmptyCart
    basket = quoting.basket(cart_id=cart.pk, now=now)
    if basket.being_ordered:
        raise CartAlreadyOrdered
    if request.is_delivery and request.delivery_slot_id is None:
        raise SlotRequired
    address = quoting.resolve_address(actor=actor, request=request) if request.is_delivery else {}
    card = payments.chosen_card(
        user_id=actor.pk,
        payment_token_id=request.payment_token_id,
        card=request.payment,
        keep=request.save_as_default,
    )
    slot, branch = _take_place(request, cart, now)
    totals = pricing.quote(
        lines=[line.price for line in basket.lines],
        fulfillment_type=request.fulfillment_type,
        slot_fee=branches.base_fee(slot.slot) if slot else None,
        fee_vat_rate=basket.fee_vat_rate,
    )
    if request.expected_total is not None and request.expected_total != totals.total:
        raise PriceChanged(total=str(totals.total))
    number = new_number()
    quote = Preview(
        branch=branch,
        fulfillment_type=request.fulfillment_type,
        lines=basket.lines,
        totals=totals,
        slot=None,
        address=address,
    )
    _promise(actor, quote, number)
    payment = payments.open_payment(
        user_id=actor.pk, order_number=number, amount=totals.total, card=card, now=now
    )
    details = {
        "due_at": _due_at(slot, branch, now).isoformat(),
        "fee_vat_rate": str(basket.fee_vat_rate),
        "notes": request.notes,
        "delivery": _delivery(actor, request, address),
        "save_as_default": request.save_as_default,
        "payment_token_id": request.payment_token_id,
    }
    agreed = _write(actor, key, cart, slot, quote, payment, details, now)
    return Reserved(
        reservation_id=agreed.reservation.pk, key_id=key.pk, payment=payment, agreed=agreed
    )


def _take_place(
    request: ConfirmRequest, cart: Cart, now: dt.datetime
) -> tuple[DatedSlot | None, Branch]:
    """The window with a place taken in it, and the branch that serves it."""
    if request.delivery_slot_id is None:
        return None, quoting.resolve_branch(request=request)
    with quoting.about("delivery_slot_id"):
        date = request.delivery_date or branches.next_open_date(
            slot_id=request.delivery_slot_id, now=now, exclude_cart_id=cart.pk
        )
        slot = lock_dated_slot(slot_id=request.delivery_slot_id, date=date, now=now)
    branch = slot.slot.branch
    if not (request.is_delivery and branch.is_delivery_source):
        branch = quoting.resolve_branch(request=request)
    take_place(dated_slot=slot, branch_id=branch.pk, now=now, exclude_cart_id=cart.pk)
    return slot, branch


def _due_at(slot: DatedSlot | None, branch: Branch, now: dt.datetime) -> dt.datetime:
    return starts_at(slot.slot, slot.date) if slot else next_closing(branch, now)


def _promise(actor: User, quote: Preview, number: str) -> None:
    """Raises BasketShort, naming what is short and quoting the basket."""
    try:
        inventory.reserve(
            actor=actor,
            branch_id=quote.branch.pk,
            quantities={line.product_id: line.quantity for line in quote.lines},
            reference=f"order:{number}",
        )
    except InsufficientStock as refusal:
        free = {
            row["product_id"]: Decimal(str(row["available_quantity"]))
            for row in refusal.details["missing_items"]
        }
        lines = [_with_free(line, free.get(line.product_id)) for line in quote.lines]
        raise short(
            Preview(
                branch=quote.branch,
                fulfillment_type=quote.fulfillment_type,
                lines=lines,
                totals=quote.totals,
                slot=quote.slot,
            )
        ) from None
    faults.point("after_stock_locked")


def _with_free(line: QuotedLine, free: Decimal | None) -> QuotedLine:
    return line if free is None else replace(line, available=free)


def _write(
    actor: User,
    key: IdempotencyKey,
    cart: Cart,
    slot: DatedSlot | None,
    quote: Preview,
    payment: PaymentHandle,
    details: dict[str, Any],
    now: dt.datetime,
) -> Agreed:
    """What was agreed, line by line: the order will be a copy of it."""
    totals = quote.totals
    reservation = Reservation.objects.create(
        user=actor,
        cart=cart,
        key=key,
        payment_id=payment.id,
        branch=quote.branch,
        dated_slot=slot,
        order_number=payment.order_number,
        fulfillment_type=quote.fulfillment_type,
        details=details,
        subtotal=totals.subtotal,
        discount_total=totals.discount_total,
        delivery_fee=totals.delivery_fee,
        vat_total=totals.vat_total,
        total=totals.total,
        expires_at=now + dt.timedelta(minutes=settings.RESERVATION_MINUTES),
        created_at=now,
    )
    lines = [
        AgreedLine(
            product_id=line.product_id,
            name_he=line.name_he,
            name_en=line.name_en,
            sku=line.sku,
            sold_by=line.sold_by,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.price.discount,
            line_total=line.line_total,
            vat_rate=line.price.vat_rate,
            substitution=line.substitution,
        )
        for line in quote.lines
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_LINES, [reservation.pk, as_rows(lines)])
    return Agreed(reservation=reservation, lines=lines, cart_seen=cart.updated_at)


def _delivery(actor: User, request: ConfirmRequest, address: Mapping[str, str]) -> dict[str, str]:
    if not request.is_delivery:
        return {}
    return {
        "recipient": actor.full_name,
        "phone": str(actor.phone),
        **address,
        "preference": str(request.delivery_preference),
        "note": request.delivery_note,
    }


def _left_open(key: IdempotencyKey) -> Resumed | None:
    """What an earlier request with this key left behind, if it died after reserving."""
    row = (
        Reservation.objects.filter(key=key, status=Reservation.Status.ACTIVE)
        .values_list("pk", "payment_id", "order_number")
        .first()
    )
    return row and Resumed(
        reservation_id=row[0], key_id=key.pk, payment_id=row[1], order_number=row[2]
    )
