"""Delivery windows as one basket sees them: what they cost it, which one it keeps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from branches.areas import EVERYWHERE, AreaTerms, Destination
from branches.selectors import SlotChoice, available_slots
from cart.fees import delivery_fee
from cart.selectors import CartView, place_holder
from core.clock import shop_date

FEW = 3


@dataclass(frozen=True, kw_only=True)
class Window:
    """A delivery window with the fee (₪) this basket would pay in it.

    `is_held`: it is kept for this basket, and open.
    """

    choice: SlotChoice
    fee: Decimal
    is_held: bool

    @property
    def value(self) -> str:
        """How forms name it: `12@2026-11-24`."""
        return f"{self.choice.slot_id}@{self.choice.date.isoformat()}"

    @property
    def seen(self) -> str:
        """The same with its times, so that an order can tell when they changed."""
        times = f"{self.choice.start_time:%H:%M}-{self.choice.end_time:%H:%M}"
        return f"{self.value}@{times}"

    @property
    def is_open(self) -> bool:
        return self.choice.is_open

    @property
    def is_few(self) -> bool:
        return self.choice.is_open and self.choice.remaining <= FEW

    @property
    def is_free(self) -> bool:
        return self.fee == 0


def windows(
    *,
    basket: CartView,
    now: dt.datetime,
    start: dt.date | None = None,
    days: int = 7,
    branch_id: int | None = None,
    to: Destination = EVERYWHERE,
) -> list[Window]:
    """Every window from `start` (default today) that is not over, open or not, by time.

    Of the branch that serves the place it goes `to`, unless one is named; at its fee, and none of
    today's is open where it is not served on the day of the order. A place that is not served has
    no windows. Three queries.
    """
    if not to.is_served:
        return []
    choices = available_slots(
        branch_id=branch_id or to.branch_id,
        start=start or shop_date(now),
        days=days,
        now=now,
        but_for=place_holder(cart_id=basket.id) if basket.id else None,
    )
    if to.area is not None and not to.area.same_day:
        choices = [_not_today(choice, shop_date(now)) for choice in choices]
    return [_window(choice, basket, to.area) for choice in choices]


def nearest(
    *, basket: CartView, now: dt.datetime, count: int = 4, to: Destination = EVERYWHERE
) -> list[Window]:
    """The next open windows, the kept one always among them."""
    found = [w for w in windows(basket=basket, now=now, days=4, to=to) if w.is_open]
    kept = next((w for w in found if w.is_held), None)
    first = found[:count]
    if kept is not None and kept not in first:
        first = [kept, *first[: count - 1]]
    return first


def _not_today(choice: SlotChoice, today: dt.date) -> SlotChoice:
    if choice.date != today or not choice.is_open:
        return choice
    return replace(choice, is_open=False, closed_reason="CUTOFF")


def _window(choice: SlotChoice, basket: CartView, area: AreaTerms | None) -> Window:
    held = basket.held if choice.is_open else None  # nobody can order in a closed one, kept or not
    return Window(
        choice=choice,
        fee=delivery_fee(goods=basket.total, base_fee=choice.fee, area=area),
        is_held=held is not None and (held.slot_id, held.date) == (choice.slot_id, choice.date),
    )
