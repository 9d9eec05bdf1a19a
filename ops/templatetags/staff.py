"""Words and figures of the staff screens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.templatetags.shop import number
from ops.forms import REASONS
from orders.models import OrderStatus, PickedStatus

register = template.Library()

STATUS_LOOK = {
    OrderStatus.CREATED: "",
    OrderStatus.IN_PROGRESS: "info",
    OrderStatus.READY: "good",
    OrderStatus.OUT_FOR_DELIVERY: "info",
    OrderStatus.DELIVERED: "good",
    OrderStatus.CANCELED: "",
    OrderStatus.DELAYED: "warn",
    OrderStatus.MISSING: "bad",
}
PICKED_LOOK = {PickedStatus.PENDING: "", PickedStatus.PICKED: "good", PickedStatus.MISSING: "bad"}
DAY = 24 * 60


@register.filter
def due_words(minutes: int) -> str:
    """How far away a window is: `26 min late`, `in 26 min`, `in 5 h`, `in 3 days`."""
    if minutes < 0:
        return _("%(time)s late") % {"time": _length(-minutes)}
    return _("in %(time)s") % {"time": _length(minutes)}


def _length(minutes: int) -> str:
    if minutes < 120:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 2 * DAY:
        return _("%(n)s h") % {"n": minutes // 60}
    days = minutes // DAY
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.simple_tag
def status_badge(order: Any) -> SafeString:
    """The status of an order as a word on its colour."""
    return format_html(
        '<span class="badge {}">{}</span>',
        STATUS_LOOK.get(order.status, ""),
        order.get_status_display(),
    )


@register.simple_tag
def picked_badge(item: Any) -> SafeString:
    """What became of a line."""
    return format_html(
        '<span class="badge {}">{}</span>',
        PICKED_LOOK.get(item.picked_status, ""),
        item.get_picked_status_display(),
    )


@register.simple_tag
def amount(quantity: Decimal | None, item: Any) -> SafeString | str:
    """`× 4`, or `× 1.2 kg` for goods sold by weight."""
    if quantity is None:
        return ""
    text = number(quantity)
    if item.sold_by == "WEIGHT":
        text = _("%(amount)s kg") % {"amount": text}
    return format_html('<bdi dir="ltr">× {}</bdi>', text)


@register.filter
def initial(person: Any) -> str:
    """The letter on a person's round mark."""
    return (str(person).strip() or "?")[0].upper()


@register.filter
def first_name(person: Any) -> str:
    words = str(person).split()
    return words[0] if words else str(person)


@register.filter
def reason_words(code: str) -> Any:
    """Why a line is missing, in words; what was written freely stays as it is."""
    return REASONS.get(code, code)
