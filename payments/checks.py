"""Whether the shop is set up to take money, asked at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from payments.providers import ADAPTERS


@checks.register
def provider_is_set_up(**_: Any) -> list[checks.CheckMessage]:
    """The provider must exist and have its keys; the sandbox is for demonstrations."""
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
    if name == "stripe" and not settings.STRIPE_WEBHOOK_SECRET:
        return [
            checks.Warning(
                "Without STRIPE_WEBHOOK_SECRET the shop hears of changes at Stripe hours late.",
                id="payments.W001",
            )
        ]
    if name == "sandbox" and not (settings.DEBUG or settings.MAMI_DEMO):
        return [
            checks.Warning(
                "The payment provider is the sandbox: anybody can order, and no money moves.",
                hint="Set STRIPE_SECRET_KEY, or MAMI_DEMO=1 where that is meant.",
                id="payments.W002",
            )
        ]
    return []
