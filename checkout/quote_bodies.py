"""A quote as JSON: what previews answer, and what a refusal for want of stock says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from branches.areas import AreaTerms
from branches.selectors import SlotChoice
from cart.charges import Charge
from checkout.quotes import Preview, QuotedLine
from core.money import json_quantity


def preview_body(preview: Preview) -> dict[str, Any]:
    """The preview as `PreviewOut` has it, ready for JSON."""
    totals = preview.totals
    return {
        "branch": {"id": preview.branch.pk, "name": preview.branch.name},
        "fulfillment_type": preview.fulfillment_type,
        "items": [_line_body(line) for line in preview.lines],
        "subtotal": str(totals.subtotal),
        "discount_total": str(totals.discount_total),
        "delivery_fee": str(totals.delivery_fee),
        "charges": [charge_body(preview.lines, charge) for charge in totals.charges],
        "charges_total": str(totals.charges_total),
        "total": str(totals.total),
        "cart_total": str(totals.subtotal - totals.discount_total),
        "vat_total": str(totals.vat_total),
        "vat": [
            {"rate": str(row.rate), "net": str(row.net), "vat": str(row.vat)}
            for row in totals.vat_rows
        ],
        "slot": _slot_body(preview.slot, preview.area),
        "ready_until": preview.ready_until
        and preview.ready_until.isoformat().replace("+00:00", "Z"),
        "cart_version": preview.cart_version,
        "free_delivery_gap": str(totals.free_delivery_gap),
        "area": _area_body(preview),
    }


def charge_body(lines: list[QuotedLine], charge: Charge) -> dict[str, Any]:
    """A deposit or the bags as previews and orders tell them; `id` is null before it is ordered."""
    line = None if charge.line is None else lines[charge.line]
    return {
        "id": None,
        "kind": charge.kind,
        "item_id": line and line.item_id,
        "name": line.name if line else str(_("Carrier bags")),
        "quantity": json_quantity(charge.quantity),
        "unit_price": str(charge.unit_price),
        "amount": str(charge.amount),
        "vat_rate": str(charge.vat_rate),
    }


def missing_items(lines: list[QuotedLine]) -> list[dict[str, Any]]:
    """`details.missing_items` of INSUFFICIENT_STOCK for the lines that are short."""
    return [
        {
            "product_id": line.product_id,
            "product_name": line.name,
            "requested_quantity": json_quantity(line.quantity),
            "available_quantity": json_quantity(line.available or Decimal(0)),
        }
        for line in lines
        if line.is_short
    ]


def _line_body(line: QuotedLine) -> dict[str, Any]:
    return {
        "id": line.item_id,
        "product_id": line.product_id,
        "product_name": line.name,
        "quantity": json_quantity(line.quantity),
        "unit_price": str(line.unit_price),
        "line_total": str(line.line_total),
        "is_available": not line.is_short,
    }


def _area_body(preview: Preview) -> dict[str, Any] | None:
    area, totals = preview.area, preview.totals
    if area is None:
        return None
    return {
        "id": area.id,
        "name": area.name,
        "minimum": str(area.minimum),
        "missing": str(area.missing(totals.subtotal - totals.discount_total)),
    }


def _slot_body(slot: SlotChoice | None, area: AreaTerms | None) -> dict[str, Any] | None:
    if slot is None:
        return None
    return {
        "slot_id": slot.slot_id,
        "date": slot.date.isoformat(),
        "start_time": f"{slot.start_time:%H:%M}",
        "end_time": f"{slot.end_time:%H:%M}",
        "fee": str(slot.fee if area is None else area.window_fee(slot.fee)),
        "remaining": slot.remaining,
        "cutoff_at": slot.cutoff_at.isoformat().replace("+00:00", "Z"),
        "is_open": slot.is_open,
    }
