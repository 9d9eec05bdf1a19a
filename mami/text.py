"""What people may type into the shop's text fields."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# C0/C1 controls without tab and line feeds, and the marks that reorder what a reader sees.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def validate_text(value: str) -> None:
    """Raise ValidationError when `value` holds control characters or direction overrides."""
    if FORBIDDEN.search(value):
        raise ValidationError(
            _("This text contains invisible control characters; please type it again."),
            code="control_characters",
        )
