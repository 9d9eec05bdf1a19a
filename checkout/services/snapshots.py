"""What was agreed on in step one, as step three needs it: at hand, or read again after a crash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from checkout.models import Reservation, ReservationLine
from orders.snapshots import LINE_COLUMNS, AgreedLine, AgreedSale


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """A reservation with its lines. `cart_seen` is when the basket had last been changed then."""

    reservation: Reservation
    lines: Sequence[AgreedLine]
    cart_seen: dt.datetime | None = None

    @property
    def ordered(self) -> dict[int, Decimal]:
        """Quantities by product."""
        return {line.product_id: line.quantity for line in self.lines}


def read_again(reservation: Reservation) -> Agreed:
    """The same from the tables. One query."""
    rows = ReservationLine.objects.filter(reservation=reservation).order_by("product_id")
    lines = [AgreedLine(**row) for row in rows.values(*LINE_COLUMNS.split(", "))]
    return Agreed(reservation=reservation, lines=lines)


def sale(agreed: Agreed) -> AgreedSale:
    """The order to be written."""
    reservation, details = agreed.reservation, agreed.reservation.details
    return AgreedSale(
        order_number=reservation.order_number,
        user_id=reservation.user_id,
        placed_by_id=details.get("placed_by"),
        cart_id=reservation.cart_id,
        payment_id=reservation.payment_id,
        branch_id=reservation.branch_id,
        fulfillment_type=reservation.fulfillment_type,
        dated_slot_id=reservation.dated_slot_id,
        due_at=dt.datetime.fromisoformat(details["due_at"]),
        subtotal=reservation.subtotal,
        discount_total=reservation.discount_total,
        delivery_fee=reservation.delivery_fee,
        fee_vat_rate=Decimal(details["fee_vat_rate"]),
        vat_total=reservation.vat_total,
        total=reservation.total,
        notes=details["notes"],
        business_name=details.get("business_name", ""),
        vat_id=details.get("vat_id", ""),
        delivery=details["delivery"],
        lines=agreed.lines,
        charges=details.get("charges", []),
    )
