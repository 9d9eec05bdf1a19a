"""Once the charge is booked nothing of an order changes: differences found later are refunds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from billing.selectors import documents_of
from checkout.invariants import ALL
from core import clock
from core.errors import InvalidInput, NotFound
from orders import selectors, services, status
from orders.errors import InvalidStatusTransition, OrderNotInPicking
from orders.models import Order, OrderItem
from orders.tests.test_transitions import move, picked, settle
from tests.shop import Shop


def left(shop: Shop) -> Order:
    """An order of 100.00 and 80.00 (delivered for free) that is on its way and charged."""
    dear, cheap = shop.product(price=Decimal("100.00")), shop.product(price=Decimal("80.00"))
    order = shop.order(quantities={dear: 1, cheap: 1})
    picked(shop, order)
    move(shop.manager(), order, "OUT_FOR_DELIVERY")
    order.refresh_from_db()
    return order


def test_all_packed(shop: Shop) -> None:
    """2 × 20.00 + 150.00, free delivery: held 190.00, charged 190.00, nothing released."""
    eggs, wine = shop.product(price=Decimal("20.00")), shop.product(price=Decimal("150.00"))
    order = shop.order(quantities={eggs: 2, wine: 1})
    assert settle(order)["authorized"] == Decimal("190.00")
    picked(shop, order)
    move(shop.manager(), order, "OUT_FOR_DELIVERY")
    assert settle(order)["captured"] == Decimal("190.00")
    order.refresh_from_db()
    assert order.vat_total == Decimal("28.98")
    assert order.captured_at is not None
    assert order.left_at is not None


def test_what_is_missing_is_not_charged_and_the_fee_stays_what_it_was(shop: Shop) -> None:
    """100.00 + 80.00, the 80.00 missing: charged 100.00 with VAT 15.25, still delivered for free."""
    dear = shop.product(price=Decimal("100.00"))
    cheap = shop.product(price=Decimal("80.00"), sku="cheap")
    order = shop.order(quantities={dear: 1, cheap: 1})
    picked(shop, order, cheap=None)
    mia = shop.manager()
    move(mia, order, "READY")
    move(mia, order, "OUT_FOR_DELIVERY")
    assert settle(order)["captured"] == Decimal("100.00")
    order.refresh_from_db()
    assert order.delivery_fee == 0
    [paper] = documents_of(order_id=order.pk)
    assert (paper.total, [row.vat for row in paper.vat]) == (Decimal("100.00"), [Decimal("15.25")])


def test_nothing_is_picked_again_after_it_left(shop: Shop) -> None:
    order, mia = left(shop), shop.manager()
    move(mia, order, "DELAYED")
    order.refresh_from_db()
    assert status.allowed_transitions(order, mia) == ["OUT_FOR_DELIVERY", "DELIVERED", "CANCELED"]
    with pytest.raises(InvalidStatusTransition) as refusal:
        move(mia, order, "IN_PROGRESS")
    assert refusal.value.details["allowed"] == ["OUT_FOR_DELIVERY", "DELIVERED", "CANCELED"]
    with pytest.raises(InvalidStatusTransition):
        services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    with pytest.raises(OrderNotInPicking):
        services.pick_item(
            actor=mia,
            order_id=order.pk,
            item_id=order.items.all()[0].pk,
            picked_status="MISSING",
            now=clock.now(),
        )
    assert settle(order)["captured"] == Decimal("180.00")
    vat = selectors.vat_rows(order=selectors.order_by_id(order_id=order.pk))
    assert [row.vat for row in vat] == [Decimal("27.46")]


def test_the_neighbour_took_it(shop: Shop) -> None:
    order, mia = left(shop), shop.manager()
    move(mia, order, "DELAYED")
    move(mia, order, "DELIVERED")
    order.refresh_from_db()
    assert (order.status, order.delivered_at is not None) == ("DELIVERED", True)


def test_a_delayed_order_that_never_left_is_not_delivered(shop: Shop) -> None:
    order, mia = shop.order(), shop.manager()
    move(mia, order, "DELAYED")
    with pytest.raises(InvalidStatusTransition):
        move(mia, order, "DELIVERED")


LINE = [
    {"quantity": 7},
    {"picked_quantity": 7},
    {"picked_status": "MISSING", "picked_quantity": None},
    {"unit_price": 1},
    {"discount": 1},
    {"line_total": 1},
    {"vat_rate": 0},
]
SUMS = [
    {"subtotal": 181, "total_amount": 181},
    {"delivery_fee": 1, "total_amount": 181},
    {"vat_total": 0},
    {"captured_at": None},
]


@pytest.mark.parametrize("change", LINE)
def test_the_database_freezes_the_lines(shop: Shop, change: dict[str, object]) -> None:
    order = left(shop)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        OrderItem.objects.filter(order=order).update(**change)


@pytest.mark.parametrize("change", SUMS)
def test_the_database_freezes_the_sums(shop: Shop, change: dict[str, object]) -> None:
    order = left(shop)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**change)


def test_no_line_comes_and_none_goes(shop: Shop) -> None:
    order = left(shop)
    line = order.items.all()[0]
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        line.delete()
    line.pk = None
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        line.save(force_insert=True)


def test_window_and_person_may_still_change(shop: Shop) -> None:
    order = left(shop)
    Order.objects.filter(pk=order.pk).update(notes="", due_at=clock.now())
    OrderItem.objects.filter(order=order).update(missing_reason="")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_orderdelivery SET recipient = '' WHERE order_id = %s", [order.pk]
        )
        assert cursor.rowcount == 1


class TestCancelledAfterItLeft:
    def cancel(self, shop: Shop, restock: int) -> list[Decimal]:
        order, mia = left(shop), shop.manager()
        lines = list(order.items.all())
        move(mia, order, "DELAYED")
        services.change_status(
            actor=mia,
            order_id=order.pk,
            to="CANCELED",
            restock=[line.pk for line in lines[:restock]],
            now=clock.now(),
        )
        assert settle(order)["refunded"] == Decimal("180.00")
        assert [found.what for rule in ALL for found in rule.check(None)] == []
        return [shop.stock(line.product)[0] for line in lines]

    def test_chilled_goods_do_not_return_to_the_shelf(self, shop: Shop) -> None:
        assert self.cancel(shop, 0) == [99, 99]

    def test_but_the_lines_that_staff_name_do(self, shop: Shop) -> None:
        assert self.cancel(shop, 1) == [100, 99]

    def test_a_line_of_another_order_does_not_return(self, shop: Shop) -> None:
        order, mia, other = left(shop), shop.manager(), shop.order()
        move(mia, order, "DELAYED")
        lines = [order.items.all()[0].pk, other.items.get().pk]
        for to, wrong in (("CANCELED", NotFound), ("DELIVERED", InvalidInput)):
            with pytest.raises(wrong):
                services.change_status(
                    actor=mia, order_id=order.pk, to=to, restock=lines, now=clock.now()
                )
        order.refresh_from_db()
        assert (order.status, settle(order)["refunded"]) == ("DELAYED", 0)

    def test_staff_tick_them_on_the_page(self, shop: Shop, client: Client) -> None:
        order, mia = left(shop), shop.manager()
        move(mia, order, "DELAYED")
        client.force_login(mia)
        page = f"/ops/orders/{order.order_number}/"
        keys = [line.pk for line in order.items.all()]
        shown = client.get(page).content.decode()
        assert all(f'name="restock" value="{key}"' in shown for key in keys)
        said = {"status": "CANCELED", "reason": "nobody home"}
        client.post(f"{page}status/", {**said, "restock": ["x"]})
        order.refresh_from_db()
        assert order.status == "DELAYED"
        client.post(f"{page}status/", {**said, "restock": keys[:1]})
        shelf = [shop.stock(line.product)[0] for line in order.items.all()]
        assert shelf == [100, 99]


class TestOnesOwn:
    """A customer who became staff does not handle what they bought, whatever their role."""

    @pytest.mark.parametrize("role", ["EMPLOYEE", "MANAGER", "ADMIN"])
    def test_nobody_handles_their_own_order(self, shop: Shop, role: str) -> None:
        from orders.errors import OwnOrder

        ada = shop.customer()
        order = shop.order(ada)
        ada.role = role
        ada.save()
        line = order.items.get()
        now = clock.now()
        assert status.allowed_transitions(order, ada) == []
        steps = [
            lambda: services.claim_order(actor=ada, order_id=order.pk, now=now),
            lambda: services.take_over(actor=ada, order_id=order.pk, from_id=1, now=now),
            lambda: services.hand_back(actor=ada, order_id=order.pk, now=now),
            lambda: services.finish_picking(actor=ada, order_id=order.pk, now=now),
            lambda: services.pick_item(
                actor=ada, order_id=order.pk, item_id=line.pk, picked_status="PICKED", now=now
            ),
            lambda: services.substitute(
                actor=ada, order_id=order.pk, item_id=line.pk, product_id=line.product_id, now=now
            ),
            lambda: move(ada, order, "CANCELED"),
        ]
        for step in steps:
            with pytest.raises(OwnOrder):
                step()
        order.refresh_from_db()
        assert (order.status, order.picker_id) == ("CREATED", None)
        assert order.timeline.count() == 1
        assert order.items.get().picked_status == "PENDING"

    def test_and_refunds_nothing_of_it(self, shop: Shop) -> None:
        from orders.errors import OwnOrder

        order = left(shop)
        ada = order.user
        ada.role = "MANAGER"
        ada.save()
        with pytest.raises(OwnOrder):
            services.refund(
                actor=ada,
                order_id=order.pk,
                request=services.RefundRequest(amount=Decimal(1), reason_code="LATE"),
                key="k",
                now=clock.now(),
            )
        assert settle(order)["refunded"] == 0


def test_a_key_belongs_to_a_person(shop: Shop) -> None:
    """Two managers refund 5.00, both with key `k`: two refunds; the first again: nothing new."""
    order = left(shop)
    mia, max_ = shop.manager(), shop.manager()

    def refund(actor: object) -> int:
        return services.refund(
            actor=actor,  # type: ignore[arg-type]
            order_id=order.pk,
            request=services.RefundRequest(amount=Decimal("5.00"), reason_code="LATE"),
            key="k",
            now=clock.now(),
        )

    first, second = refund(mia), refund(max_)
    assert first != second
    assert refund(mia) == first
    assert settle(order)["refunded"] == Decimal("10.00")
