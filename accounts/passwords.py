"""Rules for passwords beyond those that come with Django."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from zxcvbn import zxcvbn

from accounts.models import STAFF_ROLES
from accounts.password_words import own_words

# More tries than a thief of the table makes at one account: zxcvbn's score 3.
FEWEST_GUESSES = 10**8
READ_CHARACTERS = 72
"""zxcvbn refuses longer texts; the beginning of one says enough."""


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


class StaffLengthValidator:
    """Who sees other people's orders needs a longer one."""

    def __init__(self, min_length: int = 12) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        if getattr(user, "role", None) in STAFF_ROLES and len(password) < self.min_length:
            raise ValidationError(self.get_help_text(), code="password_too_short_for_staff")

    def get_help_text(self) -> str:
        return _("People who work here need a password of at least %(length)d characters.") % {
            "length": self.min_length
        }


class GuessableValidator:
    """Refuse what a guesser tries early, however many kinds of characters it mixes."""

    def validate(self, password: str, user: Any = None) -> None:
        if not password:
            return
        words = [*own_words(), *_words_of(user)]
        found = zxcvbn(password[:READ_CHARACTERS], user_inputs=words)
        if found["guesses"] < FEWEST_GUESSES:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        return _(
            "This password is easy to guess. Take three or four words that do not belong together."
        )


def _words_of(user: Any) -> list[str]:
    """The person's own words: parts of name and e-mail."""
    text = " ".join(str(getattr(user, field, "") or "") for field in ("full_name", "email"))
    return [word for word in re.split(r"[\W_]+", text.lower()) if len(word) > 1]
