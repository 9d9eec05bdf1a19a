"""Triggers that freeze what an order was charged for, from the moment the charge is booked.

Window, address, status and what is refunded may still change; what is found out later about goods
and prices is a refund, never an edit.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import pgtrigger

SUMS = (
    "subtotal",
    "discount_total",
    "delivery_fee",
    "fee_vat_rate",
    "vat_total",
    "total_amount",
    "captured_at",
    "captured_total",
    "charged_goods",
    "charged_fee",
    "charged_extras",
    "user",
    "payment",
    "order_number",
)
LINE = (
    "order",
    "product",
    "sold_by",
    "unit_price",
    "quantity",
    "discount",
    "line_total",
    "vat_rate",
    "substitute_for",
    "picked_status",
    "picked_quantity",
    "charged",
)


def frozen_order() -> list[pgtrigger.Trigger]:
    """Refuse other sums, another payment and another moment once `captured_at` is set."""
    return [
        pgtrigger.Protect(
            name="frozen_after_capture",
            operation=pgtrigger.Update,
            condition=pgtrigger.Q(old__captured_at__isnull=False)
            & reduce(or_, map(_differs, SUMS)),
        )
    ]


def frozen_lines() -> list[pgtrigger.Trigger]:
    """Refuse to add, remove or alter the lines of an order that was charged."""
    return [
        pgtrigger.Trigger(
            name="frozen_after_capture",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(*LINE),
            func=_refusal("OLD", "NEW"),
        ),
        pgtrigger.Trigger(
            name="none_added_after_capture",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=_refusal("NEW", "NEW"),
        ),
        pgtrigger.Trigger(
            name="none_removed_after_capture",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=_refusal("OLD", "OLD"),
        ),
    ]


def _differs(field: str) -> pgtrigger.Q:
    return pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")})


def _refusal(looked_at: str, returned: str) -> str:
    return (
        "IF EXISTS (SELECT 1 FROM orders_order AS o "  # noqa: S608  two fixed words
        f"WHERE o.id = {looked_at}.order_id AND o.captured_at IS NOT NULL) THEN "
        "RAISE EXCEPTION 'pgtrigger: the lines of a charged order are frozen'; "
        f"END IF; RETURN {returned};"
    )
