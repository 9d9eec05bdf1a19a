"""Notes and typed amounts of a line; a guest's basket that joined and is taken out again."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.tests.factories import customer
from branches.models import DeliverySlot
from cart import services
from cart.errors import InvalidQuantity, NothingToUndo
from cart.models import Cart
from cart.owner import Guest
from cart.selectors import cart_view
from cart.tests.factories import product, quantities, warehouse, weighed
from core.clock import day_of_week
from core.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TOMORROW = dt.date(2026, 11, 24)


def guest() -> Guest:
    return Guest(key=uuid.uuid4())


def slot(*, capacity: int = 30) -> DeliverySlot:
    return DeliverySlot.objects.create(
        branch=warehouse(),
        day_of_week=day_of_week(TOMORROW),
        start_time=dt.time(14),
        end_time=dt.time(16),
        capacity=capacity,
    )


def add(actor, item, quantity, **options):
    return services.add_item(actor=actor, product_id=item.pk, quantity=Decimal(quantity), **options)


class TestUndo:
    def test_the_larger_amount_stays_and_all_of_it_can_be_undone(self):
        """The guest has 2 milk and 1 bread, the own basket 3 milk and 1 eggs."""
        ada, visitor, window = customer(), guest(), slot()
        milk, eggs, bread, oil = product(), product(), product(), product()
        add(ada, milk, 3)
        add(ada, eggs, 1)
        services.set_quantity(
            actor=ada, product_id=milk.pk, note="the green one", substitution="REFUND"
        )
        add(visitor, milk, 2)
        add(visitor, bread, 1)
        services.set_quantity(actor=visitor, product_id=milk.pk, note="any")
        services.hold_slot(actor=visitor, slot_id=window.pk, date=TOMORROW, now=NOW)
        merged = services.merge_guest(user=ada, guest_key=visitor.key, now=NOW)
        assert merged.names == [bread.name]
        view = cart_view(actor=ada, now=NOW)
        assert quantities(view) == {milk.pk: 3, bread.pk: 1, eggs.pk: 1}
        assert (view.items[0].note, view.items[0].substitution) == ("the green one", "REFUND")
        assert view.held is not None
        add(ada, oil, 1)
        services.remove_item(actor=ada, product_id=eggs.pk)
        undone = services.undo_merge(actor=ada, now=NOW)
        assert quantities(undone) == {milk.pk: 3, oil.pk: 1, eggs.pk: 1}
        assert cart_view(actor=ada, now=NOW).held is None
        with pytest.raises(NothingToUndo):
            services.undo_merge(actor=ada, now=NOW)
        assert quantities(cart_view(actor=ada)) == {milk.pk: 3, oil.pk: 1, eggs.pk: 1}

    def test_a_join_cannot_be_undone_a_day_later_nor_once_it_is_ordered(self):
        ada, bob, milk, bread = customer(), customer(), product(), product()
        for who in (ada, bob):
            visitor = guest()
            add(who, milk, 1)
            add(visitor, milk, 4)
            add(visitor, bread, 1)
            services.merge_guest(user=who, guest_key=visitor.key, now=NOW)
        with pytest.raises(NothingToUndo):
            services.undo_merge(actor=ada, now=NOW + 24 * HOUR)
        assert quantities(cart_view(actor=ada)) == {milk.pk: 4, bread.pk: 1}
        cart = Cart.objects.active().get(user=bob)
        with transaction.atomic():
            services.check_out(cart_id=cart.pk, ordered=quantities(cart_view(actor=bob)), now=NOW)
        with pytest.raises(NothingToUndo):
            services.undo_merge(actor=bob, now=NOW)
        assert dict(cart.items.values_list("product_id", "quantity")) == {milk.pk: 4, bread.pk: 1}


class TestNotes:
    def test_one_word_for_each_line(self):
        ada, milk = customer(), product()
        view = services.add_item(
            actor=ada, product_id=milk.pk, quantity=None, note="  the  green one "
        )
        assert view.items[0].note == "the green one"
        more = services.add_item(actor=ada, product_id=milk.pk, quantity=None)
        assert (more.items[0].quantity, more.items[0].note) == (2, "the green one")
        gone = services.set_quantity(actor=ada, item_id=view.items[0].id, note="")
        assert (gone.items[0].quantity, gone.items[0].note) == (2, "")

    @pytest.mark.parametrize(
        "note", ["x" * 201, "two\nlines", "left\u202eright", "\x00", "\u2066a\u2069"]
    )
    def test_what_no_picker_can_read_is_refused(self, note):
        ada, milk = customer(), product()
        add(ada, milk, 1)
        with pytest.raises(InvalidInput) as refused:
            services.set_quantity(actor=ada, product_id=milk.pk, note=note, quantity=Decimal(2))
        assert list(refused.value.details["fields"]) == ["note"]
        line = cart_view(actor=ada).items[0]
        assert (line.quantity, line.note) == (1, "")

    def test_nothing_asked_is_refused_and_a_line_that_is_not_there_not_found(self):
        ada, milk = customer(), product()
        with pytest.raises(InvalidInput):
            services.set_quantity(actor=ada, product_id=milk.pk)
        with pytest.raises(NotFound):
            services.set_quantity(actor=ada, product_id=milk.pk, note="ripe")

    def test_what_is_left_over_of_an_order_keeps_its_note(self):
        ada, milk = customer(), product()
        services.add_item(actor=ada, product_id=milk.pk, quantity=Decimal(5), note="cold")
        cart = Cart.objects.active().get(user=ada)
        with transaction.atomic():
            services.check_out(cart_id=cart.pk, ordered={milk.pk: Decimal(2)}, now=NOW)
        assert [(i.quantity, i.note) for i in cart_view(actor=ada).items] == [(3, "cold")]


class TestTypedAmounts:
    def test_the_nearest_lower_amount_is_put_and_told(self):
        ada, tomatoes = customer(), weighed()
        view = services.set_quantity(
            actor=ada, product_id=tomatoes.pk, quantity=Decimal("1.7"), fit=True
        )
        assert (quantities(view)[tomatoes.pk], view.put_in_steps) == (
            Decimal("1.5"),
            Decimal("1.5"),
        )
        with pytest.raises(InvalidQuantity):
            services.set_quantity(
                actor=ada, product_id=tomatoes.pk, quantity=Decimal("0.3"), fit=True
            )
        assert quantities(cart_view(actor=ada)) == {tomatoes.pk: Decimal("1.5")}
