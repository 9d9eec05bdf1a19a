"""When an order's money is asked for, how long its hold has to live, and until when it may be paid.

Card networks let a hold of a present customer live seven days, one asked for later five: a window
that is further away is held shortly before it. Pure but for the settings.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from branches.calendar.known import last_orders
from branches.windows import ends_at
from core.clock import shop_date
from orders.models import Order, OrderStatus

PICKED_GRACE = dt.timedelta(hours=2)
GRACE = dt.timedelta(minutes=60)
ASK_BEFORE = dt.timedelta(hours=24)
BEGUN = frozenset({OrderStatus.IN_PROGRESS, OrderStatus.MISSING, OrderStatus.READY})


def authorize_at(due_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """When to hold the money of a window that begins at `due_at`; None: at once."""
    if (shop_date(due_at) - shop_date(now)).days <= settings.HOLD_WITHIN_DAYS:
        return None
    return hold_time(due_at)


def hold_time(due_at: dt.datetime) -> dt.datetime:
    """From when on a hold is sure to outlive its window, whatever the card."""
    return due_at - dt.timedelta(hours=settings.AUTHORIZE_HOURS_BEFORE)


def hold_time_from(due_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """`hold_time` of an order whose window has become this one: now, where that moment is over."""
    return max(hold_time(due_at), now)


def must_live_until(order: Order) -> dt.datetime:
    """Until when the hold of an order has to live: the end of its window and a little more."""
    window = order.dated_slot
    end = ends_at(window.slot, window.date) if window is not None else order.due_at
    return end + dt.timedelta(hours=settings.HOLD_SLACK_HOURS)


def closes_at(order: Order) -> dt.datetime:
    """Until when orders for its window are taken: the cut-off, or the rest that comes before it; of a
    pickup without a window its own time."""
    window = order.dated_slot
    if window is None:
        return order.due_at
    known = Order._meta.get_field("branch").is_cached(order)  # one locked without its branch is not
    return last_orders(slot=window.slot, date=window.date, branch=order.branch if known else None)


def pay_until(order: Order, now: dt.datetime) -> dt.datetime:
    """Until when an order may be paid whose customer is told so now.

    The last moment of its window's orders, or an hour where that is later, and never past its window's start; once picking has
    begun, two hours. A delayed one: the start of its window, or an hour where that is over already.
    """
    if order.status in BEGUN:
        return now + PICKED_GRACE
    if order.status == OrderStatus.DELAYED:
        return max(order.due_at, now + GRACE)
    cutoff = closes_at(order)
    return min(max(cutoff, now + GRACE), order.due_at)
