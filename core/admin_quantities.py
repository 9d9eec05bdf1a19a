"""Quantities in Django admin as people read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from core.money import plain


class PlainQuantities:
    """Kilograms and units without the zeros that the column keeps: `67`, not `67.000`."""

    opts: Any

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self._plain(super().get_readonly_fields(request, obj))  # type: ignore[misc]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sets: Any = super().get_fieldsets(request, obj)  # type: ignore[misc]
        typed = self.has_change_permission(request, obj)  # type: ignore[attr-defined]
        shown = set(self.get_readonly_fields(request, obj)) if typed else None
        return [
            (title, {**options, "fields": self._plain(options["fields"], only=shown)})
            for title, options in sets
        ]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._plain(super().get_list_display(request))  # type: ignore[misc]

    def _plain(self, names: Sequence[Any], only: set[Any] | None = None) -> list[Any]:
        """The names, quantities replaced by what shows them; with `only`, these alone."""
        found: list[Any] = []
        for name in names:
            if isinstance(name, list | tuple):
                found.append(tuple(self._plain(name, only)))
                continue
            field = _field(self.opts, name)
            column = _quantity(field) if is_quantity(field) else name
            found.append(column if only is None or column in only else name)
        return found


def _field(opts: Any, name: Any) -> Any:
    try:
        return opts.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None


def is_quantity(field: Any) -> bool:
    return isinstance(field, models.DecimalField | forms.DecimalField) and field.decimal_places == 3


@cache
def _quantity(field: models.DecimalField) -> Callable[[Any], str]:
    """What shows a column of quantities; one for each, so that lists can tell them apart."""

    @admin.display(description=field.verbose_name, ordering=field.name)
    def shown(row: Any) -> str:
        return plain_quantity(getattr(row, field.name))

    return shown


def plain_quantity(value: Any) -> Any:
    """A quantity without trailing zeros; anything else as it is, `–` for nothing."""
    if value is None:
        return "–"
    return plain(value) if isinstance(value, Decimal) else value
