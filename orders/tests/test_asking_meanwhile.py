"""A question while its line is picked on: it asks for what is missing now, and no more is taken."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from catalog.models import Product
from core import clock
from orders.services import ask_customer
from orders.tests.test_asking import books_balance, say
from orders.tests.test_customers_choice import ordered, pick
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal("9.90"), name_en="Milk")


@pytest.fixture
def other(shop: Shop) -> Product:
    return shop.product(price=Decimal("11.50"), name_en="Other milk")


def test_it_follows_what_is_found_meanwhile(shop: Shop, milk: Product, other: Product) -> None:
    """It went on offering as much as was missing first, at that price."""
    order = ordered(shop, {milk: 3}, "CALL_ME")
    pick(order, milk, None)
    question = ask_customer(
        actor=order.picker, order_id=order.pk, item_id=order.items.get().pk, now=clock.now()
    )
    assert shop.stock(other) == (100, 3)
    pick(order, milk, 2)
    question.refresh_from_db()
    [offer] = question.offers.all()
    assert (question.status, question.missing_quantity, offer.quantity) == ("OPEN", 1, 1)
    assert (question.worth, offer.line_total) == (Decimal("9.90"), Decimal("9.90"))
    assert shop.stock(other) == (100, 1)
    books_balance()
    pick(order, milk, 1)  # counted again: more is missing, and one is offered as before
    question.refresh_from_db()
    assert (question.missing_quantity, question.worth) == (2, Decimal("19.80"))
    say(order, question, other)
    line = order.items.get(substitute_for__isnull=False)
    assert (line.quantity, line.line_total - line.discount) == (1, Decimal("9.90"))
    assert shop.stock(other) == (100, 1)
    books_balance()


def test_of_what_is_offered_as_much_is_taken_as_there_was(shop: Shop, milk: Product) -> None:
    """All that was missing was taken of it, which was not there: the offer could not be accepted."""
    few = shop.product(price=Decimal("8.00"), stock=1, name_en="Few")
    order = ordered(shop, {milk: 3}, "CALL_ME")
    pick(order, milk, None)
    question = ask_customer(
        actor=order.picker, order_id=order.pk, item_id=order.items.get().pk, now=clock.now()
    )
    say(order, question, few)
    assert order.items.get(substitute_for__isnull=False).quantity == 1
    assert shop.stock(few) == (1, 1)
    books_balance()
