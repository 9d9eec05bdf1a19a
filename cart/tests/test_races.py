"""Baskets under parallel requests: real threads on a real PostgreSQL."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.tests.factories import customer
from cart import services
from cart.errors import NothingToUndo
from cart.models import Cart, CartItem
from cart.owner import Guest
from cart.selectors import cart_view
from cart.tests.factories import product, quantities
from core import clock
from tests.races import longest

pytestmark = pytest.mark.django_db(transaction=True)


def together(*steps: Callable[[], Any]) -> list[BaseException]:
    """Run the steps in threads that start at the same moment; returns what they raised."""
    gate = threading.Barrier(len(steps))
    raised: list[BaseException] = []

    def run(step: Callable[[], Any]) -> None:
        try:
            gate.wait(longest())
            step()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(longest())
    return raised


def test_parallel_first_reads_make_one_basket():
    ada = customer()
    assert together(*[lambda: services.open_cart(actor=ada)] * 6) == []
    assert Cart.objects.filter(user=ada).count() == 1


def test_parallel_adds_lose_nothing():
    ada, milk = customer(), product()
    add = lambda: services.add_item(actor=ada, product_id=milk.pk, quantity=Decimal(1))  # noqa: E731
    assert together(*[add] * 6) == []
    assert quantities(cart_view(actor=ada)) == {milk.pk: 6}


def test_control_without_the_lock_adds_are_lost():
    """The same steps without the basket's row lock, held at the worst moment."""
    ada, milk = customer(), product()
    services.add_item(actor=ada, product_id=milk.pk, quantity=Decimal(1))
    read = threading.Barrier(2)

    def add_unlocked() -> None:
        with transaction.atomic():
            item = CartItem.objects.get(cart__user=ada)
            read.wait(longest())
            item.quantity += 1
            item.save(update_fields=["quantity"])

    assert together(add_unlocked, add_unlocked) == []
    assert quantities(cart_view(actor=ada)) == {milk.pk: 2}  # three were asked for


def test_two_tabs_signing_in_join_the_basket_once():
    ada, milk, key = customer(), product(), uuid.uuid4()
    services.add_item(actor=Guest(key=key), product_id=milk.pk, quantity=Decimal(2))
    join = lambda: services.merge_guest(user=ada, guest_key=key, now=clock.now())  # noqa: E731
    assert together(join, join, join) == []
    assert quantities(cart_view(actor=ada)) == {milk.pk: 2}


def joined(ada: Any) -> None:
    milk, bread, visitor = product(), product(), Guest(key=uuid.uuid4())
    services.add_item(actor=ada, product_id=milk.pk, quantity=Decimal(1))
    services.add_item(actor=visitor, product_id=bread.pk, quantity=Decimal(2))
    services.merge_guest(user=ada, guest_key=visitor.key, now=clock.now())


def test_a_join_is_undone_once_however_often_it_is_pressed():
    ada = customer()
    joined(ada)
    undo = lambda: services.undo_merge(actor=ada, now=clock.now())  # noqa: E731
    refused = together(*[undo] * 4)
    assert [type(one) for one in refused] == [NothingToUndo] * 3
    assert len(cart_view(actor=ada).items) == 1


def test_control_without_the_lock_a_join_is_undone_twice():
    """Both presses read what was before, as they would without the basket's row lock."""
    ada = customer()
    joined(ada)
    read, undone = threading.Barrier(2), []

    def undo_unlocked() -> None:
        with transaction.atomic():
            cart = Cart.objects.get(user=ada)
            read.wait(longest())
            if cart.before_join is not None:
                Cart.objects.filter(pk=cart.pk).update(before_join=None)
                undone.append(1)

    assert together(undo_unlocked, undo_unlocked) == []
    assert len(undone) == 2
