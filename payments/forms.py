"""The form that adds a saved card."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from mami.text import validate_text

SANDBOX_CARDS = [
    ("tok_visa", _("Test card Visa")),
    ("tok_mastercard", _("Test card Mastercard")),
    ("tok_declined", _("Test card that is declined")),
    ("tok_slow", _("Test card of a slow bank")),
    ("tok_timeout", _("Test card whose answer gets lost")),
    ("tok_unreachable", _("Test card of a bank that cannot be reached")),
    ("tok_3ds", _("Test card whose bank asks you to confirm")),
]


class CardForm(forms.Form):
    """A card token of the active provider; card numbers are typed at the provider, never here."""

    token = forms.CharField(label=_("Card"), max_length=200, validators=[validate_text])
