"""Balances move under their locks, with a movement and an audit row for each change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.models import Branch
from catalog.models import Product
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction
from inventory import selectors, services
from inventory.errors import InsufficientStock, StaleQuantity
from inventory.models import Stock, StockMovement
from tests.shop import Shop

REFERENCE = "order:MS-TEST0000"


def row(product: Product, branch: Branch) -> Stock:
    return Stock.objects.get(product=product, branch=branch)


def last(product: Product, branch: Branch) -> StockMovement:
    found = StockMovement.objects.filter(stock=row(product, branch)).order_by("pk").last()
    assert found is not None
    return found


def reserve(shop: Shop, quantities: dict[int, Any], **values: Any) -> None:
    with write_transaction():
        services.reserve(
            actor=None,
            branch_id=shop.warehouse.pk,
            quantities={key: Decimal(amount) for key, amount in quantities.items()},
            reference=REFERENCE,
            **values,
        )


def pick(shop: Shop, product: Product, picked: str, promised: str) -> None:
    with write_transaction():
        services.pick(
            actor=None,
            branch_id=shop.warehouse.pk,
            product_id=product.pk,
            picked=Decimal(picked),
            promised=Decimal(promised),
            reference=REFERENCE,
        )


def books_agree() -> None:
    for stock in Stock.objects.all():
        moves = StockMovement.objects.filter(stock=stock)
        assert stock.on_hand == sum((m.on_hand_delta for m in moves), Decimal(0))
        assert stock.reserved == sum((m.reserved_delta for m in moves), Decimal(0))


def test_reserving_promises_and_remembers(shop: Shop) -> None:
    milk = shop.product(stock=10)
    reserve(shop, {milk.pk: 4})
    assert shop.stock(milk) == (Decimal(10), Decimal(4))
    movement = last(milk, shop.warehouse)
    assert (movement.reason, movement.reference) == ("RESERVE", REFERENCE)
    assert (movement.on_hand_after, movement.reserved_after) == (Decimal(10), Decimal(4))
    books_agree()


def test_all_or_nothing(shop: Shop) -> None:
    milk, eggs, bread = shop.product(stock=10), shop.product(stock=1), shop.product(stock=0)
    with pytest.raises(InsufficientStock) as refusal:
        reserve(shop, {milk.pk: 4, eggs.pk: 2, bread.pk: 1, 999_999: 1})
    assert refusal.value.details["missing_items"] == [
        {"product_id": eggs.pk, "requested_quantity": 2, "available_quantity": 1},
        {"product_id": bread.pk, "requested_quantity": 1, "available_quantity": 0},
        {"product_id": 999_999, "requested_quantity": 1, "available_quantity": 0},
    ]
    assert shop.stock(milk) == (Decimal(10), Decimal(0))
    assert not StockMovement.objects.filter(reason="RESERVE").exists()


def test_weights_are_kept_to_the_gram(shop: Shop) -> None:
    tomatoes = shop.weighed(stock="2.5")
    with pytest.raises(InsufficientStock) as refusal:
        reserve(shop, {tomatoes.pk: "2.501"})
    assert refusal.value.details["missing_items"][0]["requested_quantity"] == 2.501
    reserve(shop, {tomatoes.pk: "2.5"})
    assert shop.stock(tomatoes) == (Decimal("2.5"), Decimal("2.5"))


@pytest.mark.django_db(transaction=True)
def test_a_promise_outside_a_transaction_is_a_defect() -> None:
    with pytest.raises(RuntimeError):
        services.reserve(actor=None, branch_id=1, quantities={1: Decimal(1)}, reference=REFERENCE)


@pytest.mark.parametrize("products", [1, 40])
def test_reserving_costs_the_same_for_any_number(shop: Shop, products: int) -> None:
    quantities = {shop.product().pk: 1 for _ in range(products)}
    with CaptureQueriesContext(connection) as captured:
        reserve(shop, quantities)
    statements = [q for q in captured if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == 3


def test_release_is_the_inverse(shop: Shop) -> None:
    milk = shop.product(stock=10)
    reserve(shop, {milk.pk: 4})
    with write_transaction():
        services.release(
            actor=None,
            branch_id=shop.warehouse.pk,
            quantities={milk.pk: Decimal(4)},
            reference=REFERENCE,
        )
    assert shop.stock(milk) == (Decimal(10), Decimal(0))
    books_agree()


def test_picking_takes_from_the_shelf_and_ends_the_promise(shop: Shop) -> None:
    milk = shop.product(stock=10)
    reserve(shop, {milk.pk: 4})
    pick(shop, milk, "3", "4")
    assert shop.stock(milk) == (Decimal(7), Decimal(0))
    books_agree()


def test_the_hand_is_right_and_the_book_was_wrong(shop: Shop) -> None:
    milk = shop.product(stock=5)
    reserve(shop, {milk.pk: 4})
    services.set_on_hand(actor=None, stock_id=row(milk, shop.warehouse).pk, quantity=Decimal(1))
    pick(shop, milk, "4", "4")
    assert shop.stock(milk) == (Decimal(0), Decimal(0))
    reasons = StockMovement.objects.filter(stock=row(milk, shop.warehouse)).order_by("-pk")
    assert [m.reason for m in reasons[:2]] == ["PICK", "STOCKTAKE"]
    books_agree()


def test_putting_back(shop: Shop) -> None:
    milk = shop.product(stock=10)
    reserve(shop, {milk.pk: 4})
    pick(shop, milk, "4", "4")
    with write_transaction():
        services.unpick(
            actor=None,
            branch_id=shop.warehouse.pk,
            product_id=milk.pk,
            picked=Decimal(4),
            promised=Decimal(4),
            reference=REFERENCE,
        )
    assert shop.stock(milk) == (Decimal(10), Decimal(4))
    books_agree()


class TestCounting:
    def test_a_count_is_written_with_old_and_new(self, shop: Shop) -> None:
        milk, mia = shop.product(stock=10), shop.manager()
        stock = row(milk, shop.warehouse)
        services.set_on_hand(actor=mia, stock_id=stock.pk, quantity=Decimal(7), reason="counted")
        assert shop.stock(milk) == (Decimal(7), Decimal(0))
        entry = shop.audit(entity_type="stock", action="UPDATE", actor=mia)[0]
        assert (entry.entity_id, entry.old_value["on_hand"], entry.new_value["on_hand"]) == (
            stock.pk,
            "10.000",
            "7.000",
        )
        assert entry.context["note"] == "counted"
        books_agree()

    def test_the_same_count_moves_nothing(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        before = StockMovement.objects.count()
        services.set_on_hand(
            actor=None, stock_id=row(milk, shop.warehouse).pk, quantity=Decimal(10)
        )
        assert StockMovement.objects.count() == before

    def test_somebody_was_faster(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        with pytest.raises(StaleQuantity) as refusal:
            services.set_on_hand(
                actor=None,
                stock_id=row(milk, shop.warehouse).pk,
                quantity=Decimal(7),
                expected_quantity=Decimal(9),
            )
        assert refusal.value.details == {"quantity": 10}
        assert shop.stock(milk) == (Decimal(10), Decimal(0))

    def test_a_count_below_the_promises_is_the_truth(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        reserve(shop, {milk.pk: 8})
        services.set_on_hand(actor=None, stock_id=row(milk, shop.warehouse).pk, quantity=Decimal(5))
        assert shop.stock(milk) == (Decimal(5), Decimal(8))
        free = selectors.availability(branch_id=shop.warehouse.pk, product_ids=[milk.pk])
        assert free == {milk.pk: Decimal(0)}
        assert [stock.product_id for stock in Stock.objects.short()] == [milk.pk]

    @pytest.mark.parametrize("quantity", ["-1", "1.5", "1000000", "NaN", "Infinity"])
    def test_counts_that_cannot_be(self, shop: Shop, quantity: str) -> None:
        milk = shop.product(stock=10)
        with pytest.raises(InvalidInput):
            services.set_on_hand(
                actor=None, stock_id=row(milk, shop.warehouse).pk, quantity=Decimal(quantity)
            )
        assert shop.stock(milk) == (Decimal(10), Decimal(0))

    def test_an_unknown_shelf(self, db: None) -> None:
        with pytest.raises(NotFound):
            services.set_on_hand(actor=None, stock_id=1, quantity=Decimal(1))

    def test_adding(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        where = {"actor": None, "branch_id": shop.warehouse.pk, "product_id": milk.pk}
        services.add_on_hand(**where, quantity=Decimal(5), reference="stock_request:1")
        assert shop.stock(milk) == (Decimal(15), Decimal(0))
        for quantity in ("0", "-1", "0.5", "999999"):
            with pytest.raises(InvalidInput):
                services.add_on_hand(**where, quantity=Decimal(quantity))
        with pytest.raises(NotFound):
            services.add_on_hand(**{**where, "product_id": 999_999}, quantity=Decimal(1))
        assert shop.stock(milk) == (Decimal(15), Decimal(0))
        books_agree()

    def test_setting_by_branch_and_product(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        services.set_for(
            actor=None, branch_id=shop.branch.pk, product_id=milk.pk, quantity=Decimal(3)
        )
        assert shop.stock(milk, shop.branch) == (Decimal(3), Decimal(0))
        assert last(milk, shop.branch).reason == "REQUEST"


def test_rows_are_opened_once(shop: Shop) -> None:
    milk = shop.product()
    rows = Stock.objects.filter(product=milk)
    assert rows.count() == Branch.objects.count()
    assert services.open_rows(actor=None, product_ids=[milk.pk]) == 0
    assert services.open_rows(actor=None) == 0


class TestSelectors:
    def test_the_staff_list_narrows(self, shop: Shop) -> None:
        milk, eggs = shop.product(name_en="Milk"), shop.product(name_en="Eggs", barcode="20000001")
        rows = selectors.inventory_rows
        assert {r.product_id for r in rows(q="milk")} == {milk.pk}
        assert {r.product_id for r in rows(q="20000001")} == {eggs.pk}
        assert {r.branch_id for r in rows(branch_id=shop.branch.pk)} == {shop.branch.pk}
        assert rows(product_id=eggs.pk).count() == 2
        assert not rows(low=True).exists()
        Stock.objects.filter(product=milk, branch=shop.branch).update(reorder_point=100)
        assert [r.product_id for r in rows(low=True)] == [milk.pk]

    def test_movements_newest_first(self, shop: Shop) -> None:
        milk = shop.product(stock=10)
        reserve(shop, {milk.pk: 4})
        stock = row(milk, shop.warehouse)
        reasons = [m.reason for m in stock.movements.order_by("-id")]
        assert reasons == ["RESERVE", "OPENING"]
        assert selectors.stock_row(stock_id=stock.pk).product == milk
        assert selectors.stock_at(branch_id=shop.warehouse.pk, product_id=milk.pk) == stock
        with pytest.raises(NotFound):
            selectors.stock_row(stock_id=999_999)
