"""The row lock of a request; the stock it changes is locked after it."""

from __future__ import annotations

from core.errors import NotFound
from stockrequests.models import StockRequest


def lock_request(*, request_id: int) -> StockRequest:
    """The request, locked until the transaction ends. Raises NotFound."""
    found = (
        StockRequest.objects.select_for_update(of=("self",))
        .select_related("product", "branch", "reviewed_by")
        .filter(pk=request_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found
