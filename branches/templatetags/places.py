"""What templates ask about the places we deliver to."""

from __future__ import annotations

from django import template

from branches import areas, contact
from branches.area_models import Locality
from branches.calendar.days import Coming
from core import clock

register = template.Library()
LISTED = 60


@register.simple_tag
def served_places() -> list[Locality]:
    """The largest places we deliver to, for a list that completes without a script. One query."""
    return areas.localities(limit=LISTED)


@register.simple_tag
def delivery_contact() -> contact.Contact:
    """Phone and usual hours of where deliveries leave from."""
    return contact.contact()


@register.simple_tag
def coming_rest() -> Coming | None:
    """Shabbat or a holiday that is on, or begins within three days, where deliveries leave from."""
    return contact.contact().rest(now=clock.now())
