"""The status machine: every pair of states for every role, and what each move brings with it."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from accounts.models import Role, User
from cart.models import CartItem
from core import clock
from core.errors import InvalidInput, NotFound, PermissionRefused
from orders import selectors, services, status
from orders.errors import InvalidStatusTransition, OrderNotCancelable
from orders.models import Order, OrderStatus
from payments.selectors import payment_summary
from payments.services import perform_open_calls
from tests.shop import Shop

pytestmark = pytest.mark.slow


def move(actor: User, order: Order, to: str) -> Order:
    return services.change_status(actor=actor, order_id=order.pk, to=to, now=clock.now())


def picked(shop: Shop, order: Order, **answers: Decimal | None) -> User:
    """Claim the order and find everything, or by sku the given amounts (None: missing)."""
    eli = shop.employee()
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    for item in order.items.all():
        found = answers.get(item.sku.replace("-", "_"), item.quantity)
        services.pick_item(
            actor=eli,
            order_id=order.pk,
            item_id=item.pk,
            picked_status="MISSING" if found is None else "PICKED",
            picked_quantity=found,
            now=clock.now(),
        )
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now(), bags=2)
    return eli


def settle(order: Order) -> dict[str, object]:
    """Perform what was asked of the provider; what the customer sees of the payment then."""
    perform_open_calls(now=clock.now())
    services.follow_calls(now=clock.now())
    return payment_summary(payment_id=order.payment_id)


DOCUMENTED = {
    Role.CUSTOMER: {},
    Role.EMPLOYEE: {"CREATED": {"IN_PROGRESS"}, "IN_PROGRESS": {"READY", "MISSING"}},
    Role.MANAGER: {
        "CREATED": {"IN_PROGRESS", "CANCELED", "DELAYED"},
        "IN_PROGRESS": {"READY", "MISSING", "DELAYED", "CANCELED"},
        "DELAYED": {"IN_PROGRESS", "CANCELED", "OUT_FOR_DELIVERY"},
        "MISSING": {"IN_PROGRESS", "READY", "CANCELED"},
        "READY": {"OUT_FOR_DELIVERY", "DELIVERED", "DELAYED"},
        "OUT_FOR_DELIVERY": {"DELIVERED", "DELAYED"},
    },
}
DOCUMENTED[Role.ADMIN] = DOCUMENTED[Role.MANAGER]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("at", "to"), list(itertools.product(OrderStatus.values, repeat=2)))
def test_the_table_is_the_documented_one(role: str, at: str, to: str) -> None:
    order, person = Order(status=at, was_ready=True), User(role=role)
    assert status.may_move(order, person, to) == (to in DOCUMENTED[role].get(at, set()))


def test_a_refused_move_says_what_would_be_allowed(shop: Shop) -> None:
    order, eli = shop.order(), shop.employee()
    with pytest.raises(InvalidStatusTransition) as refusal:
        move(eli, order, "DELIVERED")
    assert refusal.value.details == {
        "from": "CREATED",
        "to": "DELIVERED",
        "allowed": ["IN_PROGRESS"],
    }
    order.refresh_from_db()
    assert order.status == "CREATED"
    assert order.timeline.count() == 1


def test_the_status_it_already_has(shop: Shop) -> None:
    with pytest.raises(InvalidStatusTransition):
        move(shop.manager(), shop.order(), "CREATED")


@pytest.mark.parametrize(
    ("answers", "to", "blocked_by"),
    [
        (["PICKED", "PENDING"], "READY", "ITEMS_PENDING"),
        (["PICKED", "MISSING"], "READY", "ITEMS_MISSING"),
        (["MISSING", "PENDING"], "MISSING", "ITEMS_PENDING"),
        (["PICKED", "PICKED"], "MISSING", "NO_ITEM_MISSING"),
    ],
)
def test_what_the_lines_forbid(shop: Shop, answers: list[str], to: str, blocked_by: str) -> None:
    order, eli = shop.order(quantities={shop.product(): 1, shop.product(): 1}), shop.employee()
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    for item, answer in zip(order.items.all(), answers, strict=True):
        services.pick_item(
            actor=eli, order_id=order.pk, item_id=item.pk, picked_status=answer, now=clock.now()
        )
    with pytest.raises(InvalidStatusTransition) as refusal:
        move(eli, order, to)
    assert refusal.value.details["blocked_by"] == blocked_by


def test_each_kind_leaves_in_its_own_way(shop: Shop) -> None:
    mia, ada = shop.manager(), shop.customer()
    shop.fill(ada, {shop.product(): 1})
    pickup = Order.objects.get(pk=shop.confirm(ada, request=shop.pickup()).order_id)
    delivery = shop.order()
    for order in (pickup, delivery):
        picked(shop, order)
    with pytest.raises(InvalidStatusTransition) as refusal:
        move(mia, pickup, "OUT_FOR_DELIVERY")
    assert refusal.value.details["blocked_by"] == "NOT_DELIVERY"
    with pytest.raises(InvalidStatusTransition) as refusal:
        move(mia, delivery, "DELIVERED")
    assert refusal.value.details["blocked_by"] == "NOT_PICKUP"
    move(mia, pickup, "DELIVERED")
    assert settle(pickup)["status"] == "CAPTURED"


class TestTheWholeWay:
    def test_delivered_and_charged_once(self, shop: Shop) -> None:
        mia, order = shop.manager(), shop.order()
        picked(shop, order)
        assert settle(order)["status"] == "AUTHORIZED"
        for to in ("OUT_FOR_DELIVERY", "DELAYED", "OUT_FOR_DELIVERY", "DELIVERED"):
            move(mia, order, to)
        paid = settle(order)
        assert (paid["status"], paid["captured"]) == ("CAPTURED", Decimal("60.00"))
        order.refresh_from_db()
        assert order.delivered_at is not None
        assert order.bags == 2
        assert [change.status for change in order.timeline.all()] == [
            "CREATED",
            "IN_PROGRESS",
            "READY",
            "OUT_FOR_DELIVERY",
            "DELAYED",
            "OUT_FOR_DELIVERY",
            "DELIVERED",
        ]

    def test_missing_goods_are_not_charged(self, shop: Shop) -> None:
        mia, milk, eggs = shop.manager(), shop.product(sku="milk"), shop.product(sku="eggs")
        order = shop.order(quantities={milk: 3, eggs: 2})
        picked(shop, order, eggs=None)
        order.refresh_from_db()
        assert order.status == "MISSING"
        move(mia, order, "READY")
        move(mia, order, "OUT_FOR_DELIVERY")
        assert settle(order)["captured"] == Decimal("60.00")

    def test_a_lighter_piece_costs_less(self, shop: Shop) -> None:
        tomatoes = shop.weighed(sku="tomatoes")
        order = shop.order(quantities={tomatoes: "1.5"})
        picked(shop, order, tomatoes=Decimal("1.31"))
        move(shop.manager(), order, "OUT_FOR_DELIVERY")
        assert settle(order)["captured"] == Decimal("41.66")

    def test_a_heavier_piece_never_costs_more_than_agreed(self, shop: Shop) -> None:
        tomatoes = shop.weighed(sku="tomatoes")
        order = shop.order(quantities={tomatoes: "1.5"})
        picked(shop, order, tomatoes=Decimal("1.8"))
        move(shop.manager(), order, "OUT_FOR_DELIVERY")
        assert settle(order)["captured"] == order.total_amount

    def test_nothing_found_costs_nothing(self, shop: Shop) -> None:
        milk = shop.product(sku="milk")
        order = shop.order(quantities={milk: 3})
        picked(shop, order, milk=None)
        mia = shop.manager()
        move(mia, order, "READY")
        move(mia, order, "OUT_FOR_DELIVERY")
        assert settle(order)["status"] == "VOIDED"

    def test_a_delayed_order_that_was_never_picked_does_not_leave(self, shop: Shop) -> None:
        mia, order = shop.manager(), shop.order()
        move(mia, order, "DELAYED")
        with pytest.raises(InvalidStatusTransition):
            move(mia, order, "OUT_FOR_DELIVERY")


class TestCancelling:
    def test_the_customer_cancels_and_everything_is_free(self, shop: Shop) -> None:
        ada, milk = shop.customer(), shop.product()
        order = shop.order(ada, {milk: 3})
        services.cancel(actor=ada, order_id=order.pk, now=clock.now())
        order.refresh_from_db()
        assert order.status == "CANCELED"
        assert shop.stock(milk) == (Decimal(100), Decimal(0))
        assert shop.taken() == 0
        assert settle(order)["status"] == "VOIDED"
        assert len(shop.audit(entity_type="order", action="CANCEL")) == 1

    def test_once(self, shop: Shop) -> None:
        ada = shop.customer()
        order = shop.order(ada)
        services.cancel(actor=ada, order_id=order.pk, now=clock.now())
        with pytest.raises(OrderNotCancelable):
            services.cancel(actor=ada, order_id=order.pk, now=clock.now())
        assert shop.taken() == 0

    def test_not_once_it_is_picked(self, shop: Shop) -> None:
        ada = shop.customer()
        order = shop.order(ada)
        services.claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        with pytest.raises(OrderNotCancelable) as refusal:
            services.cancel(actor=ada, order_id=order.pk, now=clock.now())
        assert refusal.value.details == {"status": "IN_PROGRESS"}

    def test_a_stranger_does_not_find_it(self, shop: Shop) -> None:
        order = shop.order()
        for stranger in (shop.customer(), shop.manager()):
            with pytest.raises(NotFound):
                services.cancel(actor=stranger, order_id=order.pk, now=clock.now())
        services.cancel(actor=shop.person(Role.ADMIN), order_id=order.pk, now=clock.now())

    def test_a_manager_cancels_half_picked_goods_go_back(self, shop: Shop) -> None:
        milk, eggs, eli = shop.product(), shop.product(), shop.employee()
        order = shop.order(quantities={milk: 3, eggs: 2})
        services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
        services.pick_item(
            actor=eli,
            order_id=order.pk,
            item_id=order.items.get(product=milk).pk,
            picked_status="PICKED",
            now=clock.now(),
        )
        move(shop.manager(), order, "CANCELED")
        assert shop.stock(milk) == (Decimal(100), Decimal(0))
        assert shop.stock(eggs) == (Decimal(100), Decimal(0))
        assert settle(order)["status"] == "VOIDED"

    def test_after_it_was_charged_the_money_comes_back(self, shop: Shop) -> None:
        mia, order = shop.manager(), shop.order()
        picked(shop, order)
        move(mia, order, "OUT_FOR_DELIVERY")
        assert settle(order)["status"] == "CAPTURED"
        move(mia, order, "DELAYED")
        move(mia, order, "CANCELED")
        paid = settle(order)
        assert (paid["status"], paid["refunded"]) == ("REFUNDED", Decimal("60.00"))


def test_customers_move_nothing(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(PermissionRefused):
        move(order.user, order, "CANCELED")
    with pytest.raises(PermissionRefused):
        services.finish_picking(actor=order.user, order_id=order.pk, now=clock.now())


def test_words_that_are_no_status(shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        move(shop.manager(), shop.order(), "LOST")
    with pytest.raises(NotFound):
        services.change_status(actor=shop.manager(), order_id=999_999, to="READY", now=clock.now())


class TestReading:
    def test_ones_own_orders_newest_first(self, shop: Shop) -> None:
        ada = shop.customer()
        first, second = shop.order(ada), shop.order(ada)
        shop.order()
        assert list(selectors.orders_of(actor=ada)) == [second, first]
        assert not selectors.orders_of(actor=ada, statuses=["DELIVERED"]).exists()

    def test_strangers_find_nothing(self, shop: Shop) -> None:
        order = shop.order()
        for stranger in (shop.customer(), shop.employee(), shop.manager()):
            with pytest.raises(NotFound):
                selectors.order_for(actor=stranger, order_id=order.pk)
            with pytest.raises(NotFound):
                selectors.order_by_number(actor=stranger, number=order.order_number)
        assert selectors.order_for(actor=shop.person(Role.ADMIN), order_id=order.pk) == order

    def test_a_number_may_be_typed_carelessly(self, shop: Shop) -> None:
        order = shop.order()
        typed = f" {order.order_number.lower().replace('0', 'o').replace('1', 'l')} "
        assert selectors.order_by_number(actor=order.user, number=typed) == order

    def test_three_queries_for_any_order(self, shop: Shop, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        small = shop.order()
        large = shop.order(quantities={shop.product(): 1 for _ in range(12)})
        for order in (small, large):
            ada = order.user
            with django_assert_num_queries(3):
                found = selectors.order_for(actor=ada, order_id=order.pk)
                selectors.vat_rows(order=found)
                [(item.product.category.name, item.name) for item in found.items.all()]
                [change.status for change in found.timeline.all()]
                assert found.payment.state == "AUTHORIZED"


def test_ordering_the_same_again(shop: Shop) -> None:
    ada, milk, gone = shop.customer(), shop.product(), shop.product()
    order = shop.order(ada, {milk: 2, gone: 1})
    gone.is_active = False
    gone.save()
    result = services.reorder(actor=ada, order_id=order.pk, now=clock.now())
    assert [(one.name, one.reason) for one in result.not_added] == [(gone.name_he, "INACTIVE")]
    assert [
        (line.product_id, line.quantity) for line in CartItem.objects.filter(cart__status="ACTIVE")
    ] == [(milk.pk, Decimal(2))]
    with pytest.raises(NotFound):
        services.reorder(actor=shop.customer(), order_id=order.pk, now=clock.now())
