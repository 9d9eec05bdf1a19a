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

from accounts.locks import lock_customer
from accounts.models import User
from accounts.selectors import is_erased
from branches import selectors as branches
from branches.models import Branch, DatedSlot
from branches.services import lock_dated_slot, take_place
from branches.windows import ends_at, starts_at
from cart.errors import EmptyCart
from cart.locks import lock_active_cart
from cart.models import Cart
from cart.services import fill_apart
from checkout import idempotency, quotes
from checkout.destinations import NOWHERE, Goal, check_day, first_day, resolve_branch, resolve_goal
from checkout.errors import (
    CartAlreadyOrdered,
    CartChanged,
    PriceChanged,
    SlotRequired,
)
from checkout.models import IdempotencyKey, Reservation
from checkout.quote_bodies import preview_body
from checkout.quotes import Preview, QuotedLine
from checkout.requests import ConfirmRequest, LinesRequest, PhoneRequest, StandingRequest
from checkout.services.preview import check_asked_cart, short
from checkout.services.snapshots import Agreed
from core import faults
from core.clock import shop_date
from core.errors import NotFound, TokenInvalid
from core.money import ZERO
from core.transactions import write_transaction
from inventory import services as inventory
from inventory.errors import InsufficientStock
from orders import pricing
from orders.numbering import new_number
from orders.schedule import authorize_at
from orders.snapshots import LINE_COLUMNS, LINE_TYPES, AgreedLine, as_rows, charge_rows
from payments import services as payments
from payments.cards import ChosenCard
from payments.payment_results import PaymentHandle

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
class StoredResponse:
    """The key has its answer already."""

    body: Mapping[str, Any]


def reserve(
    *,
    actor: User,
    key: str,
    request: ConfirmRequest,
    now: dt.datetime,
    placed_by: User | None = None,
) -> Reserved | Resumed | StoredResponse:
    """The first transaction. Raises every refusal of confirm that is not about the payment."""
    with write_transaction(durable=True):
        claimed = idempotency.claim_key(
            user_id=(placed_by or actor).pk,
            key=key,
            body_hash=request.body_hash(),
            now=now,
            scope=_scope(request, placed_by),
        )
        faults.point("after_key_claimed")
        if claimed.state == IdempotencyKey.State.DONE:
            return StoredResponse(body=claimed.response_body or {})
        if claimed.created_at != now and (resumed := _left_open(claimed)) is not None:
            return resumed
        reserved = _reserve(actor, claimed, request, now, placed_by)
        faults.point("before_commit_1")
    return reserved


def _reserve(
    actor: User,
    key: IdempotencyKey,
    request: ConfirmRequest,
    now: dt.datetime,
    placed_by: User | None,
) -> Reserved:
    cart = _cart(actor, request)
    day = quotes.day_of_supply(request=request, now=now)
    basket = quotes.basket(cart_id=cart.pk, day=day)
    if basket.being_ordered:
        raise CartAlreadyOrdered
    if request.expected_cart_version not in (None, basket.version):
        raise CartChanged(cart_version=basket.version)
    if request.is_delivery and request.delivery_slot_id is None:
        raise SlotRequired
    goal = NOWHERE
    if request.is_delivery:
        goal = resolve_goal(actor=actor, request=request)
        check_day(destination=goal.destination, date=request.delivery_date, branch_id=None, now=now)
    goods = sum((line.price.payable for line in basket.lines), ZERO)
    pays_later = isinstance(request, PhoneRequest) and request.payment_token_id is None
    # Refused before a place is taken.
    card = _card(actor, request) if goods and not pays_later else None
    slot, branch = _take_place(request, goal, cart, now)
    quotes.check_seen(request, slot)
    due_at = _due_at(slot, branch, now)
    until = ends_at(slot.slot, slot.date) if slot else None
    quotes.check_passover(basket, begin=due_at, end=until, branch=branch)
    basket = quotes.rated(basket, day=shop_date(due_at), was=day)
    totals = pricing.quote(
        lines=[line.price for line in basket.lines],
        fulfillment_type=request.fulfillment_type,
        slot_fee=branches.base_fee(slot.slot) if slot else None,
        fee_vat_rate=basket.fee_vat_rate,
        charges=basket.charges,
        area=goal.area,
    )
    quote = Preview(
        branch=branch,
        fulfillment_type=request.fulfillment_type,
        lines=basket.lines,
        totals=totals,
        slot=None,
        address=goal.address,
        area=goal.area,
    )
    quotes.check_minimum(quote, told=preview_body)
    if request.expected_total is not None and request.expected_total != totals.total:
        raise PriceChanged(total=str(totals.total))
    pricing.check_size(totals.total)
    number = new_number()
    _promise(actor, quote, number)
    if totals.total and pays_later:
        payment = payments.open_unpaid(
            user_id=actor.pk, order_number=number, amount=totals.total, now=now
        )
    elif totals.total:
        payment = payments.open_payment(
            user_id=actor.pk,
            order_number=number,
            amount=totals.total,
            card=card or _card(actor, request),
            now=now,
            authorize_at=authorize_at(due_at, now),
        )
    else:
        payment = payments.open_free(user_id=actor.pk, order_number=number, now=now)
    details = {
        "due_at": due_at.isoformat(),
        "fee_vat_rate": str(basket.fee_vat_rate),
        "notes": request.notes,
        "business_name": request.business_name.strip(),
        "vat_id": request.vat_id,
        "delivery": _delivery(actor, request, goal),
        "save_as_default": request.save_as_default,
        "payment_token_id": request.payment_token_id,
        "charges": charge_rows(totals.charges, [line.product_id for line in basket.lines]),
        "placed_by": placed_by.pk if placed_by else None,
        "apart": isinstance(request, LinesRequest),
    }
    agreed = _write(actor, key, cart, slot, quote, payment, details, now)
    return Reserved(
        reservation_id=agreed.reservation.pk, key_id=key.pk, payment=payment, agreed=agreed
    )


def _scope(request: ConfirmRequest, placed_by: User | None) -> str:
    if placed_by is not None:
        return idempotency.PHONE
    return idempotency.STANDING if isinstance(request, StandingRequest) else idempotency.CONFIRM


def _cart(actor: User, request: ConfirmRequest) -> Cart:
    """The actor's basket, locked; one of its own for what is ordered by its lines."""
    if isinstance(request, LinesRequest):
        lock_customer(
            user_id=actor.pk
        )  # a basket of its own is none that an erasure would wait for
        if is_erased(user_id=actor.pk):
            raise NotFound
        return fill_apart(user=actor, wanted=request.wanted, notes=request.line_notes)
    cart = lock_active_cart(user=actor)
    if cart is None and is_erased(user_id=actor.pk):  # erased after the key's row waited for it
        raise TokenInvalid
    check_asked_cart(actor, request, cart)
    if cart is None:
        raise EmptyCart
    return cart


def _card(actor: User, request: ConfirmRequest) -> ChosenCard:
    """Raises PaymentRequired, PaymentTokenNotFound, CardNumberRefused, InvalidInput."""
    return payments.chosen_card(
        user_id=actor.pk,
        payment_token_id=request.payment_token_id,
        card=request.payment,
        keep=request.save_as_default,
    )


def _take_place(
    request: ConfirmRequest, goal: Goal, cart: Cart, now: dt.datetime
) -> tuple[DatedSlot | None, Branch]:
    """The window with a place taken in it, and the branch that serves it."""
    if request.delivery_slot_id is None:
        return None, resolve_branch(request=request)
    with quotes.about("delivery_slot_id"):
        date = request.delivery_date or branches.next_open_date(
            slot_id=request.delivery_slot_id,
            now=now,
            but_for=quotes.holder_of(request, cart_id=cart.pk),
            start=first_day(goal.area, now),
        )
        slot = lock_dated_slot(slot_id=request.delivery_slot_id, date=date, now=now)
    branch = slot.slot.branch
    own = goal.destination.branch_id
    serves = branch.is_delivery_source if own is None else branch.pk == own
    if not (request.is_delivery and serves):
        branch = resolve_branch(request=request, destination=goal.destination)
    take_place(
        dated_slot=slot,
        branch_id=branch.pk,
        now=now,
        but_for=quotes.holder_of(request, cart_id=cart.pk),
        ordered_as=cart.pk,
    )
    return slot, branch


def _due_at(slot: DatedSlot | None, branch: Branch, now: dt.datetime) -> dt.datetime:
    return (
        starts_at(slot.slot, slot.date) if slot else branches.pickup_until(branch=branch, now=now)
    )


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
            vat_class=line.vat_class,
            vat_rate=line.price.vat_rate,
            substitution=line.substitution,
            note=line.note,
        )
        for line in quote.lines
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_LINES, [reservation.pk, as_rows(lines)])
    return Agreed(reservation=reservation, lines=lines, cart_seen=cart.updated_at)


def _delivery(actor: User, request: ConfirmRequest, goal: Goal) -> dict[str, Any]:
    if not request.is_delivery:
        return {}
    return {
        "recipient": actor.full_name,
        "phone": str(actor.phone),
        **goal.snapshot,
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
