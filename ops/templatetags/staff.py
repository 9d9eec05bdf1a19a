"""Words and figures of the staff screens."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.choices import SoldBy
from catalog.shelf_view import Pages
from catalog.templatetags.shop import clock_range, number, shop_time, weekday_date
from core.clock import SHOP_TZ
from ops.forms import REASONS
from orders.line_changes import paid
from orders.models import Order, OrderItem, OrderStatus, PickedStatus

register = template.Library()


@register.filter
def pages(page: Page[Any]) -> Pages:
    """Which pages there are around the one shown, for `components/pager.html`."""
    return Pages(number=page.number, count=page.paginator.num_pages)


@register.filter
def cost_now(item: OrderItem) -> Decimal:
    """What a line costs (₪): as it was agreed, and once it is answered, what is packed of it."""
    if item.picked_status == PickedStatus.PENDING:
        return item.line_total - item.discount
    return paid(item)


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


@register.filter
def printed_date(date: dt.date) -> str:
    """A date on paper, which is read on another day: `Wed 2 Dec 2026`, `יום ד׳ 2.12.2026`."""
    between = " " if get_language() == "en" else "."
    return f"{weekday_date(date)}{between}{date.year}"


@register.filter
def printed_when(order: Order) -> SafeString:
    """When an order is due, on paper: its date with its window, or with its hour where it has none."""
    due = order.due_at.astimezone(SHOP_TZ)
    if order.dated_slot is None:
        return format_html("{}, {}", printed_date(due.date()), shop_time(order.due_at))
    dated = order.dated_slot
    window = clock_range(dated.slot.start_time, dated.slot.end_time)
    return format_html("{}, {}", printed_date(dated.date), window)


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
    if item.sold_by == SoldBy.WEIGHT:
        text = _("%(amount)s kg") % {"amount": text}
    return format_html('<bdi dir="ltr">× {}</bdi>', text)


@register.simple_tag
def found_of(item: Any) -> SafeString:
    """What was found of what was ordered, units or kg: `3 / 4`, `– / 1.2` before anybody looked."""
    found = "–" if item.picked_status == PickedStatus.PENDING else number(item.packed)
    return format_html('<bdi class="num" dir="ltr">{} / {}</bdi>', found, number(item.quantity))


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


@register.filter
def plain_number(quantity: Decimal) -> str:
    """`0.75`, `2`: as few digits as it needs."""
    return f"{quantity.normalize():f}"


@register.filter
def part_name(part: Any) -> str:
    """What a part of a refund is for."""
    name = part.item.name if part.item else ""
    if part.kind == "FEE":
        return _("Delivery fee")
    if part.kind == "BAG":
        return _("Carrier bags")
    return _("Deposit: %(name)s") % {"name": name} if part.kind == "DEPOSIT" else name


@register.filter
def typed(form: Any, name: str) -> str:
    """What was typed into a field of a form that came back."""
    return str(form.data.get(name, ""))
