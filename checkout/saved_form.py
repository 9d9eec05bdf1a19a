"""What was typed at checkout, kept while its owner signs in or is at the bank. Never a card."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from checkout.forms import REMEMBERED
from core import kept_forms


def keep(request: HttpRequest) -> None:
    """Remember what was typed, for the person that the form was made for."""
    kept_forms.keep(request, page=reverse("checkout:page"))


def recall(request: HttpRequest) -> dict[str, str]:
    """Give back to this person what they typed, once."""
    kept = kept_forms.recall(request, page=reverse("checkout:page"))
    return {name: value for name, value in kept.items() if name in REMEMBERED}
