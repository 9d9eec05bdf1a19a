"""What may be put in a basket, and what is refused with nothing changed."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from accounts.tests.factories import customer
from audit.models import AuditEntry
from branches.errors import SlotFull
from branches.models import DatedSlot, DeliverySlot
from branches.services import forget_holds
from cart import services
from cart.errors import InvalidQuantity, OutOfStockAnywhere, ProductInactive
from cart.models import Cart, CartItem, CartStatus
from cart.owner import Guest
from cart.selectors import cart_view
from cart.tests.factories import product, put_stock, quantities, warehouse, weighed
from catalog.services import deactivate_category, deactivate_product
from core.clock import day_of_week
from core.errors import NotFound

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


class TestAdd:
    def test_adds_to_the_line_and_leaves_a_trail(self):
        ada, milk = customer(), product(price=Decimal("7.20"))
        add(ada, milk, 1)
        view = add(ada, milk, 2)
        assert [(line.product_id, line.quantity) for line in view.items] == [(milk.pk, 3)]
        assert view.total == Decimal("21.60")
        assert view.free_delivery_gap == Decimal("128.40")
        trail = AuditEntry.objects.filter(entity_type="cart", entity_id=view.id, actor=ada)
        assert trail.count() == 2
        assert trail.latest("id").new_value == {"product_id": milk.pk, "quantity": "3.000"}

    def test_works_for_a_guest_without_naming_anybody(self):
        visitor, milk = guest(), product()
        assert add(visitor, milk, 2).item_count == 2
        assert AuditEntry.objects.get(entity_type="cart").actor is None

    def test_goods_by_weight_go_by_their_step(self):
        ada, tomatoes = customer(), weighed()
        assert add(ada, tomatoes, "1.5").total == Decimal("13.35")
        with pytest.raises(InvalidQuantity):
            add(ada, tomatoes, "0.7")
        assert quantities(cart_view(actor=ada)) == {tomatoes.pk: Decimal("1.5")}

    @pytest.mark.parametrize("quantity", ["0", "-1", "1000", "0.5", "NaN", "Infinity"])
    def test_impossible_amounts_are_refused(self, quantity):
        ada, milk = customer(), product()
        with pytest.raises(InvalidQuantity) as refusal:
            add(ada, milk, quantity)
        assert refusal.value.code == "VALIDATION_ERROR"
        assert list(refusal.value.details["fields"]) == ["quantity"]
        assert not Cart.objects.exists()

    def test_a_line_ends_at_999(self):
        ada, milk = customer(), product(stock=5000)
        add(ada, milk, 999)
        with pytest.raises(InvalidQuantity):
            add(ada, milk, 1)
        assert quantities(cart_view(actor=ada)) == {milk.pk: 999}

    def test_unknown_product(self):
        with pytest.raises(NotFound):
            services.add_item(actor=customer(), product_id=4711, quantity=Decimal(1))

    @pytest.mark.parametrize("where", ["product", "category"])
    def test_a_product_no_longer_sold(self, where):
        ada, milk = customer(), product()
        if where == "product":
            deactivate_product(actor=None, product_id=milk.pk)
        else:
            deactivate_category(actor=None, category_id=milk.category_id)
        with pytest.raises(ProductInactive):
            add(ada, milk, 1)
        assert not CartItem.objects.exists()

    def test_sold_out_everywhere(self):
        ada, milk = customer(), product(stock=0)
        with pytest.raises(OutOfStockAnywhere):
            add(ada, milk, 1)
        assert not CartItem.objects.exists()

    def test_short_stock_is_put_as_asked_unless_told_to_fit(self):
        ada, milk = customer(), product(stock=2)
        view = add(ada, milk, 5)
        assert view.put_instead is None
        assert view.items[0].is_short
        assert "נשארו 2" in str(view.items[0].notice)

    def test_short_stock_fits_to_what_is_there_and_says_so(self):
        ada, milk = customer(), product(stock=2)
        add(ada, milk, 1)
        view = add(ada, milk, 4, fit=True)
        assert (quantities(view)[milk.pk], view.put_instead) == (2, 2)

    def test_fitting_goods_by_weight_ends_on_a_step(self):
        ada, tomatoes = customer(), weighed(stock=Decimal("1.7"))
        assert add(ada, tomatoes, 3, fit=True).put_instead == Decimal("1.5")


class TestSet:
    def test_sets_removes_and_makes_a_line(self):
        ada, milk = customer(), product()
        set_to = lambda q: services.set_quantity(  # noqa: E731
            actor=ada, product_id=milk.pk, quantity=Decimal(q)
        )
        assert quantities(set_to(4)) == {milk.pk: 4}
        assert quantities(set_to(2)) == {milk.pk: 2}
        assert set_to(0).items == []
        assert set_to(0).items == []

    def test_somebody_elses_line_is_unknown(self):
        ada, bob, milk = customer(), customer(), product()
        line = add(ada, milk, 1).items[0]
        with pytest.raises(NotFound):
            services.set_quantity(actor=bob, item_id=line.id, quantity=Decimal(5))
        with pytest.raises(NotFound):
            services.remove_item(actor=bob, item_id=line.id)
        assert quantities(cart_view(actor=ada)) == {milk.pk: 1}

    def test_a_product_no_longer_sold_may_only_become_less(self):
        ada, milk = customer(), product()
        add(ada, milk, 3)
        milk.is_active = False
        milk.save()
        with pytest.raises(ProductInactive):
            services.set_quantity(actor=ada, product_id=milk.pk, quantity=Decimal(4))
        view = services.set_quantity(actor=ada, product_id=milk.pk, quantity=Decimal(1))
        assert quantities(view) == {milk.pk: 1}
        assert view.total == 0
        assert not view.items[0].is_available

    def test_clearing_twice_is_no_mistake(self):
        ada, milk = customer(), product()
        assert services.clear(actor=ada).items == []
        add(ada, milk, 3)
        assert services.clear(actor=ada).items == []
        assert services.clear(actor=ada).items == []

    def test_substitution(self):
        ada, milk = customer(), product()
        add(ada, milk, 1)
        view = services.set_substitution(actor=ada, product_id=milk.pk, substitution="REFUND")
        assert view.items[0].substitution == "REFUND"
        with pytest.raises(NotFound):
            services.set_substitution(actor=ada, product_id=0, substitution="REFUND")


class TestView:
    def test_tells_of_prices_that_changed(self):
        ada, milk, oil = customer(), product(), product()
        add(ada, milk, 1)
        add(ada, oil, 1)
        type(milk).objects.filter(pk=milk.pk).update(price=Decimal("12.50"))
        type(oil).objects.filter(pk=oil.pk).update(price=Decimal("8.00"))
        view = cart_view(actor=ada)
        assert [line.notice.kind for line in view.items] == ["warn", "good"]
        assert "₪10.00" in view.notices[0]
        assert "₪12.50" in view.notices[0]
        assert view.total == Decimal("20.50")

    def test_what_only_a_shop_has_cannot_be_delivered_and_is_not_in_the_sum(self):
        ada, milk = customer(), product(stock=0)
        shop = type(warehouse()).objects.create(
            code="carmel", name_he="כרמל", name_en="Carmel", address_he="א", address_en="a"
        )
        put_stock(milk, shop, 5)
        view = add(ada, milk, 1)
        assert (view.total, view.item_count) == (0, 0)
        assert view.items[0].notice.kind == "bad"

    @pytest.mark.parametrize("lines", [1, 8])
    def test_asks_twice_however_many_lines(self, lines, django_assert_num_queries):
        ada = customer()
        for _ in range(lines):
            add(ada, product(), 1)
        with django_assert_num_queries(2):
            view = cart_view(actor=ada)
            assert len([(line.product.brand.name, line.notice) for line in view.items]) == lines
            assert view.total == 10 * lines

    def test_a_basket_is_not_made_by_looking(self):
        assert cart_view(actor=customer()).id is None
        assert not Cart.objects.exists()
        ada = customer()
        assert services.open_cart(actor=ada).id == services.open_cart(actor=ada).id


class TestHold:
    def test_keeps_a_place_for_an_hour_and_then_no_longer(self):
        ada, window = customer(), slot()
        view = services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)
        assert view.held is not None
        assert view.held.minutes_left == 60
        later = cart_view(actor=ada, now=NOW + dt.timedelta(minutes=6, seconds=10))
        assert later.held is not None
        assert later.held.minutes_left == 53
        assert cart_view(actor=ada, now=NOW + HOUR).held is None

    def test_counts_against_the_window_until_it_ends(self):
        ada, bob, window = customer(), customer(), slot(capacity=1)
        services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)
        with pytest.raises(SlotFull):
            services.hold_slot(actor=bob, slot_id=window.pk, date=TOMORROW, now=NOW)
        services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)  # one's own
        services.hold_slot(actor=bob, slot_id=window.pk, date=TOMORROW, now=NOW + HOUR)
        assert DatedSlot.objects.get().taken == 0

    def test_letting_go_gives_the_place_back(self):
        ada, bob, window = customer(), customer(), slot(capacity=1)
        services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)
        assert services.release_hold(actor=ada, now=NOW).held is None
        assert services.hold_slot(actor=bob, slot_id=window.pk, date=TOMORROW, now=NOW).held

    def test_tidying_takes_only_holds_that_are_over(self):
        ada, bob, window = customer(), customer(), slot()
        services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)
        services.hold_slot(actor=bob, slot_id=window.pk, date=TOMORROW, now=NOW + HOUR / 2)
        assert forget_holds(now=NOW + HOUR) == 1
        assert cart_view(actor=bob, now=NOW + HOUR).held is not None


class TestMerge:
    def test_nothing_is_lost(self):
        ada, visitor = customer(), guest()
        milk, oil, bread = product(), product(), product()
        add(ada, milk, 2)
        add(ada, oil, 1)
        add(visitor, milk, 3)
        add(visitor, bread, 1)
        merged = services.merge_guest(user=ada, guest_key=visitor.key, now=NOW)
        assert merged.names == [milk.name, bread.name]
        assert quantities(cart_view(actor=ada)) == {milk.pk: 3, oil.pk: 1, bread.pk: 1}
        assert cart_view(actor=visitor).id is None

    def test_repeating_it_changes_nothing(self):
        ada, visitor, milk = customer(), guest(), product()
        add(visitor, milk, 3)
        services.merge_guest(user=ada, guest_key=visitor.key, now=NOW)
        again = services.merge_guest(user=ada, guest_key=visitor.key, now=NOW)
        assert again.added == 0
        assert quantities(cart_view(actor=ada)) == {milk.pk: 3}

    def test_the_kept_window_comes_along_unless_one_is_kept_already(self):
        ada, bob, visitor, other = customer(), customer(), guest(), guest()
        early, window = (
            slot(),
            DeliverySlot.objects.create(
                branch=warehouse(),
                day_of_week=day_of_week(TOMORROW),
                start_time=dt.time(16),
                end_time=dt.time(18),
            ),
        )
        services.hold_slot(actor=visitor, slot_id=window.pk, date=TOMORROW, now=NOW)
        services.merge_guest(user=ada, guest_key=visitor.key, now=NOW)
        held = cart_view(actor=ada, now=NOW).held
        assert held is not None
        assert held.slot_id == window.pk
        services.hold_slot(actor=bob, slot_id=early.pk, date=TOMORROW, now=NOW)
        services.hold_slot(actor=other, slot_id=window.pk, date=TOMORROW, now=NOW)
        services.merge_guest(user=bob, guest_key=other.key, now=NOW)
        held = cart_view(actor=bob, now=NOW).held
        assert held is not None
        assert held.slot_id == early.pk


class TestLife:
    def test_what_was_added_during_payment_is_not_lost(self):
        ada, milk, oil = customer(), product(), product()
        add(ada, milk, 5)
        view = add(ada, oil, 1)
        cart = Cart.objects.get(pk=view.id)
        services.check_out(cart_id=cart.pk, ordered={milk.pk: Decimal(3)}, now=NOW)
        cart.refresh_from_db()
        assert cart.status == CartStatus.CHECKED_OUT
        assert quantities(cart_view(actor=ada)) == {milk.pk: 2, oil.pk: 1}

    def test_everything_ordered_leaves_no_new_basket(self):
        ada, milk = customer(), product()
        cart = Cart.objects.get(pk=add(ada, milk, 5).id)
        services.check_out(cart_id=cart.pk, ordered={milk.pk: Decimal(5)}, now=NOW)
        assert cart_view(actor=ada).id is None

    def test_old_baskets_are_put_aside_guests_first(self):
        ada, visitor, milk = customer(), guest(), product()
        for actor in (ada, visitor):
            Cart.objects.filter(pk=add(actor, milk, 1).id).update(
                updated_at=NOW - dt.timedelta(days=40)
            )
        assert services.abandon_stale(now=NOW) == 1
        assert services.abandon_stale(now=NOW) == 0
        assert cart_view(actor=visitor).id is None
        assert quantities(cart_view(actor=ada)) == {milk.pk: 1}
