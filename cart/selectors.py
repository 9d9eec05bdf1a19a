"""The basket as people see it: lines, sum, what changed meanwhile, the kept window."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection

from accounts.models import User
from branches.areas import AreaTerms, delivers
from branches.calendar.passover import is_on
from branches.models import Branch, Holder, PlaceHold
from branches.selectors import kept_window
from cart.charges import BAG, DEPOSIT, Charge, charges_for, sum_of
from cart.fees import delivery_fee, free_delivery_from, free_delivery_gap, usual_fee
from cart.models import Cart, CartStatus, Substitution
from cart.notices import Notice, line_notice, lost_window
from cart.owner import Owner
from cart.quantities import nearest_allowed
from cart.sql import line_rows
from catalog.choices import SoldBy
from catalog.models import Product
from catalog.passover import is_chametz
from core import clock
from core.money import ZERO, line_total

WANTED = f"""
SELECT product_id FROM cart_cartitem JOIN cart_cart ON cart_cart.id = cart_id
WHERE status = '{CartStatus.ACTIVE}' AND user_id = %s
"""  # noqa: S608 - a word of ours


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """One product in the basket, at today's price (₪); quantities in units or kg.

    `is_available` is false when not even one step of it can be delivered: it is then not in the sum.
    `is_chametz_now`: it is Passover, and only a time after it can be chosen for it.
    """

    id: int
    product: Product
    quantity: Decimal
    price_when_added: Decimal
    available: Decimal
    substitution: str
    note: str = ""
    is_chametz_now: bool = False

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
    def deposit(self) -> Decimal:
        return self.product.deposit

    @property
    def sold_by(self) -> str:
        return self.product.sold_by

    @property
    def nearest(self) -> Decimal | None:
        """The amount nearest to the line's that is sold, where the line's own is not."""
        return nearest_allowed(self.quantity, step=self.step)

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
            nearest=self.nearest,
            is_chametz_now=self.is_chametz_now,
        )

    @property
    def price_per(self) -> str:
        """What `unit_price` is for: UNIT or KG."""
        return price_per(self.product.sold_by)

    @property
    def one_less(self) -> Decimal:
        return max(Decimal(0), self.quantity - self.step)

    @property
    def one_more(self) -> Decimal:
        return self.quantity + self.step


@dataclass(frozen=True, kw_only=True)
class SlotHold:
    """The window kept for this basket, as long as it is. `pickup_at` is the branch of one from which
    no deliveries leave: the goods are fetched there."""

    slot_id: int
    dated_slot_id: int
    date: dt.date
    start_time: dt.time
    end_time: dt.time
    fee: Decimal
    expires_at: dt.datetime
    minutes_left: int
    pickup_at: Branch | None = None

    @property
    def value(self) -> str:
        """How forms name it: `12@2026-11-24`."""
        return f"{self.slot_id}@{self.date.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class CartView:
    """A whole basket. `id` is None while nobody has put anything in it."""

    id: int | None = None
    items: list[CartLine] = field(default_factory=list)
    held: SlotHold | None = None
    lost: SlotHold | None = None
    """The window that was kept for this basket, where it takes no orders any more."""
    substitution: str = Substitution.BEST_MATCH
    """What a line gets that is put in later."""
    area: AreaTerms | None = None
    """The delivery area of the place that the visitor named."""
    put_instead: Decimal | None = None
    """What was put when stock was short of what was asked for, after a change that may fit."""
    put_in_steps: Decimal | None = None
    """The nearest lower amount that is sold, when what was asked for is not."""

    @cached_property
    def total(self) -> Decimal:
        """₪ of what can be delivered, before the delivery fee."""
        return sum((line.line_total for line in self.items if line.is_available), ZERO)

    @cached_property
    def item_count(self) -> int:
        """Things to carry home: units, and one for each weighed line or one whose amount is not
        sold; sold-out lines left out."""
        return sum(
            int(line.quantity) if line.product.sold_by == SoldBy.UNIT and not line.nearest else 1
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
        return free_delivery_gap(goods=self.total, area=self.area)

    @property
    def free_delivery_from(self) -> Decimal:
        own = self.area.free_from if self.area else None
        return free_delivery_from() if own is None else own

    @property
    def delivery_fee(self) -> Decimal:
        """What delivery of this basket would cost in the kept window, else in any (₪)."""
        if self.held and self.held.pickup_at:
            return ZERO
        base = self.held.fee if self.held else usual_fee()
        return delivery_fee(goods=self.total, base_fee=base, area=self.area)

    @property
    def missing(self) -> Decimal:
        """How much the goods fall short of the area's smallest order (₪)."""
        return self.area.missing(self.total) if self.area and self.items else ZERO

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """Deposits and bags of what can be delivered."""
        return charges_for(lines=[line for line in self.items if line.is_available])

    @property
    def deposit(self) -> Decimal:
        return sum_of(one for one in self.charges if one.kind == DEPOSIT)

    @property
    def bags(self) -> Charge | None:
        return next((one for one in self.charges if one.kind == BAG), None)

    @property
    def at_most(self) -> Decimal:
        return self.total + self.delivery_fee + sum_of(self.charges)

    @property
    def notices(self) -> list[str]:
        """The notices of all lines, each with its product's name, and of the kept window."""
        lines = [f"{line.product.name}: {line.notice.text}" for line in self.items if line.notice]
        return [lost_window(), *lines] if self.lost else lines

    @property
    def lost_notice(self) -> str:
        return lost_window() if self.lost else ""

    @cached_property
    def version(self) -> int:
        """`lines_version` of the lines."""
        return lines_version((one.product_id, one.quantity, one.substitution) for one in self.items)

    def line_of(self, product_id: int) -> CartLine | None:
        return next((line for line in self.items if line.product_id == product_id), None)


def cart_view(*, actor: Owner, now: dt.datetime | None = None) -> CartView:
    """The owner's active basket; an empty one where there is none. Two queries, two or three more
    when it keeps a window."""
    cart = Cart.objects.active().owned_by(actor).with_hold().order_by("pk").first()
    return view_of(cart=cart, now=now or clock.now()) if cart else CartView()


def view_of(
    *,
    cart: Cart,
    now: dt.datetime,
    put_instead: Decimal | None = None,
    put_in_steps: Decimal | None = None,
) -> CartView:
    """The basket of a row already read. One query, more when it keeps a window."""
    held, gone = _window(cart, now)
    return CartView(
        id=cart.pk,
        items=lines_of(cart_id=cart.pk),
        substitution=cart.substitution,
        held=None if gone else held,
        lost=held if gone else None,
        put_instead=put_instead,
        put_in_steps=put_in_steps,
    )


def lines_version(lines: Iterable[tuple[int, Decimal, str]]) -> int:
    """A number that stands for these lines (product, quantity, choice): other lines, another number.

    Below 2⁵³, so that every JSON reader keeps it whole.
    """
    text = ";".join(sorted(f"{key}:{amount.normalize():f}:{way}" for key, amount, way in lines))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def wanted_products(*, user: User) -> list[int]:
    """The products in the customer's active basket. One query, by hand: every order begins here."""
    with connection.cursor() as cursor:
        cursor.execute(WANTED, [user.pk])
        return [product for (product,) in cursor]


def lines_of(*, cart_id: int) -> list[CartLine]:
    """The lines of a basket in the order they were added. One query."""
    now = clock.now()
    return [
        CartLine(
            id=row.id,
            product=row.product,
            quantity=row.quantity,
            price_when_added=row.price_when_added,
            available=row.available,
            substitution=row.substitution,
            note=row.note,
            is_chametz_now=is_chametz(row.product.passover)
            and is_on(mode=row.passover_mode, begin=now),
        )
        for row in line_rows(cart_id=cart_id)
    ]


def price_per(sold_by: str) -> str:
    """What a unit price is for: UNIT, or KG of what is sold by weight."""
    return "KG" if sold_by == SoldBy.WEIGHT else "UNIT"


def is_sold(product: Product) -> bool:
    """Whether shoppers may buy it: itself active, in an active category below active ones."""
    return product.is_active and product.category.is_open


def place_holder(*, cart_id: int) -> Holder:
    """The basket as whom `branches` keeps a place for."""
    return Holder(PlaceHold.Kind.CART, cart_id)


def _window(cart: Cart, now: dt.datetime) -> tuple[SlotHold | None, bool]:
    """The kept window, and whether it takes no order any more. Two queries when there is one,
    three where it is not of the branch that is the source of deliveries."""
    key, until = cart.hold_slot_id, cart.hold_until
    if key is None or until is None or until <= now:
        return None, False
    dated, reason = kept_window(dated_slot_id=key, holder=place_holder(cart_id=cart.pk), now=now)
    slot = dated.slot
    held = SlotHold(
        slot_id=slot.pk,
        dated_slot_id=dated.pk,
        date=dated.date,
        start_time=slot.start_time,
        end_time=slot.end_time,
        fee=usual_fee() if slot.fee is None else slot.fee,
        expires_at=until,
        minutes_left=max(1, int((until - now).total_seconds() // 60)),
        pickup_at=None if delivers(branch=slot.branch) else slot.branch,
    )
    return held, bool(reason)
