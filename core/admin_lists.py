"""Lists of the office: filters whose values stand in an address."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from core.clock import shop_instant
from core.days import read_day


class DaysFilter(admin.SimpleListFilter):
    """`?day=2026-11-25` or `?day=2026-11-20..2026-11-26` by the shop's clock, as the office's
    figures link; subclasses name the `column`."""

    title = gettext_lazy("day")
    parameter_name = "day"
    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The days asked for, so that they can be seen and taken away."""
        day = request.GET.get("day")
        return [(day, day)] if day else []

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = self.used_parameters.get("day")
        if value is None:
            return queryset
        first, _dots, last = str(value).partition("..")
        try:
            start = shop_instant(read_day(first), dt.time(0))
            end = shop_instant(read_day(last or first) + dt.timedelta(days=1), dt.time(0))
        except ValueError:
            return queryset.none()
        return queryset.filter(**{f"{self.column}__gte": start, f"{self.column}__lt": end})


def titled(field: str, title: Any) -> tuple[str, type[admin.FieldListFilter]]:
    """A filter by `field` under a title in the reader's language, where the field has no such name."""

    class Titled(admin.FieldListFilter):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            made = admin.FieldListFilter.create(*args, **kwargs)
            made.title = title
            return made

    return field, Titled


class Rows(ChangeList):
    """A list whose filters stand in its address, where anybody can write anything.

    What the database cannot take is an incorrect filter: the list comes back without it.
    """

    def get_filters_params(self, params: Any = None) -> Any:
        """A bare day in an address means the shop's midnight, not a moment without a zone."""
        found = super().get_filters_params(params)
        instants = {
            field.name
            for field in self.lookup_opts.fields
            if isinstance(field, models.DateTimeField)
        }
        for lookup, values in found.items():
            if lookup.partition("__")[0] in instants:
                found[lookup] = [_instants(value) for value in values]
        return found

    def get_ordering_field(self, field_name: Any) -> Any:
        """None for a column that the list does not offer to sort by, also where the address says so."""
        refused = self.sortable_by is not None and field_name not in self.sortable_by
        return None if refused else super().get_ordering_field(field_name)

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (DataError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error


def _instants(text: str) -> str:
    return ",".join(_instant(part) for part in text.split(","))


def _instant(text: str) -> str:
    """A day or a time without a zone as the shop's; anything else as it is."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if found.tzinfo:
        return text
    try:
        return shop_instant(found.date(), found.time()).isoformat()
    except OverflowError:  # the first day of all, which begins a year earlier in UTC
        return found.replace(tzinfo=dt.UTC).isoformat()
