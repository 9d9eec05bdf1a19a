"""What delivery costs: the one rule for basket, preview and order."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from core.money import ZERO


def free_delivery_from() -> Decimal:
    """Goods worth this much or more, after discounts, are delivered free (₪)."""
    return Decimal(settings.FREE_DELIVERY_FROM)


def usual_fee() -> Decimal:
    """The fee of a window that names none of its own (₪)."""
    return Decimal(settings.DELIVERY_FEE)


def delivery_fee(*, goods: Decimal, base_fee: Decimal) -> Decimal:
    """The fee for goods worth `goods` (₪ after discounts) in a window whose fee is `base_fee`."""
    return ZERO if goods >= free_delivery_from() else base_fee


def free_delivery_gap(*, goods: Decimal) -> Decimal:
    """How much more must be in the basket for free delivery (₪); 0.00 when it is."""
    return max(ZERO, free_delivery_from() - goods)
