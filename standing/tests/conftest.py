"""A shop for this app's tests, and somebody with a standing order in its window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from catalog.models import Product
from core import clock
from core.clock import day_of_week
from standing import services
from standing.models import Occurrence, StandingOrder
from standing.services import ItemData, StandingData
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@dataclass(kw_only=True)
class Weekly:
    """Three of `milk`, every week in the shop's first window."""

    shop: Shop
    ada: User
    milk: Product
    row: StandingOrder

    @property
    def date(self) -> dt.date:
        return self.shop.date

    @property
    def key(self) -> dict[str, Any]:
        return {"actor": self.ada, "standing_id": self.row.pk, "date": self.date}

    def one(self) -> Occurrence:
        return Occurrence.objects.get(standing=self.row, date=self.date)

    def due(self) -> dt.datetime:
        return self.one().place_at


def set_up(shop: Shop, *, card: str = "tok_visa", ada: User | None = None, **values: Any) -> Weekly:
    ada, milk = ada or shop.customer(card=card), shop.product()
    row = services.create_standing(
        actor=ada,
        data=StandingData(
            **{
                "weekdays": [day_of_week(shop.date)],
                "start_time": shop.slot.start_time,
                "lead_days": 3,  # its first date is drafted at once, also before eight in the morning
                **values,
            }
        ),
        items=[ItemData(product_id=milk.pk, quantity=Decimal(3))],
        agree=True,
        now=clock.now(),
    )
    return Weekly(shop=shop, ada=ada, milk=milk, row=row)


@pytest.fixture
def weekly(shop: Shop) -> Weekly:
    return set_up(shop)
