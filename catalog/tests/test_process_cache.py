"""What is remembered of the catalogue is never older than the last change of it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from catalog import process_cache, selectors, services
from catalog.process_cache import recall
from catalog.selectors import shelves
from catalog.tests import factories
from inventory.models import Stock
from search.documents import index_products
from search.models import SearchDocument
from search.outbox import stand_at


class TestMemory:
    @pytest.fixture(autouse=True)
    def _database(self, transactional_db: None) -> None:
        process_cache.forget()

    def test_an_answer_is_made_once(self) -> None:
        made = iter(range(9))
        assert recall().get("key", made.__next__) == recall().get("key", made.__next__) == 0

    def test_a_change_counts_once_it_is_committed(self) -> None:
        made = iter(range(9))
        before = recall()
        before.get("key", made.__next__)
        with transaction.atomic():
            process_cache.changed()
            with connection.cursor() as cursor:
                cursor.execute("SELECT last_value FROM catalog_version")
                assert cursor.fetchone() == (before.version,)
        assert recall().get("key", made.__next__) == 1

    def test_a_change_that_was_taken_back_is_none(self) -> None:
        made = iter(range(9))
        recall().get("key", made.__next__)
        with transaction.atomic():
            process_cache.changed()
            transaction.set_rollback(True)
        assert recall().get("key", made.__next__) == 0

    def test_within_a_transaction_nothing_is_remembered(self) -> None:
        made = iter(range(9))
        with transaction.atomic():
            recall().get("key", made.__next__)
        assert recall().get("key", made.__next__) == 1

    def test_an_answer_ends_by_itself(self) -> None:
        made = iter(range(9))
        recall().get("key", made.__next__, seconds=0)
        assert recall().get("key", made.__next__) == 1

    def test_a_shelf_is_as_the_last_change_left_it(self, make_vat: None) -> None:
        factories.source()
        first = factories.stocked(name_en="Fresh milk")
        index_products([first.pk])
        assert _milk() == (1, [first.pk])
        second = factories.stocked(category=first.category, name_en="Oat drink")
        SearchDocument.objects.create(product=second, words=Value("'milk':1A"))
        assert _milk()[0] == 1  # the control: nobody said that anything changed
        changes = {"name_en": "Oat milk"}
        services.update_product(actor=None, product_id=second.pk, changes=changes)
        assert _milk() == (2, [first.pk, second.pk])
        services.deactivate_product(actor=None, product_id=first.pk)
        assert _milk() == (1, [second.pk])
        services.deactivate_category(actor=None, category_id=second.category_id)
        assert _milk() == (0, [])

    def test_what_was_asked_before_costs_two_queries(self, make_vat: None) -> None:
        factories.source()
        product = factories.stocked(name_en="Fresh milk")
        place = product.category_id
        index_products([product.pk])
        costs = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as listed:
                selectors.listing(q="milk", limit=24, offset=0)
            with CaptureQueriesContext(connection) as below:
                selectors.subtree(category_id=place, limit=24, offset=0)
            costs.append((len(listed), len(below)))
        assert costs[1] == (2, 2)

    def test_what_is_in_stock_is_looked_up_at_once_and_counted_a_moment_later(
        self, make_vat: None, documents: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        branch = factories.source()
        products = [factories.stocked() for _ in range(3)]
        keys = [product.pk for product in products]
        assert _in_stock() == (3, True, [products[1].pk, products[2].pk])
        Stock.objects.filter(product=products[1]).update(on_hand=0)
        assert _in_stock() == (3, False, [products[0].pk, products[2].pk])
        Stock.objects.filter(branch=branch).update(on_hand=0)
        with CaptureQueriesContext(connection) as queries:
            assert _in_stock() == (3, False, [])
        assert len(queries) == 2
        stand_at(keys)
        monkeypatch.setattr(shelves, "STOCK_SECONDS", 0.0)
        process_cache.forget()
        assert _in_stock() == (0, False, [])
        Stock.objects.filter(branch=branch).update(on_hand=9)
        stand_at(keys)
        assert _in_stock() == (3, True, [products[1].pk, products[2].pk])


@pytest.fixture
def make_vat() -> None:
    """Emptied tables have lost the rates that a migration put there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_vatclass (code, name_he, name_en) VALUES ('STANDARD', 'a', 'a')"
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO catalog_vatrate (vat_class_id, rate, valid_from)"
            " VALUES ('STANDARD', 18, '2025-01-01') ON CONFLICT DO NOTHING"
        )


def _in_stock() -> tuple[int, bool | None, list[int]]:
    page = selectors.listing(in_stock=True, sort="newest", limit=2, offset=0)
    return page.total, page.has_next, sorted(item.pk for item in page.items)


def _milk() -> tuple[int, list[int]]:
    page = selectors.listing(q="milk", limit=24, offset=0)
    return page.total, sorted(item.pk for item in page.items)
