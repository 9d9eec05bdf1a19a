"""Words and numbers as letters show them; plain text, isolated where directions mix."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import template
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core import clock
from core.bidi import END, FIRST_STRONG, left_to_right
from core.clock import SHOP_TZ, shop_date
from core.money import shekels

register = template.Library()

NEWS = {
    "IN_PROGRESS": gettext_lazy("we are packing it"),
    "READY": gettext_lazy("it is ready"),
    "OUT_FOR_DELIVERY": gettext_lazy("on its way to you"),
    "DELIVERED": gettext_lazy("delivered"),
    "CANCELED": gettext_lazy("cancelled"),
    "DELAYED": gettext_lazy("a delay"),
    "CAME_BACK": gettext_lazy("we could not hand it over"),
    "MISSING": gettext_lazy("something is missing"),
}


@register.filter
def shortened(text: str, most: int) -> str:
    """At most so many characters, for an SMS: three dots are of its alphabet, their one sign is not."""
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."


@register.filter
def amount(line: Any) -> str:
    """How much of a line: `2 ×`, or `1.5 kg`."""
    text = f"{Decimal(line.quantity).normalize():f}"
    if line.sold_by == "WEIGHT":
        return _("%(amount)s kg") % {"amount": text}
    return f"{text} ×"


@register.filter
def isolated(name: str) -> str:
    """A name of either direction inside a sentence of either direction."""
    return f"{FIRST_STRONG}{name}{END}"


@register.filter
def shekel_text(amount: Any) -> str:
    """`₪12.90`, left to right inside any sentence."""
    return left_to_right(f"₪{shekels(amount):,.2f}")


@register.filter
def refund_name(line: Any) -> str:
    """What a part of a refund was for."""
    name = isolated(line.item.name) if line.item else ""
    if line.kind == "FEE":
        return _("Delivery")
    if line.kind == "BAG":
        return _("Carrier bags")
    return _("Deposit: %(name)s") % {"name": name} if line.kind == "DEPOSIT" else name


@register.filter
def window_text(slot: Any) -> str:
    """A delivery window whose times stay left to right."""
    return left_to_right(f"{slot.start_time:%H:%M}–{slot.end_time:%H:%M}")


@register.filter
def short_moment(instant: dt.datetime) -> str:
    """A moment at the shop for an SMS, in signs of its alphabet: `14:05`, of another day `3.12. 14:05`."""
    local = instant.astimezone(SHOP_TZ)
    time = f"{local:%H:%M}"
    return time if local.date() == shop_date(clock.now()) else f"{local.day}.{local.month}. {time}"


@register.filter
def window_sms(slot: Any) -> str:
    """A window's times for an SMS: its alphabet has no long dash, and no isolates but in Hebrew."""
    if get_language() == "he":
        return window_text(slot)
    return f"{slot.start_time:%H:%M}-{slot.end_time:%H:%M}"


@register.filter
def opening_sms(day: Any) -> str:
    """The first hours of a day for an SMS; "" where it is closed."""
    for begin, end in day.pieces:
        times = begin.astimezone(SHOP_TZ), end.astimezone(SHOP_TZ)
        return window_sms(SimpleNamespace(start_time=times[0], end_time=times[1]))
    return ""


@register.filter
def opening_text(day: Any) -> str:
    """The hours of a day, `08:00–14:00, 19:00–22:00`, or that it is closed."""
    times = (
        left_to_right(f"{begin.astimezone(SHOP_TZ):%H:%M}–{end.astimezone(SHOP_TZ):%H:%M}")
        for begin, end in day.pieces
    )
    return ", ".join(times) or _("closed")


@register.filter
def status_news(status: str) -> str:
    return str(NEWS.get(status, status))


@register.simple_tag
def status_sentence(status: str, order: Any, payment: Any) -> str:
    """One sentence on what the new status means for the customer."""
    told = {
        "IN_PROGRESS": lambda: _("We are going through the aisles for you right now."),
        "READY": lambda: _ready(order),
        "OUT_FOR_DELIVERY": lambda: (
            _("The driver has left with it. We charged %(amount)s: only what is in the bags.")
            % {"amount": _taken(order, payment)}
        ),
        "DELIVERED": lambda: _("Enjoy. The order is complete."),
        "CANCELED": lambda: _canceled(payment),
        "DELAYED": lambda: _("We are late with it, sorry. We will tell you as soon as it moves."),
        "CAME_BACK": lambda: _(
            "We could not hand your order over. Nothing more is charged: "
            "choose on the page of your order when we come again."
        ),
        "MISSING": lambda: _(
            "Not everything was on the shelf. You do not pay for what is missing."
        ),
    }
    sentence = told.get(status)
    return sentence() if sentence else ""


def _ready(order: Any) -> str:
    if order.fulfillment_type == "PICKUP":
        return _("Packed and waiting for you at %(branch)s.") % {
            "branch": isolated(order.branch.name)
        }
    return _("Packed, checked and waiting for the driver.")


def _canceled(payment: Any) -> str:
    if payment.captured:
        return _("The order was cancelled. What was charged is on its way back to you.")
    if payment.authorized:
        return _("The order was cancelled. The money held on your card is released.")
    return _("The order was cancelled. Nothing was held, and nothing was charged.")


def _taken(order: Any, payment: Any) -> str:
    """What was charged; before the provider has said so, at most what was agreed."""
    if payment.captured:
        return left_to_right(f"₪{shekels(payment.captured):,.2f}")
    return _("at most %(amount)s") % {
        "amount": left_to_right(f"₪{shekels(order.total_amount):,.2f}")
    }
