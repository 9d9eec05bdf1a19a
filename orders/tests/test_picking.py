"""Picking: what each answer does to the line, the shelf and the promise."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import User
from core import clock
from core.errors import InvalidInput, NotFound, PermissionRefused
from orders import services
from orders.errors import OrderClaimed, OrderNotInPicking
from orders.models import Order, OrderItem
from tests.shop import Shop


@pytest.fixture
def eli(shop: Shop) -> User:
    return shop.employee()


def answer(actor: User, item: OrderItem, status: str, **values: object) -> OrderItem:
    return services.pick_item(
        actor=actor,
        order_id=item.order_id,
        item_id=item.pk,
        picked_status=status,
        now=clock.now(),
        **values,  # type: ignore[arg-type]
    )


def begin(shop: Shop, eli: User, **products: object) -> OrderItem:
    """An order of three units of ₪10 that `eli` is picking; its line."""
    milk = shop.product(stock=10)
    order = shop.order(quantities={milk: 3})
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    return order.items.get()


def test_found(shop: Shop, eli: User) -> None:
    item = begin(shop, eli)
    answer(eli, item, "PICKED")
    item.refresh_from_db()
    assert (item.picked_status, item.picked_quantity) == ("PICKED", Decimal(3))
    assert shop.stock(item.product) == (Decimal(7), Decimal(0))
    entry = shop.audit(entity_type="order_item", action="PICK")[-1]
    assert entry.old_value == {"picked_status": "PENDING", "picked_quantity": None}
    assert entry.new_value == {"picked_status": "PICKED", "picked_quantity": "3.000"}


def test_found_fewer(shop: Shop, eli: User) -> None:
    item = begin(shop, eli)
    answer(eli, item, "PICKED", picked_quantity=Decimal(2))
    assert shop.stock(item.product) == (Decimal(8), Decimal(0))


def test_missing(shop: Shop, eli: User) -> None:
    item = begin(shop, eli)
    answer(eli, item, "MISSING", reason="shelf empty")
    item.refresh_from_db()
    assert item.missing_reason == "shelf empty"
    assert shop.stock(item.product) == (Decimal(10), Decimal(0))


@pytest.mark.parametrize("first", ["PICKED", "MISSING"])
@pytest.mark.parametrize("second", ["PICKED", "MISSING", "PENDING"])
def test_an_answer_may_be_taken_back(shop: Shop, eli: User, first: str, second: str) -> None:
    item = begin(shop, eli)
    answer(eli, item, first)
    answer(eli, item, second)
    answer(eli, item, second)
    expected = {
        "PICKED": (Decimal(7), Decimal(0)),
        "MISSING": (Decimal(10), Decimal(0)),
        "PENDING": (Decimal(10), Decimal(3)),
    }
    assert shop.stock(item.product) == expected[second]


def test_a_corrected_weight_moves_the_difference(shop: Shop, eli: User) -> None:
    tomatoes = shop.weighed(stock=10)
    order = shop.order(quantities={tomatoes: "1.5"})
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    item = order.items.get()
    for weight, left in (("1.48", "8.52"), ("1.62", "8.38"), ("1.31", "8.69")):
        answer(eli, item, "PICKED", picked_quantity=Decimal(weight))
        assert shop.stock(tomatoes) == (Decimal(left), Decimal(0))


@pytest.mark.parametrize("quantity", ["0", "-1", "4", "1.5", "NaN", "Infinity"])
def test_amounts_that_cannot_be(shop: Shop, eli: User, quantity: str) -> None:
    item = begin(shop, eli)
    with pytest.raises(InvalidInput) as refusal:
        answer(eli, item, "PICKED", picked_quantity=Decimal(quantity))
    assert "picked_quantity" in refusal.value.details["fields"]
    assert shop.stock(item.product) == (Decimal(10), Decimal(3))


def test_only_while_it_is_picked(shop: Shop, eli: User) -> None:
    order = shop.order()
    with pytest.raises(OrderNotInPicking):
        answer(eli, order.items.get(), "PICKED")
    assert order.items.get().picked_status == "PENDING"


def test_a_line_of_another_order(shop: Shop, eli: User) -> None:
    item, other = begin(shop, eli), begin(shop, eli)
    with pytest.raises(NotFound):
        services.pick_item(
            actor=eli,
            order_id=item.order_id,
            item_id=other.pk,
            picked_status="PICKED",
            now=clock.now(),
        )


def test_an_unknown_answer(shop: Shop, eli: User) -> None:
    with pytest.raises(InvalidInput):
        answer(eli, begin(shop, eli), "LOST")


def test_customers_do_not_pick(shop: Shop, eli: User) -> None:
    item = begin(shop, eli)
    with pytest.raises(PermissionRefused):
        answer(shop.customer(), item, "PICKED")
    with pytest.raises(PermissionRefused):
        services.claim_order(actor=shop.customer(), order_id=item.order_id, now=clock.now())


class TestClaiming:
    def test_the_first_one_has_it(self, shop: Shop, eli: User) -> None:
        order, dan = shop.order(), shop.employee()
        services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
        services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
        with pytest.raises(OrderClaimed) as refusal:
            services.claim_order(actor=dan, order_id=order.pk, now=clock.now())
        assert refusal.value.details == {"picker": eli.full_name}
        order.refresh_from_db()
        assert order.picker == eli
        assert [change.status for change in order.timeline.all()] == ["CREATED", "IN_PROGRESS"]

    def test_unknown(self, eli: User) -> None:
        with pytest.raises(NotFound):
            services.claim_order(actor=eli, order_id=999_999, now=clock.now())


def test_pickers_side_by_side_see_one_order(shop: Shop, eli: User) -> None:
    """Two people answer two lines; neither write is lost (the race itself: test_races)."""
    milk, eggs = shop.product(), shop.product()
    order = shop.order(quantities={milk: 1, eggs: 1})
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    for item, actor in zip(order.items.all(), (eli, shop.employee()), strict=True):
        answer(actor, item, "PICKED")
    assert set(Order.objects.get(pk=order.pk).items.values_list("picked_status", flat=True)) == {
        "PICKED"
    }
