"""Row locks of checkout: key and reservation come before everything else, the basket next."""

from __future__ import annotations

from checkout.models import Reservation


def lock_reservation(*, reservation_id: int) -> Reservation:
    """The reservation with its key, both locked, in one statement."""
    return (
        Reservation.objects.select_for_update(of=("self",))
        .select_related("key", "user")
        .get(pk=reservation_id)
    )
