"""Standing orders in words: the rule as a sentence, a date, a line."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from branches.selectors import SlotChoice
from cart.models import Substitution
from catalog.templatetags.shop import day, money_text, qty
from core.bidi import left_to_right
from standing.forms import DAYS
from standing.models import Cadence, StandingOrder
from standing.pricing import StandingLine
from standing.selectors import OccurrenceView
from standing.status import State

register = template.Library()


@register.simple_tag
def rule(row: StandingOrder) -> str:
    """“Every week on Tuesday, from 16:00.”"""
    names = dict(DAYS)
    days = ", ".join(str(names[number]) for number in row.weekdays)
    sentence = {
        Cadence.WEEKLY: _("Every week on %(days)s"),
        Cadence.BIWEEKLY: _("Every two weeks on %(days)s"),
        Cadence.MONTHLY: _("Once a month on %(days)s"),
        Cadence.WEEKDAYS: _("Every %(days)s"),
    }[Cadence(row.cadence)] % {"days": days}
    if row.start_time is None:
        return f"{sentence}."
    time = left_to_right(f"{row.start_time:%H:%M}")
    return _("%(sentence)s, from %(time)s.") % {"sentence": sentence, "time": time}


@register.simple_tag
def standing_name(row: StandingOrder) -> str:
    """Its name, or what it is."""
    return row.name or _("Standing order")


@register.simple_tag
def date_words(view: OccurrenceView) -> str:
    """What is the matter with a date, in a few words."""
    if view.row.state == State.PLANNED:
        return _("changed for this once") if view.row.is_edited else _("as usual")
    if view.row.state in (State.DRAFT, State.ASKED, State.PLACED):
        return _("%(n)s products, at most %(sum)s") % {
            "n": len(view.basket.bought),
            "sum": money_text(view.basket.total),
        }
    return str(view.row.get_state_display())


@register.simple_tag
def window_words(choice: SlotChoice) -> str:
    """A window in a list to choose from, where no element can isolate its hours."""
    hours = left_to_right(f"{choice.start_time:%H:%M}–{choice.end_time:%H:%M}")
    return f"{day(choice.date)}, {hours}"


@register.simple_tag
def way_words(substitution: str) -> str:
    """What to do when a product runs out."""
    return str(dict(Substitution.choices).get(substitution, ""))


@register.simple_tag
def line_words(line: StandingLine) -> str:
    """Why less of a line comes than was wanted."""
    told: dict[str, Any] = {
        "NO_LONGER_SOLD": _("We no longer sell it."),
        "OUT_OF_STOCK": _("It is sold out."),
    }
    if line.notice == "LESS_AVAILABLE":
        return _("Only %(put)s is left; we put that.") % {"put": qty(line.quantity, line.product)}
    return str(told.get(line.notice or "", ""))


@register.simple_tag
def change_words(line: StandingLine) -> str:
    """What is not as usual with a line: less of it, none, or another price, in plain text."""
    if line.notice in ("PRICE_UP", "PRICE_DOWN"):
        return _("%(now)s, was %(before)s") % {
            "now": left_to_right(money_text(line.unit_price)),
            "before": left_to_right(money_text(line.reference_price)),
        }
    return line_words(line)
