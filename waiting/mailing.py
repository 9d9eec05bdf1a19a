"""What the message about an offer says, looked up when it is sent."""

from __future__ import annotations

from typing import Any

from core import clock
from notifications.errors import Obsolete
from waiting.models import State, WaitingEntry


def offer_context(*, entry_id: int) -> dict[str, Any]:
    """The window with the end of the offer, or the product. Raises Obsolete once it is over."""
    rows = WaitingEntry.objects.select_related("user", "product", "dated_slot__slot")
    row = rows.filter(pk=entry_id, state=State.OFFERED).first()
    if row is None or (row.offer_until is not None and row.offer_until <= clock.now()):
        raise Obsolete
    return {
        "awaited": row.product,
        "place": row.dated_slot,
        "offer_until": row.offer_until,
        "path": "/waiting/",
    }
