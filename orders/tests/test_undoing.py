"""Undoing an answer gives back what was taken, never more: the last answers alone decide the shelf."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from catalog.models import Product
from checkout.invariants import ALL
from core import clock
from core.transactions import write_transaction
from inventory import services as inventory
from inventory.models import PickCorrection
from orders import services
from orders.models import Order, OrderItem
from tests.shop import Shop


def begin(shop: Shop, lines: dict[Product, Any]) -> tuple[User, Order]:
    """An order of `lines` that an employee is picking."""
    eli, order = shop.employee(), shop.order(quantities=lines)
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    return eli, order


def answer(eli: User, item: OrderItem, said: str | None) -> None:
    """PENDING, MISSING, or the quantity that was found."""
    status = said if said in ("PENDING", "MISSING") else "PICKED"
    services.pick_item(
        actor=eli,
        order_id=item.order_id,
        item_id=item.pk,
        picked_status=status,
        picked_quantity=Decimal(said) if status == "PICKED" and said else None,
        now=clock.now(),
    )


def count(shop: Shop, product: Product, quantity: Any) -> None:
    inventory.set_for(
        actor=None,
        branch_id=shop.warehouse.pk,
        product_id=product.pk,
        quantity=Decimal(quantity),
    )


def books_balance() -> None:
    assert [found.what for rule in ALL for found in rule.check(None)] == []


def test_a_weight_corrected_again_and_again(shop: Shop) -> None:
    """Shelf 1 kg, ordered 1: weighed 1.5, 1.05, 0.9, then not picked after all."""
    tomatoes = shop.weighed(stock=1)
    eli, order = begin(shop, {tomatoes: "1"})
    for said, on_hand in (("1.5", "0"), ("1.05", "0"), ("0.9", "0.1"), ("PENDING", "1")):
        answer(eli, order.items.get(), said)
        assert shop.stock(tomatoes)[0] == Decimal(on_hand)
    assert shop.stock(tomatoes) == (1, 1)
    assert not PickCorrection.objects.exists()
    books_balance()


def test_a_shelf_counted_below_what_was_promised(shop: Shop) -> None:
    """Counted 1 after 3 were promised; found 3, then missing: 1 on the shelf, 1 for others."""
    milk = shop.product(stock=3)
    eli, order = begin(shop, {milk: 3})
    count(shop, milk, 1)
    answer(eli, order.items.get(), "3")
    assert shop.stock(milk) == (0, 0)
    answer(eli, order.items.get(), "MISSING")
    assert shop.stock(milk) == (1, 0)
    books_balance()


def test_two_orders_that_both_found_more_than_the_book(shop: Shop) -> None:
    """Whichever of them is undone, what stays is what the other alone would have left."""
    milk = shop.product(stock=4)
    eli, first = begin(shop, {milk: 3})
    dan, second = begin(shop, {milk: 1})
    count(shop, milk, 1)
    answer(eli, first.items.get(), "3")
    answer(dan, second.items.get(), "1")
    assert shop.stock(milk) == (0, 0)
    answer(eli, first.items.get(), "MISSING")
    assert shop.stock(milk) == (0, 0)
    answer(dan, second.items.get(), "MISSING")
    assert shop.stock(milk) == (1, 0)
    books_balance()


def test_a_count_in_between_is_the_truth(shop: Shop) -> None:
    """The shelf was counted while the goods were in the trolley: they come back on top."""
    milk = shop.product(stock=3)
    eli, order = begin(shop, {milk: 3})
    count(shop, milk, 1)
    answer(eli, order.items.get(), "3")
    count(shop, milk, 5)
    answer(eli, order.items.get(), "MISSING")
    assert shop.stock(milk) == (8, 0)
    books_balance()


def test_cancelling_undoes_the_correction_too(shop: Shop) -> None:
    milk, mia = shop.product(stock=3), shop.manager()
    eli, order = begin(shop, {milk: 3})
    count(shop, milk, 1)
    answer(eli, order.items.get(), "3")
    services.change_status(actor=mia, order_id=order.pk, to="CANCELED", now=clock.now())
    assert shop.stock(milk) == (1, 0)
    books_balance()


def test_goods_that_have_left_correct_nothing_any_more(shop: Shop) -> None:
    milk, mia = shop.product(stock=3), shop.manager()
    eli, order = begin(shop, {milk: 3})
    count(shop, milk, 1)
    answer(eli, order.items.get(), "3")
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    services.change_status(actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now())
    assert not PickCorrection.objects.exists()


SAID = st.sampled_from(["PENDING", "MISSING", "0.4", "0.9", "1", "1.2", "1.5"])
LINE = st.integers(0, 2)
STEPS = st.lists(st.tuples(LINE, SAID | st.just("SWAP")), max_size=12)


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stock=st.sampled_from(["0.5", "1", "2", "10"]), steps=STEPS)
def test_only_the_last_answers_decide_the_shelf(
    shop: Shop, stock: str, steps: list[tuple[int, str]]
) -> None:
    """Any answers, re-weighings, undoings and substitutes in any order, two lines of one shelf."""
    apples, pears = shop.weighed(stock=10), shop.weighed(stock=10)
    eli, order = begin(shop, {apples: "1", pears: "1"})
    dan, other = begin(shop, {apples: "1"})
    lines = [(eli, order.items.all()[0]), (eli, order.items.all()[1]), (dan, other.items.get())]
    for product in (apples, pears):
        count(shop, product, stock)
    for place, said in steps:
        actor, item = lines[place]
        if said != "SWAP":
            answer(actor, item, said)
            continue
        item.refresh_from_db()
        swap(actor, item, pears if item.product_id == apples.pk else apples)
    expected = {product.pk: [Decimal(stock), Decimal(0)] for product in (apples, pears)}
    taken: dict[int, Decimal] = dict.fromkeys(expected, Decimal(0))
    for item in OrderItem.objects.filter(order__in=[order, other]):
        taken[item.product_id] += item.packed
        expected[item.product_id][1] += item.quantity if item.picked_status == "PENDING" else 0
    for product in (apples, pears):
        on_hand = max(Decimal(0), Decimal(stock) - taken[product.pk])
        assert shop.stock(product) == (on_hand, expected[product.pk][1])


def swap(actor: User, item: OrderItem, product: Product) -> None:
    """Give another product for what is missing of the line, where that is possible."""
    from core.errors import DomainError

    try:
        with write_transaction():
            services.substitute_within(
                actor=actor,
                order_id=item.order_id,
                item_id=item.pk,
                product_id=product.pk,
                now=clock.now(),
                agreed=True,
            )
    except DomainError:
        pass  # not missing, replaced already, or none is free
