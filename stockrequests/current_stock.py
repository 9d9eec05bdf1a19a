"""What the books say about the product a request is being written for."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from core.errors import NotFound
from inventory.selectors import stock_at
from stockrequests.forms import AskForm


class Seen(TypedDict):
    """Counted on the shelf, and promised of it (units or kg)."""

    name: str
    on_hand: Decimal
    reserved: Decimal


def seen_quantity(*, form: AskForm) -> Seen | None:
    """The present count once product and branch are clear, else None."""
    branch = getattr(form, "cleaned_data", {}).get("branch")
    if form.found is None or branch is None:
        return None
    try:
        stock = stock_at(branch_id=branch.pk, product_id=form.found.pk)
    except NotFound:
        return None
    return {"name": form.found.name, "on_hand": stock.on_hand, "reserved": stock.reserved}
