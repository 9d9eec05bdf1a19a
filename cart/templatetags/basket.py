"""What templates ask about the basket."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cart.selectors import CartLine, CartView
from catalog.models import Product
from core.clock import shop_date

register = template.Library()


@register.filter
def line_of(basket: CartView, product: Product) -> CartLine | None:
    """The line of a product in the basket, if it is there."""
    return basket.line_of(product.pk) if basket else None


@register.filter
def day_chip(date: dt.date) -> str:
    """A day in one short word: Today, Tue; in Hebrew היום, יום ג׳."""
    if date == shop_date(timezone.now()):
        return _("Today")
    if get_language() == "en":
        return date_format(date, "D")
    letter = "אבגדהוש"[(date.weekday() + 1) % 7]
    return "שבת" if letter == "ש" else f"יום {letter}׳"
