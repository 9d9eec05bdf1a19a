"""Which amounts of a product are sold: whole steps, from one step to 999."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MAX_QUANTITY = Decimal(999)


def is_allowed(quantity: Decimal, *, step: Decimal) -> bool:
    """Whether `quantity` (units or kg) can be bought of a product sold in steps of `step`."""
    return quantity.is_finite() and step <= quantity <= MAX_QUANTITY and not quantity % step


def nearest_allowed(quantity: Decimal, *, step: Decimal) -> Decimal | None:
    """The amount that is sold and nearest to `quantity`, halves upwards; None where it is itself."""
    if is_allowed(quantity, step=step):
        return None
    steps = (quantity / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    most = (MAX_QUANTITY / step).to_integral_value(rounding="ROUND_DOWN")
    return max(Decimal(1), min(steps, most)) * step
