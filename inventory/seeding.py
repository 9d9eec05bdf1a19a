"""The opening count of the demo shop. Adds what is missing, changes nothing that is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from inventory.models import Stock, StockCrossing, StockMovement

BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class OpeningCount:
    """What stands on a shelf when the shop opens, in units or kg."""

    product_id: int
    branch_id: int
    on_hand: Decimal
    reorder_point: Decimal


def seed_stock(*, counts: Iterable[OpeningCount]) -> int:
    """Open the stock rows that are missing, with their movements; returns how many."""
    with transaction.atomic():
        known = set(Stock.objects.values_list("product_id", "branch_id"))
        stocks = Stock.objects.bulk_create(
            [
                Stock(
                    product_id=count.product_id,
                    branch_id=count.branch_id,
                    on_hand=count.on_hand,
                    reorder_point=count.reorder_point,
                )
                for count in counts
                if (count.product_id, count.branch_id) not in known
            ],
            batch_size=BATCH,
        )
        StockCrossing.objects.bulk_create(
            [
                StockCrossing(product_id=stock.product_id, branch_id=stock.branch_id)
                for stock in stocks
            ],
            batch_size=BATCH,
        )
        StockMovement.objects.bulk_create(
            [
                StockMovement(
                    stock=stock,
                    reason=StockMovement.Reason.OPENING,
                    on_hand_delta=stock.on_hand,
                    on_hand_after=stock.on_hand,
                    reserved_after=Decimal(0),
                    reference="seed",
                )
                for stock in stocks
                if stock.on_hand
            ],
            batch_size=BATCH,
        )
    return len(stocks)
