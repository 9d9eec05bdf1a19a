"""docs/order-status.md: the status machine of an order as its table and conditions have it."""

from __future__ import annotations

from collections.abc import Iterator

from orders.models import FulfillmentType, Order, OrderStatus, PickedStatus
from orders.status import (
    EMPLOYEE_MOVES,
    FINAL,
    MANAGER_MOVES,
    blocked_by_kind,
    blocked_by_lines,
    ends_when_it_left,
    leaves_the_shop,
    needs_to_have_been_ready,
    needs_to_have_left,
)

INTRODUCTION = """\
# The status of an order

Made from `orders/status.py` by `make docs`; do not edit. A manager may do all that an
employee may. A line that was replaced counts as picked.

"""
WORDS = {
    "NOT_DELIVERY": "deliveries only",
    "NOT_PICKUP": "from here pickups only",
    "ITEMS_PENDING": "no line still to pick",
    "ITEMS_MISSING": "no line missing",
    "NO_ITEM_MISSING": "a line missing",
    "NEVER_READY": "it had been ready",
    "NEVER_LEFT": "it had left",
    "HAS_LEFT": "it had not left; its money is held, or none is due",
    "NOT_HELD": "its money is held, or none is due",
    "NOT_CHARGED": "its money was taken first, or none is due",
}


def page() -> str:
    """The drawing (Mermaid) and the table."""
    moves = list(_moves())
    drawing = ["```mermaid", "stateDiagram-v2", f"    [*] --> {OrderStatus.CREATED}"]
    drawing += [f"    {old} --> {new} : {who}" for old, new, who, _ in moves]
    drawing += [f"    {end} --> [*]" for end in OrderStatus.values if end in FINAL]
    table = ["| from | to | who | only if |", "|---|---|---|---|"]
    table += [f"| {old} | {new} | {who} | {', '.join(why)} |" for old, new, who, why in moves]
    return INTRODUCTION + "\n".join([*drawing, "```", "", *table]) + "\n"


def _moves() -> Iterator[tuple[str, str, str, list[str]]]:
    for old in OrderStatus.values:
        for new in MANAGER_MOVES.get(old, ()):
            who = "employee" if new in EMPLOYEE_MOVES.get(old, ()) else "manager"
            yield old, new, who, [WORDS[code] for code in _conditions(old, new)]


def _conditions(old: str, new: str) -> list[str]:
    """Every reason for which some order may not make this move."""
    orders = [Order(status=old, fulfillment_type=kind) for kind in FulfillmentType.values]
    found = [blocked_by_kind(order, new) for order in orders]
    found += [blocked_by_lines(orders[0], new, [status]) for status in PickedStatus.values]
    if needs_to_have_been_ready(old, new):
        found.append("NEVER_READY")
    if needs_to_have_left(old, new):
        found.append("NEVER_LEFT")
    if ends_when_it_left(old, new):
        found.append("HAS_LEFT")
    elif old == OrderStatus.CREATED and new == OrderStatus.IN_PROGRESS:
        found.append("NOT_HELD")
    elif (
        any(leaves_the_shop(order, new) for order in orders) and old != OrderStatus.OUT_FOR_DELIVERY
    ):
        found.append("NOT_CHARGED" if not needs_to_have_left(old, new) else "")
    return [code for code in dict.fromkeys(found) if code]
