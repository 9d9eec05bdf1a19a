"""How each kind of value is read and written, the same in every call."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mami.money import shekels
from mami.text import validate_text

LARGEST_ID = 2**63 - 1


def money(amount: Decimal | None) -> str | None:
    """`"12.90"`."""
    return None if amount is None else str(shekels(amount))


def number(amount: Decimal | None) -> int | float | None:
    """A quantity: whole where it is whole, else up to three decimals."""
    if amount is None:
        return None
    whole = int(amount)
    return whole if amount == whole else round(float(amount), 3)


def instant(moment: dt.datetime | None) -> str | None:
    """ISO 8601 UTC with `Z`, in milliseconds."""
    if moment is None:
        return None
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of_day(time: dt.time | None) -> str | None:
    return None if time is None else f"{time:%H:%M}"


class Id(serializers.IntegerField):
    """The number of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


@extend_schema_field({"type": "string", "pattern": r"^-?\d{1,10}\.\d{2}$", "example": "12.90"})
class Money(serializers.DecimalField):
    """₪ with two digits, written as a string. Read from a string or a number."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal(0))
        super().__init__(max_digits=12, decimal_places=2, **options)

    def to_representation(self, value: Any) -> str:
        return str(money(Decimal(value)))


@extend_schema_field({"type": "number", "example": 2})
class Quantity(serializers.DecimalField):
    """Units, or kg to the gram; a JSON number."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 12)
        super().__init__(decimal_places=3, **options)

    def to_representation(self, value: Any) -> Any:
        return number(Decimal(value))


class Text(serializers.CharField):
    """One line (or, with `lines=True`, several) of what people type."""

    def __init__(self, *, lines: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.lines = lines
        self.validators.append(validate_text)

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        return value if self.lines else " ".join(value.split())


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field):
    """An instant of an answer."""

    def to_representation(self, value: dt.datetime) -> str:
        return str(instant(value))


@extend_schema_field({"type": "string", "pattern": r"^\d{2}:\d{2}$", "example": "18:00"})
class TimeOfDay(serializers.TimeField):
    """`HH:MM` by the shop's clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%H:%M", "%H:%M:%S"], format="%H:%M", **options)


class ErrorBody(serializers.Serializer[Any]):
    """The inside of every failure."""

    code = serializers.CharField()
    message = serializers.CharField(help_text="For people, in the language asked for.")
    details = serializers.DictField()


class Failure(serializers.Serializer[Any]):
    error = ErrorBody()


class Day(serializers.DateField):
    """A date that a shop can mean; others would overflow the calendar."""

    FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)

    def to_internal_value(self, value: Any) -> dt.date:
        day = super().to_internal_value(value)
        if not self.FIRST <= day <= self.LAST:
            raise serializers.ValidationError(_("That date is not in our calendar."))
        return day
