"""Changing a placed order: what it costs, what it holds, what it gives back, and when it is too late."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User
from branches.errors import SlotFull
from catalog.models import Product
from checkout import services
from checkout.errors import PriceChanged
from checkout.invariants import ALL
from checkout.requests import ChangeLine, ChangeRequest
from core import clock
from core.errors import IdempotencyKeyReuseMismatch
from core.invariants import judge
from orders.errors import OrderTooLarge
from orders.models import Order, OrderItem
from payments.errors import PaymentDeclined
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)
_key = itertools.count(1)
Amounts = Mapping[Product, int | str]


def lines(amounts: Amounts, **more: Any) -> tuple[ChangeLine, ...]:
    return tuple(
        ChangeLine(product_id=product.pk, quantity=Decimal(amount), **more)
        for product, amount in amounts.items()
    )


def preview(order: Order, actor: User | None = None, **asked: Any) -> services.ChangePreview:
    return services.preview_change(
        actor=actor or order.user,
        order_id=order.pk,
        request=ChangeRequest(**asked),
        now=clock.now(),
        by_staff=actor is not None and actor.is_employee,
    )


def change(
    order: Order,
    actor: User | None = None,
    *,
    key: str = "",
    total: Decimal | str | None = None,
    version: int | None = None,
    now: dt.datetime | None = None,
    **asked: Any,
) -> Order:
    """Look first, as every face does, then change."""
    by_staff = actor is not None and actor.is_employee
    order.refresh_from_db()
    if total is None:
        total = preview(order, actor, **asked).plan.totals.total
    services.change(
        actor=actor or order.user,
        order_id=order.pk,
        key=key or f"change-{next(_key)}",
        request=ChangeRequest(
            **asked,
            expected_total=Decimal(total),
            expected_version=version or order.version,
            reason="fewer today" if by_staff else "",
        ),
        request_id="test",
        now=now or clock.now(),
        by_staff=by_staff,
    )
    return Order.objects.get(pk=order.pk)


def priced(order: Order) -> list[tuple[str, str]]:
    items = OrderItem.objects.filter(order=order).order_by("pk")
    return [(f"{item.quantity.normalize():f}", str(item.unit_price)) for item in items]


def holds(shop: Shop, order: Order) -> list[tuple[str, str]]:
    return [(row.state, str(row.authorized)) for row in shop.payments(order.user)]


def books_balance() -> None:
    wrong = [
        finding.what
        for verdict in judge(ALL)
        if not verdict.is_kept
        for finding in verdict.findings
    ]
    assert wrong == []


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(160))


class TestMoneyFirst:
    def test_more_is_held_before_it_is_written(self, shop: Shop, milk: Product) -> None:
        """160.00 held, 25.50 added: 185.50 is held, then 160.00 let go."""
        bread = shop.product(price=Decimal("25.50"))
        order = shop.order(quantities={milk: 1})

        seen = preview(order, lines=lines({milk: 1, bread: 1}))
        after = change(order, lines=lines({milk: 1, bread: 1}))

        assert (seen.difference, seen.needs_new_hold) == (Decimal("25.50"), True)
        assert (after.total_amount, after.version) == (Decimal("185.50"), 2)
        assert holds(shop, order) == [("VOIDED", "160.00"), ("AUTHORIZED", "185.50")]
        assert after.payment.authorized == Decimal("185.50")
        assert shop.stock(bread) == (100, 1)
        books_balance()

    def test_a_declined_card_changes_nothing(self, shop: Shop, milk: Product) -> None:
        bread = shop.product(price=Decimal("25.50"))
        order = shop.order(quantities={milk: 1})

        with pytest.raises(PaymentDeclined):
            change(
                order,
                lines=lines({milk: 1, bread: 1}),
                payment=shop.raw_card("tok_declined"),
            )

        order.refresh_from_db()
        assert (order.total_amount, order.version) == (Decimal(160), 1)
        assert not order.is_being_changed
        assert holds(shop, order) == [("AUTHORIZED", "160.00"), ("FAILED", "0.00")]
        assert shop.stock(bread) == (100, 0)
        assert priced(order) == [("1", "160.00")]
        books_balance()

    def test_a_fall_below_free_delivery_brings_the_fee(self, shop: Shop) -> None:
        """160.00 without 20.00: 140.00 and 30.00 for delivery are 170.00, which is held."""
        big, small = shop.product(price=Decimal(140)), shop.product(price=Decimal(20))
        order = shop.order(quantities={big: 1, small: 1})

        seen = preview(order, lines=lines({big: 1}))
        after = change(order, lines=lines({big: 1}))

        assert (f"{seen.difference}", seen.needs_new_hold) == ("10.00", True)
        assert (after.delivery_fee, after.total_amount) == (Decimal(30), Decimal(170))
        assert holds(shop, order) == [("VOIDED", "160.00"), ("AUTHORIZED", "170.00")]
        books_balance()

    def test_less_needs_no_other_hold(self, shop: Shop) -> None:
        """190.00 without 20.00: 170.00; 190.00 stays held, VAT 25.93."""
        big, small = shop.product(price=Decimal(170)), shop.product(price=Decimal(20))
        order = shop.order(quantities={big: 1, small: 1})

        seen = preview(order, lines=lines({big: 1}))
        after = change(order, lines=lines({big: 1}))

        assert (f"{seen.difference}", seen.needs_new_hold) == ("-20.00", False)
        assert (after.total_amount, after.vat_total) == (Decimal(170), Decimal("25.93"))
        assert holds(shop, order) == [("AUTHORIZED", "190.00")]
        assert shop.stock(small) == (100, 0)
        books_balance()

    def test_the_same_key_changes_once(self, shop: Shop, milk: Product) -> None:
        bread = shop.product(price=Decimal("25.50"))
        order = shop.order(quantities={milk: 1})
        asked = lines({milk: 1, bread: 1})
        change(order, key="k", lines=asked)

        again = change(order, key="k", lines=asked, total="185.50", version=1)

        assert again.version == 2
        assert len(shop.payments(order.user)) == 2
        with pytest.raises(IdempotencyKeyReuseMismatch):
            change(order, key="k", lines=lines({milk: 2}), total="320.00")


class TestHeldLater:
    def test_only_the_amount_changes(self, shop: Shop, milk: Product) -> None:
        late = shop.request(delivery_date=shop.date + dt.timedelta(days=7))
        order = shop.order(quantities={milk: 1}, request=late)
        apps.get_model("payments", "Payment").objects.filter(order=order).update(
            state="SCHEDULED",
            authorized=0,
            authorize_at=order.due_at - dt.timedelta(hours=48),
        )

        seen = preview(order, lines=lines({milk: 2}))
        after = change(order, lines=lines({milk: 2}))

        assert not seen.needs_new_hold
        assert after.total_amount == Decimal(320)
        [payment] = shop.payments(order.user)
        assert (payment.state, payment.amount) == ("SCHEDULED", Decimal(320))
        nearer = change(after, delivery_slot_id=shop.later_slot.pk, delivery_date=shop.date)
        [payment] = shop.payments(order.user)
        wanted = nearer.due_at - dt.timedelta(hours=48)
        assert payment.authorize_at == wanted or wanted < payment.authorize_at <= clock.now()
        books_balance()  # asked for in a moment: nothing was forgotten

    def test_what_costs_nothing_and_then_something(self, shop: Shop) -> None:
        air, milk = shop.weighed(price=Decimal("0.01"), quantity_step="0.1"), shop.product()
        order = shop.order(quantities={air: "0.1"}, request=shop.pickup())
        assert holds(shop, order) == [("NONE", "0.00")]
        after = change(order, lines=lines({air: "0.1", milk: 1}))
        assert after.payment.authorized == Decimal(10)
        books_balance()

    def test_more_than_the_shop_takes(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        dear = shop.product(price=Decimal("90000"), stock=10)
        with pytest.raises(OrderTooLarge):
            change(order, total="1.00", lines=lines({milk: 1, dear: 2}))
        assert shop.stock(dear) == (10, 0)


class TestPrices:
    @pytest.mark.parametrize(
        ("price", "after", "total"),
        [
            ("6.00", [("3", "5.00"), ("1", "6.00")], "21.00"),
            ("4.50", [("4", "4.50")], "18.00"),
        ],
    )
    def test_what_is_added_costs_todays_price(
        self, shop: Shop, price: str, after: Any, total: str
    ) -> None:
        milk = shop.product(price=Decimal(5))
        order = shop.order(quantities={milk: 3}, request=shop.pickup())
        Product.objects.filter(pk=milk.pk).update(price=Decimal(price))

        changed = change(order, lines=lines({milk: 4}))

        assert priced(changed) == after
        assert changed.total_amount == Decimal(total)
        assert shop.stock(milk, shop.branch) == (100, 4)
        books_balance()

    def test_two_lines_are_one_product_and_the_dearer_goes_first(self, shop: Shop) -> None:
        milk = shop.product(price=Decimal(5))
        order = shop.order(quantities={milk: 3}, request=shop.pickup())
        Product.objects.filter(pk=milk.pk).update(price=Decimal(6))
        change(order, lines=lines({milk: 4}))

        assert priced(change(order, lines=lines({milk: 3}))) == [("3", "5.00")]
        books_balance()

    def test_another_total_than_expected(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        with pytest.raises(PriceChanged) as refusal:
            change(order, lines=lines({milk: 2}), total="160.00")
        assert refusal.value.details["total"] == "320.00"
        assert shop.stock(milk) == (100, 1)


class TestPlace:
    def test_another_window(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})

        after = change(order, delivery_slot_id=shop.later_slot.pk, delivery_date=shop.date)

        assert (shop.taken(), shop.taken(shop.later_slot)) == (0, 1)
        assert after.due_at == order.due_at + dt.timedelta(hours=2)
        assert holds(shop, order) == [("AUTHORIZED", "160.00")]
        books_balance()

    def test_another_day_takes_its_vat(self, shop: Shop, milk: Product) -> None:
        """The rate is that of the day of supply, for what stays and what is added."""
        order = shop.order(quantities={milk: 1})
        day = shop.date + dt.timedelta(days=7)
        apps.get_model("catalog", "VatRate").objects.create(
            vat_class_id="STANDARD", rate=Decimal(20), valid_from=day
        )
        bread = shop.product(price=Decimal(20))
        after = change(
            order,
            delivery_slot_id=shop.slot.pk,
            delivery_date=day,
            lines=lines({milk: 1, bread: 1}),
        )
        assert {line.vat_rate for line in after.items.all()} == {Decimal(20)}
        assert (after.total_amount, after.vat_total) == (Decimal(180), Decimal(30))
        books_balance()

    def test_a_full_window(self, shop: Shop, milk: Product) -> None:
        shop.later_slot.capacity = 0
        shop.later_slot.save()
        order = shop.order(quantities={milk: 1})
        with pytest.raises(SlotFull):
            change(
                order,
                total="160.00",
                delivery_slot_id=shop.later_slot.pk,
                delivery_date=shop.date,
            )
        assert (shop.taken(), shop.taken(shop.later_slot)) == (1, 0)
        books_balance()

    def test_delivery_to_pickup_and_back(self, shop: Shop) -> None:
        milk = shop.product(price=Decimal(50))
        order = shop.order(quantities={milk: 1})

        there = change(order, fulfillment_type="PICKUP", branch_id=shop.branch.pk)

        assert (there.total_amount, there.delivery_fee) == (Decimal(50), 0)
        assert (there.branch, there.dated_slot) == (shop.branch, None)
        assert there.pickup.code
        assert not hasattr(there, "delivery")
        assert shop.stock(milk) == (100, 0)
        assert shop.stock(milk, shop.branch) == (100, 1)
        assert shop.taken() == 0
        books_balance()

        back = change(
            there,
            fulfillment_type="DELIVERY",
            delivery_slot_id=shop.slot.pk,
            delivery_date=shop.date,
        )

        assert (back.total_amount, back.delivery.line1) == (Decimal(80), "3 HaZait")
        assert not hasattr(back, "pickup")
        assert shop.stock(milk) == (100, 1)
        assert (shop.taken(), holds(shop, order)) == (1, [("AUTHORIZED", "80.00")])
        books_balance()

    def test_notes_and_the_door(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        after = change(order, notes="ring twice", delivery_preference="LEAVE_AT_DOOR")
        assert (after.notes, after.delivery.preference) == ("ring twice", "LEAVE_AT_DOOR")
        assert after.delivery.line1 == "3 HaZait"
