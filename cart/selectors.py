"""The basket as people see it: lines, sum, what changed meanwhile, the kept window."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.db import connection

from accounts.models import User
from branches.models import DatedSlot
from cart.fees import delivery_fee, free_delivery_from, free_delivery_gap, usual_fee
from cart.line_rows import line_rows
from cart.models import Cart, Substitution
from cart.notices import Notice, line_notice
from cart.owner import Owner
from catalog.models import Product, SoldBy
from mami import clock
from mami.money import ZERO, line_total

WANTED = """
SELECT product_id FROM cart_cartitem JOIN cart_cart ON cart_cart.id = cart_id
WHERE status = 'ACTIVE' AND user_id = %s
"""


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """One product in the basket, at today's price (₪); quantities in units or kg.

    `is_available` is false when not even one step of it can be delivered: it is then not in the sum.
    """

    id: int
    product: Product
    quantity: Decimal
    price_when_added: Decimal
    available: Decimal
    substitution: str

    @property
    def product_id(self) -> int:
        return self.product.pk

    @property
    def step(self) -> Decimal:
        return self.product.quantity_step

    @property
    def unit_price(self) -> Decimal:
        return self.product.price

    @property
    def line_total(self) -> Decimal:
        return line_total(self.product.price, self.quantity)

    @property
    def is_sold(self) -> bool:
        return is_sold(self.product)

    @property
    def is_available(self) -> bool:
        return is_sold(self.product) and self.available >= self.step

    @property
    def is_short(self) -> bool:
        """Some of it is there, but less than asked for."""
        return self.is_available and self.available < self.quantity

    @cached_property
    def notice(self) -> Notice | None:
        """What the customer should know about this line."""
        return line_notice(
            is_sold=is_sold(self.product),
            product=self.product,
            quantity=self.quantity,
            available=self.available,
            price_when_added=self.price_when_added,
        )

    @property
    def one_less(self) -> Decimal:
        return max(Decimal(0), self.quantity - self.step)

    @property
    def one_more(self) -> Decimal:
        return self.quantity + self.step


@dataclass(frozen=True, kw_only=True)
class SlotHold:
    """The window kept for this basket, as long as it is."""

    slot_id: int
    dated_slot_id: int
    date: dt.date
    start_time: dt.time
    end_time: dt.time
    fee: Decimal
    expires_at: dt.datetime
    minutes_left: int


@dataclass(frozen=True, kw_only=True)
class CartView:
    """A whole basket. `id` is None while nobody has put anything in it."""

    id: int | None = None
    items: list[CartLine] = field(default_factory=list)
    held: SlotHold | None = None
    substitution: str = Substitution.BEST_MATCH
    """What a line gets that is put in later."""
    put_instead: Decimal | None = None
    """What was put when stock was short of what was asked for, after a change that may fit."""

    @cached_property
    def total(self) -> Decimal:
        """₪ of what can be delivered, before the delivery fee."""
        return sum((line.line_total for line in self.items if line.is_available), ZERO)

    @cached_property
    def item_count(self) -> int:
        """Things to carry home: units, and one for each weighed line; sold-out lines left out."""
        return sum(
            int(line.quantity) if line.product.sold_by == SoldBy.UNIT else 1
            for line in self.items
            if line.is_available
        )

    @property
    def count(self) -> int:
        return self.item_count

    @property
    def substitution_choices(self) -> list[tuple[str, Any]]:
        return list(Substitution.choices)

    @property
    def free_delivery_gap(self) -> Decimal:
        return free_delivery_gap(goods=self.total)

    @property
    def free_delivery_from(self) -> Decimal:
        return free_delivery_from()

    @property
    def delivery_fee(self) -> Decimal:
        """What delivery of this basket would cost in the kept window, else in any (₪)."""
        return delivery_fee(goods=self.total, base_fee=self.held.fee if self.held else usual_fee())

    @property
    def at_most(self) -> Decimal:
        return self.total + self.delivery_fee

    @property
    def notices(self) -> list[str]:
        """The notices of all lines, each with its product's name."""
        return [f"{line.product.name}: {line.notice.text}" for line in self.items if line.notice]

    @cached_property
    def quantity_of(self) -> dict[int, Decimal]:
        """Quantities by product id."""
        return {line.product_id: line.quantity for line in self.items}

    def line_of(self, product_id: int) -> CartLine | None:
        return next((line for line in self.items if line.product_id == product_id), None)


def cart_view(*, actor: Owner, now: dt.datetime | None = None) -> CartView:
    """The owner's active basket; an empty one where there is none. Two queries at most."""
    cart = (
        Cart.objects.active()
        .owned_by(actor)
        .select_related("held_slot__slot")
        .order_by("pk")
        .first()
    )
    return view_of(cart=cart, now=now or clock.now()) if cart else CartView()


def view_of(*, cart: Cart, now: dt.datetime, put_instead: Decimal | None = None) -> CartView:
    """The basket of a row already read. One query, more when its window was not read along."""
    return CartView(
        id=cart.pk,
        items=lines_of(cart_id=cart.pk),
        substitution=cart.substitution,
        held=_hold(cart, now),
        put_instead=put_instead,
    )


def wanted_products(*, user: User) -> list[int]:
    """The products in the customer's active basket. One query, by hand: every order begins here."""
    with connection.cursor() as cursor:
        cursor.execute(WANTED, [user.pk])
        return [product for (product,) in cursor]


def lines_of(*, cart_id: int) -> list[CartLine]:
    """The lines of a basket in the order they were added. One query."""
    return [
        CartLine(
            id=row.id,
            product=row.product,
            quantity=row.quantity,
            price_when_added=row.price_when_added,
            available=row.available,
            substitution=row.substitution,
        )
        for row in line_rows(cart_id=cart_id)
    ]


def is_sold(product: Product) -> bool:
    """Whether shoppers may buy it: itself active, in an active category."""
    return product.is_active and product.category.is_active


def _hold(cart: Cart, now: dt.datetime) -> SlotHold | None:
    if cart.held_slot_id is None or cart.hold_expires_at is None or cart.hold_expires_at <= now:
        return None
    dated = _held(cart, cart.held_slot_id)
    slot = dated.slot
    left = (cart.hold_expires_at - now).total_seconds()
    return SlotHold(
        slot_id=slot.pk,
        dated_slot_id=dated.pk,
        date=dated.date,
        start_time=slot.start_time,
        end_time=slot.end_time,
        fee=usual_fee() if slot.fee is None else slot.fee,
        expires_at=cart.hold_expires_at,
        minutes_left=max(1, int(left // 60)),
    )


def _held(cart: Cart, key: int) -> DatedSlot:
    """The kept window with its weekly slot, read now where it did not come along. One query."""
    if "held_slot" not in cart._state.fields_cache:
        cart.held_slot = DatedSlot.objects.select_related("slot").get(pk=key)
    return cast(DatedSlot, cart.held_slot)
