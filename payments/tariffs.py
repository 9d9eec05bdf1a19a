"""What a provider keeps of each charge, as agreed with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from core.money import shekels


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """A share of what is charged, in percent, and ₪ for each charge. Refunds give no fee back."""

    percent: Decimal
    fixed: Decimal

    def fee(self, *, amount: Decimal, charges: int) -> Decimal:
        """The fee of `charges` charges of `amount` ₪ together."""
        return shekels(amount * self.percent / 100 + self.fixed * charges)


def tariff_of(provider: str) -> Tariff:
    """The tariff of a provider; free where none is known."""
    percent, fixed = settings.PAYMENT_TARIFFS.get(provider, ("0", "0"))
    return Tariff(percent=Decimal(percent), fixed=Decimal(fixed))
