"""What the staff screens ask."""

from ops.selectors.orders import (
    Picking,
    PickLine,
    asked,
    items_in,
    lines_of,
    order_by_number,
    picking,
    timeline,
    totals_changed,
)
from ops.selectors.queue import (
    SORTS,
    QueueCounts,
    QueueFilter,
    QueueRow,
    counts,
    orders_queue,
    page_with_people,
    rows,
    waiting_outside,
)

__all__ = [
    "SORTS",
    "PickLine",
    "Picking",
    "QueueCounts",
    "QueueFilter",
    "QueueRow",
    "asked",
    "counts",
    "items_in",
    "lines_of",
    "order_by_number",
    "orders_queue",
    "page_with_people",
    "picking",
    "rows",
    "timeline",
    "totals_changed",
    "waiting_outside",
]
