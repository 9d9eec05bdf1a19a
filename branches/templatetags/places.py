"""What templates ask about the places we deliver to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from branches import areas, contact, selectors
from branches.area_models import Locality
from branches.calendar.days import Coming
from branches.models import DAY_NAMES
from core import clock
from core.clock import day_of_week, shop_date

register = template.Library()


@register.simple_tag
def served_places() -> list[Locality]:
    """The largest places we deliver to, for a list that completes without a script. One query."""
    return areas.localities(limit=areas.LISTED)


@register.simple_tag
def delivery_contact() -> contact.Contact:
    """Phone and usual hours of where deliveries leave from."""
    return contact.contact()


@register.simple_tag
def open_today() -> list[tuple[dt.datetime, dt.datetime]] | None:
    """When it is open on this date where deliveries leave from; None where no hours are told."""
    return contact.contact().open_today(now=clock.now())


@register.simple_tag
def coming_rest() -> Coming | None:
    """Shabbat or a holiday that is on, or begins within three days, where deliveries leave from."""
    return contact.contact().rest(now=clock.now())


@register.simple_tag
def first_open(windows: Iterable[Any]) -> Any:
    """The first open one of a row of windows as a basket sees them."""
    return next((window.choice for window in windows if window.is_open), None)


@register.filter
def day_within(date: dt.date) -> str:
    """A day inside a sentence: today, tomorrow, else the day of the week."""
    ahead = (date - shop_date(clock.now())).days
    if ahead in (0, 1):
        return str(_("tomorrow") if ahead else _("today"))
    return str(DAY_NAMES[day_of_week(date)])


@register.simple_tag
def active_branch_names() -> str:
    """Where an order can be picked up, in one line. One query."""
    return ", ".join(branch.name for branch in selectors.active_branches())


@dataclass(frozen=True, kw_only=True)
class ShownTerms:
    """Fee and threshold of an area (₪), the shop's own where it names none."""

    fee: Decimal
    free_from: Decimal


@register.simple_tag
def terms(area: Any) -> ShownTerms:
    """What delivery to an area costs."""
    fee = Decimal(settings.DELIVERY_FEE) if area.fee is None else area.fee
    free_from = Decimal(settings.FREE_DELIVERY_FROM) if area.free_from is None else area.free_from
    return ShownTerms(fee=fee, free_from=free_from)
