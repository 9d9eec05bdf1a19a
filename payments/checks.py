"""Whether the shop is set up to take money, asked at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from payments.providers import ADAPTERS


@checks.register
def provider_is_set_up(**_: Any) -> list[checks.CheckMessage]:
    """The provider must exist and have its key; which one may take money is runtime.production's."""
    name = settings.PAYMENT_PROVIDER
    if name not in ADAPTERS:
        return [
            checks.Error(
                f"PAYMENT_PROVIDER is {name!r}, which is none of {', '.join(sorted(ADAPTERS))}.",
                id="payments.E001",
            )
        ]
    if name == "stripe" and not settings.STRIPE_SECRET_KEY:
        return [
            checks.Error(
                "PAYMENT_PROVIDER is stripe, but STRIPE_SECRET_KEY is not set.", id="payments.E002"
            )
        ]
    return []
