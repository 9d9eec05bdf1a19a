"""How each kind of value is read and written, the same in every call."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.days import FIRST, LAST, NOT_OURS
from core.money import shekels
from core.numbers import is_plain
from core.text import sought, validate_text

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


class PlainDigits:
    """Reads a number sent as text only where it stands there in plain digits."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not is_plain(data.strip()):
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class Whole(PlainDigits, serializers.IntegerField):
    """A whole number."""


class Id(Whole):
    """The number of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


@extend_schema_field({"type": "string", "pattern": r"^-?\d{1,10}\.\d{2}$", "example": "12.90"})
class Money(PlainDigits, serializers.DecimalField):
    """₪ with two digits, written as a string. Read from a string or a number."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal(0))
        super().__init__(max_digits=12, decimal_places=2, **options)

    def to_representation(self, value: Any) -> str:
        return str(money(Decimal(value)))


@extend_schema_field({"type": "number", "example": 2})
class Quantity(PlainDigits, serializers.DecimalField):
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
        value = unicodedata.normalize("NFC", super().to_internal_value(data))
        return value if self.lines else " ".join(value.split())


class Sought(Text):
    """What something is looked for by: marks that nobody sees in it count for nothing."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str):
            if self.max_length is not None and len(data) > self.max_length:
                self.fail("max_length", max_length=self.max_length)
            data = sought(data)
            if not data and not self.allow_blank:
                self.fail("blank")
        return super().to_internal_value(data)


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

    def to_internal_value(self, value: Any) -> dt.time:
        if isinstance(value, str) and not value.isascii():  # digits of other scripts
            self.fail("invalid", format="hh:mm")
        return super().to_internal_value(value)


class Day(serializers.DateField):
    """A date that a shop can mean; others would overflow the calendar."""

    def to_internal_value(self, value: Any) -> dt.date:
        if isinstance(value, str) and not value.isascii():  # digits of other scripts
            self.fail("invalid", format="YYYY-MM-DD")
        day: dt.date = super().to_internal_value(value)
        if not FIRST <= day <= LAST:
            raise serializers.ValidationError(NOT_OURS)
        return day
