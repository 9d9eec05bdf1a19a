"""What a document knows of its product: written with it, counted and put in order as the product is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.models import Brand, Product
from catalog.services import ProductData
from catalog.tests import factories
from runtime.run.tests.conftest import until
from search import documents, opensearch, rules
from search.models import SearchDocument, SearchRule, SearchRuleWord
from search.present import Present
from search.tests.test_stock import waiting_for_a_lock
from tests.races import codes, longest, race


def test_a_saved_product_costs_one_statement_more(shop: Any) -> None:
    """For its document, its words and what is looked at after the commit."""
    milk = Product.objects.get(name_en="חלב טרי")

    def statements(**changes: Any) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            services.update_product(actor=None, product_id=milk.pk, changes=changes)
        return [one["sql"] for one in asked]

    statements(name_en="Warm")  # the rules are remembered from here on
    plain, told = statements(bin="A1"), statements(name_en="Fresh milk")
    assert len(told) == len(plain) + 1
    assert sum("search_" in one for one in told) == 1
    with CaptureQueriesContext(connection) as asked:
        data = ProductData(sku="X-1", price=Decimal(3), category_id=milk.category_id, name="Cream")
        services.create_product(actor=None, data=data)
    assert sum("search_" in one["sql"] for one in asked) == 1
    assert SearchDocument.objects.get(product__sku="X-1").heads == ["cream"]


def test_documents_follow_their_products(shop: Any) -> None:
    """In the statement that changes a product, whoever wrote it."""
    milk = Product.objects.get(name_en="חלב טרי")
    below = factories.category(parent=shop.category)
    brand = factories.brand()
    Product.objects.filter(pk=milk.pk).update(
        price=Decimal("7.70"), old_price=Decimal(9), dietary_tags=["vegan"], allergens=["milk"],
        category=below, brand=brand, is_active=False,
    )  # fmt: skip
    known = SearchDocument.objects.get(pk=milk.pk)
    assert (known.price, known.on_sale, known.is_active) == (Decimal("7.70"), True, False)
    assert (known.tags, known.allergens, known.brand_id) == (["vegan"], ["milk"], brand.pk)
    assert (known.category_id, known.path) == (below.pk, [shop.category.pk, below.pk])
    other = SearchDocument.objects.exclude(pk=milk.pk).get()
    assert known.alike != other.alike
    above = factories.category()
    services.update_category(actor=None, category_id=below.pk, changes={"parent_id": above.pk})
    known.refresh_from_db()
    assert known.path == [above.pk, below.pk]


def test_alike_is_what_counts_alike(shop: Any) -> None:
    one, two = SearchDocument.objects.order_by("pk")
    assert one.alike == two.alike
    Product.objects.filter(pk=one.pk).update(price=Decimal(99))
    assert SearchDocument.objects.get(pk=one.pk).alike == two.alike
    SearchDocument.objects.filter(pk=one.pk).update(branches=[])
    assert SearchDocument.objects.get(pk=one.pk).alike != two.alike or two.branches == []


def test_a_label_is_read_by_the_rules_of_now(shop: Any) -> None:
    """Whatever this process remembers: nothing is written by other rules than those in force."""
    milk = Product.objects.get(name_en="חלב טרי")
    key, old = rules.rules_by_key()
    rule = SearchRule.objects.create(kind="PHRASE")
    SearchRuleWord.objects.create(rule=rule, text="peanut butter", key="peanut butter")
    assert rules.rules_by_key() == (key, old)
    services.update_product(actor=None, product_id=milk.pk, changes={"name_en": "Peanut butter"})
    assert "peanut_butter" in SearchDocument.objects.get(pk=milk.pk).heads
    assert rules.rules_by_key()[0] != key


HELD = "PERFORM FROM catalog_product WHERE id = NEW.product_id FOR SHARE;"


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Within, a new document does not hold its product's row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('search_document_filled'::regproc)")
        (told,) = cursor.fetchone()
        assert HELD in told
        cursor.execute(told.replace(HELD, "NULL;"))
        try:
            yield
        finally:
            cursor.execute(told)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_a_new_document_waits_for_a_change_of_its_product(locked: bool) -> None:
    """Else it is there with the price of before, as the control shows: who changed it found no document."""
    brand: Brand = factories.brand()
    made = factories.product(price=Decimal(10), brand=brand)
    SearchDocument.objects.all().delete()
    outcome: list[Any] = []
    thread = threading.Thread(
        target=lambda: outcome.extend(race([lambda: documents.index_products([made.pk])]))
    )
    with nullcontext() if locked else nobody_waits():
        with transaction.atomic():
            Product.objects.filter(pk=made.pk).update(price=Decimal(20))
            thread.start()
            if locked:
                until(waiting_for_a_lock, seconds=20)
            else:
                thread.join(longest())
                assert outcome
        thread.join(longest())
    assert codes(outcome) == ["ok"]
    assert SearchDocument.objects.get(pk=made.pk).price == Decimal(20 if locked else 10)


def test_an_index_of_before_gets_the_fields_it_knows() -> None:
    document = Present(1, 1, {"path": [1], "names": ["a"]})
    assert opensearch.fields_of(document, opensearch.SCHEMA) == document.fields
    assert opensearch.fields_of(document, 2) == {"names": ["a"]}
