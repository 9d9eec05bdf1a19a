"""Where products are in stock, as search knows it: a moment later, and as it is then."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from catalog import selectors, services
from catalog.models import Product
from inventory.models import StockCrossing
from runtime.run.tests.conftest import until
from search import documents, sql
from search.models import SearchDocument
from search.sync import sync
from tests.races import codes, longest, race, rounds
from tests.shop import Shop, open_shop


def known(product: Product) -> list[int]:
    return SearchDocument.objects.get(pk=product.pk).branches


def sold(shop: Shop, stock: int) -> Product:
    made = shop.weighed(name_en="Avocado", name_he="אבוקדו", stock=stock)
    documents.rebuild()
    return made


def listed(**asked: Any) -> list[str]:
    page = selectors.shelf(q="avocado", in_stock=True, **asked)
    assert page.facets.in_stock == page.total
    return [item.name_en for item in page.items]


def test_a_crossing_is_taken_in_by_the_job(db: None) -> None:
    shop = open_shop()
    avocado = sold(shop, 3)
    sync()
    both = sorted([shop.warehouse.pk, shop.branch.pk])
    assert known(avocado) == both
    assert listed() == listed(branch_id=shop.branch.pk) == ["Avocado"]
    shop.deliver(avocado, shop.branch, Decimal(-3))
    assert known(avocado) == both  # the sale waits for nobody's document
    assert sync() == 0
    assert known(avocado) == [shop.warehouse.pk]
    assert (listed(), listed(branch_id=shop.branch.pk)) == (["Avocado"], [])
    (card,) = selectors.shelf(q="avocado", branch_id=shop.branch.pk).items
    assert not card.in_stock  # type: ignore[attr-defined]
    page = selectors.listing(q="avocado", limit=5, offset=0, branch_id=shop.branch.pk)
    assert (page.total, page.facets.in_stock) == (1, 0)
    assert selectors.listing(q="avocado", limit=5, offset=0).facets.in_stock == 1
    whole = selectors.listing(limit=5, offset=0)
    assert whole.facets.in_stock == selectors.listing(in_stock=True, limit=5, offset=0).total
    services.update_product(
        actor=None, product_id=avocado.pk, changes={"quantity_step": Decimal(4)}
    )
    sync()
    assert known(avocado) == []
    assert selectors.listing(q="avocado", limit=5, offset=0).facets.in_stock == 0
    assert selectors.listing(limit=5, offset=0).facets.in_stock < whole.facets.in_stock
    assert not StockCrossing.objects.exists()


def test_a_page_shows_stock_as_it_is_now(db: None) -> None:
    shop = open_shop()
    avocado = sold(shop, 3)
    sync()
    shop.deliver(avocado, shop.warehouse, Decimal(-3))
    (card,) = selectors.shelf(q="avocado").items
    assert not card.in_stock  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_up_and_down_before_the_job_and_beside_it() -> None:
    """The job reads what is there: rows that came before, meanwhile or in another order change nothing."""
    shop = open_shop()
    avocado = sold(shop, 1)
    for _ in range(rounds(3)):
        steps = [up_and_down(shop, avocado, Decimal(1)), up_and_down(shop, avocado, Decimal(-1))]
        assert codes(race([*steps, sync, sync])) == ["ok"] * 4
        shop.deliver(avocado, shop.branch, Decimal(-1))
        sync()
        assert known(avocado) == [shop.warehouse.pk]
        shop.deliver(avocado, shop.branch, Decimal(1))
        sync()
        assert known(avocado) == sorted([shop.warehouse.pk, shop.branch.pk])


def up_and_down(shop: Shop, product: Product, by: Decimal) -> Any:
    def step() -> None:
        shop.deliver(product, shop.branch, by)

    return step


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_who_looks_first_and_writes_last_writes_what_is(
    monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """The control is without the lock: then what was seen before another's change is written over it."""
    shop = open_shop()
    avocado = sold(shop, 1)
    sync()
    if not locked:
        monkeypatch.setattr(sql, "LOCK", "SELECT %s::bigint[]")
    shop.deliver(avocado, shop.branch, Decimal(-1))
    last = StockCrossing.objects.latest("pk").pk
    looked: list[Any] = []
    thread = threading.Thread(target=lambda: looked.extend(race([sync])))
    with transaction.atomic():  # another is at the document, and goods come meanwhile
        SearchDocument.objects.select_for_update().get(pk=avocado.pk)
        thread.start()
        until(waiting_for_a_lock, seconds=20)
        shop.deliver(avocado, shop.branch, Decimal(1))
        StockCrossing.objects.filter(pk__gt=last).delete()  # its own look was before
    thread.join(longest())
    assert codes(looked) == ["ok"]
    there = {shop.branch.pk} if locked else set()
    assert set(known(avocado)) == {shop.warehouse.pk, *there}


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees it as it was
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_every_night_what_was_missed_is_learned(db: None) -> None:
    shop = open_shop()
    avocado = sold(shop, 1)
    sync()
    before = SearchDocument.objects.get(pk=avocado.pk).version
    documents.learn_anew()
    assert SearchDocument.objects.get(pk=avocado.pk).version == before  # nothing is another
    SearchDocument.objects.update(branches=[], flavours=["onion"])
    documents.learn_anew()
    found = SearchDocument.objects.get(pk=avocado.pk)
    assert found.branches == sorted([shop.warehouse.pk, shop.branch.pk])
    assert (found.flavours, found.version) == ([], before + 2)
