"""What must be true of the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q

from catalog.models import Category
from core.invariants import Finding, Rule


def open_below_open(as_of: dt.datetime | None) -> Iterator[Finding]:
    """A category is open when it is active and the one above is open."""
    above = Q(parent__isnull=True) | Q(parent__is_open=True)
    should = Category.objects.filter(above, is_active=True).values("pk")
    wrong = Category.objects.filter(
        Q(is_open=True) & ~Q(pk__in=should) | Q(is_open=False) & Q(pk__in=should)
    )
    for category in wrong.order_by("pk"):
        said, meant = ("open", "closed") if category.is_open else ("closed", "open")
        yield Finding(
            what=f"category {category.pk} says it is {said}, by those above it is {meant}",
            repair=f"save category {category.pk} in the office: that marks it and all below it",
        )


RULES = [Rule(name="hidden above = hidden below", check=open_below_open)]
