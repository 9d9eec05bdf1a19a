"""Two transfers of the same goods at the same moment, and two in opposite directions.

Each race has a control: the same race with its lock taken away goes wrong, else it proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest

from inventory import services
from inventory.models import Stock
from inventory.services import transfers
from tests.races import codes, longest, race
from tests.shop import Shop, open_with_sandbox

MOVERS = 4
QUANTITY = Decimal(3)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def rows_of(shop: Shop, stock: int) -> tuple[Stock, Stock]:
    milk = shop.product(stock=stock)
    return tuple(  # type: ignore[return-value]
        Stock.objects.get(product=milk, branch=branch) for branch in (shop.warehouse, shop.branch)
    )


def move(source: Stock, target: Stock) -> str:
    return services.transfer(
        actor=None, stock_id=source.pk, to_branch_id=target.branch_id, quantity=QUANTITY
    )


def on_hand(*rows: Stock) -> list[Decimal]:
    return [Stock.objects.get(pk=row.pk).on_hand for row in rows]


def test_the_same_goods_are_moved_once(shop: Shop) -> None:
    source, target = rows_of(shop, 5)
    results = race([lambda: move(source, target)] * MOVERS)
    assert sorted(codes(results)) == ["INSUFFICIENT_STOCK"] * (MOVERS - 1) + ["ok"]
    assert on_hand(source, target) == [Decimal(2), Decimal(8)]


def test_control_without_the_lock_the_database_has_to_refuse(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = rows_of(shop, 5)
    everybody_looked = threading.Barrier(MOVERS, timeout=longest())

    def look(*, stock_ids: Iterable[int]) -> dict[int, Stock]:
        found = Stock.objects.select_related("product").in_bulk(list(stock_ids))
        everybody_looked.wait()
        return found

    monkeypatch.setattr(transfers, "lock_rows", look)
    results = codes(race([lambda: move(source, target)] * MOVERS))
    assert "IntegrityError" in results
    assert "INSUFFICIENT_STOCK" not in results


def test_opposite_directions_do_not_wait_for_each_other(shop: Shop) -> None:
    source, target = rows_of(shop, 100)
    results = race([lambda: move(source, target), lambda: move(target, source)] * MOVERS)
    assert codes(results) == ["ok"] * 2 * MOVERS
    assert on_hand(source, target) == [Decimal(100), Decimal(100)]
