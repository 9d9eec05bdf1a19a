"""Numbers as people and programs write them: plain digits 0–9, one sign, one point.

Python's own readers take underscores (`1_000`), digits of other scripts and powers of ten as well:
what looks like one number to a person would be kept as another.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")
WITH_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+\Z")


def is_plain(text: str) -> bool:
    """Whether `text` is a number in plain digits."""
    return bool(PLAIN.match(text))


def with_point(text: str) -> str:
    """A typed number with a decimal comma, as half of the world writes it, with a point."""
    text = text.strip()
    return text.replace(",", ".") if WITH_COMMA.match(text) else text


class NumberField(forms.DecimalField):
    """A number in a form. A decimal comma is read, too."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(_plain(self, value))


class WholeNumberField(forms.IntegerField):
    """A whole number in a form."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(_plain(self, value))


def _plain(field: forms.Field, value: Any) -> Any:
    """The text a person typed, ready for Django's reader. Raises ValidationError."""
    if not isinstance(value, str) or value in field.empty_values:
        return value
    text = with_point(value)
    if text and not is_plain(text):
        raise ValidationError(field.error_messages["invalid"], code="invalid")
    return text
