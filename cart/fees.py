"""What delivery costs: the one rule for basket, preview and order."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from branches.areas import AreaTerms
from core.money import ZERO


def free_delivery_from() -> Decimal:
    """Goods worth this much or more, after discounts, are delivered free (₪)."""
    return Decimal(settings.FREE_DELIVERY_FROM)


def usual_fee() -> Decimal:
    """The fee of a window that names none of its own (₪)."""
    return Decimal(settings.DELIVERY_FEE)


def delivery_fee(*, goods: Decimal, base_fee: Decimal, area: AreaTerms | None = None) -> Decimal:
    """The fee for goods worth `goods` (₪ after discounts) in a window whose fee is `base_fee`.

    An area has its own fee and threshold, where it names them.
    """
    fee = base_fee if area is None else area.window_fee(base_fee)
    return ZERO if goods >= _threshold(area) else fee


def free_delivery_gap(*, goods: Decimal, area: AreaTerms | None = None) -> Decimal:
    """How much more must be in the basket for free delivery (₪); 0.00 when it is."""
    return max(ZERO, _threshold(area) - goods)


def _threshold(area: AreaTerms | None) -> Decimal:
    if area is None or area.free_from is None:
        return free_delivery_from()
    return area.free_from
