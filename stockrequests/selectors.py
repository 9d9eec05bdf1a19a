"""What pages and endpoints ask about stock requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from accounts.models import User
from inventory.selectors import on_hand_of
from stockrequests.models import StockRequest

MANY_TIMES = 10


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """A request beside the stock as it stands now; quantities in units or kg."""

    request: StockRequest
    current_quantity: Decimal

    @property
    def after(self) -> Decimal:
        """What would stand on the shelf if it were approved as asked."""
        if self.request.request_type == StockRequest.Type.ADD_QUANTITY:
            return self.current_quantity + self.request.quantity
        return self.request.quantity

    @property
    def change(self) -> Decimal:
        return self.after - self.current_quantity

    @property
    def is_stale(self) -> bool:
        """The shelf's count moved since the request was made."""
        return self.current_quantity != self.request.quantity_seen

    @property
    def is_large(self) -> bool:
        """Ten times what was there, or a tenth: likely a slip of the finger."""
        low, high = sorted((self.current_quantity, self.after))
        return high >= MANY_TIMES and high >= MANY_TIMES * low


def own_requests(*, actor: User) -> QuerySet[StockRequest]:
    """The actor's own requests, newest first."""
    return _with_names(StockRequest.objects.filter(requested_by=actor))


def requests_to_review(
    *, status: str = StockRequest.Status.PENDING, branch_id: int | None = None
) -> QuerySet[StockRequest]:
    """Requests of all, newest first; an empty `status` lists every one."""
    found = StockRequest.objects.all()
    if status:
        found = found.filter(status=status)
    if branch_id is not None:
        found = found.filter(branch_id=branch_id)
    return _with_names(found)


def review_rows(*, requests: Iterable[StockRequest]) -> list[ReviewRow]:
    """The requests with today's count of what they are about. One query."""
    found = list(requests)
    counts = on_hand_of(pairs={(one.branch_id, one.product_id) for one in found})
    return [
        ReviewRow(
            request=one,
            current_quantity=counts.get((one.branch_id, one.product_id), Decimal(0)),
        )
        for one in found
    ]


def pending_count() -> int:
    """How many requests wait for a decision. One query."""
    return StockRequest.objects.filter(status=StockRequest.Status.PENDING).count()


def _with_names(requests: QuerySet[StockRequest]) -> QuerySet[StockRequest]:
    return requests.select_related("product", "branch", "requested_by", "reviewed_by").order_by(
        "-created_at", "-id"
    )
