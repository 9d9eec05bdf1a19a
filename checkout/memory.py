"""What a visitor typed at checkout, kept while they sign in. Never a card."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from checkout.forms import REMEMBERED

KEY = "checkout_typed"


def keep(request: HttpRequest) -> None:
    """Remember what was typed."""
    request.session[KEY] = {
        name: request.POST[name][:500] for name in REMEMBERED if request.POST.get(name)
    }


def recall(request: HttpRequest) -> dict[str, Any]:
    """Give back what was typed, once."""
    typed: dict[str, Any] = request.session.pop(KEY, None) or {}
    return typed
