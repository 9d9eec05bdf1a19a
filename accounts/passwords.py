"""Rules for passwords beyond those that come with Django."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext


class MaximumLengthValidator:
    """Refuse passwords so long that hashing them would be a way to keep the shop busy."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(
                self.get_help_text(),
                code="password_too_long",
                params={"max_length": self.max_length},
            )

    def get_help_text(self) -> str:
        return ngettext(
            "The password may have at most %(max_length)d character.",
            "The password may have at most %(max_length)d characters.",
            self.max_length,
        ) % {"max_length": self.max_length}
