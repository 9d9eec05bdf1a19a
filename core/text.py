"""What people may type into the shop's text fields."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# C0/C1 controls without tab and line feeds, and the marks that reorder what a reader sees.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Letters by their category, blank by their look: Hangul fillers and an empty Braille cell.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
MARKS = frozenset({"Mn", "Me"})  # they show on a letter, and on nothing alone
# What is pasted with a text and seen by nobody: soft hyphens, marks of direction, joiners.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
SPACES = re.compile(r"[^\S\n]+")


def validate_text(value: str) -> None:
    """Raise ValidationError when `value` holds control characters or direction overrides, or is
    something that shows nothing at all.
    """
    if FORBIDDEN.search(value):
        raise ValidationError(
            _("This text contains invisible control characters; please type it again."),
            code="control_characters",
        )
    if value and not shows(value):
        raise ValidationError(
            _("This text has nothing that can be seen; please type it again."), code="unseen"
        )


class TextField(forms.CharField):
    """Words of their own that people type into a form."""

    default_validators = [validate_text]


def sought(text: str) -> str:
    """As it is looked for: what nobody sees in it counts for nothing, nor do blanks around it."""
    return INVISIBLE.sub("", text).strip()


class SoughtField(forms.CharField):
    """A text, number or code that something is looked for by: typed, pasted or scanned."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if self.max_length is not None and len(text) > self.max_length:
            return text  # too long as it came, whatever of it can be seen
        return sought(text)


def is_odd(text: str) -> bool:
    """Holds a NUL, or a surrogate: bytes that were no UTF-8."""
    return any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in text)


def sent_text(query_string: str) -> str:
    """The query of an address as the server hands it over, with its escapes; bytes that are no UTF-8
    are surrogates.
    """
    return query_string.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def validate_name(value: str) -> None:
    """Raise ValidationError when `value` cannot name a thing: two names that look the same must be
    the same, so nothing invisible stands in one, and a letter or digit does.
    """
    hidden = [c for c in value if c in BLANKS or unicodedata.category(c) in UNSEEN - {"Zs"}]
    if hidden:
        raise ValidationError(
            _("This name contains an invisible character (%(code)s); please type it again."),
            code="invisible",
            params={"code": f"U+{ord(hidden[0]):04X}"},
        )
    if value and not any(c.isalnum() for c in value):
        raise ValidationError(_("A name needs a letter or a digit."), code="unseen")


def shows(text: str) -> bool:
    """Whether a reader sees anything of it."""
    return any(
        c not in BLANKS and (kind := unicodedata.category(c)) not in UNSEEN and kind not in MARKS
        for c in text
    )


def tidy(text: str) -> str:
    """As it is kept: composed letters (NFC), runs of blanks as one, none around; lines stay."""
    return SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
