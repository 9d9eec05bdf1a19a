"""A substitute: safe, wanted, free on the shelf, never dearer, and undone without a trace in the books."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from checkout.invariants import ALL
from core import clock
from core.errors import InvalidInput, PermissionRefused
from inventory.errors import InsufficientStock
from orders import services
from orders.errors import OrderNotInPicking, SubstituteNotPossible
from orders.line_changes import line_changes
from orders.models import Order, OrderItem
from orders.selectors import amount_due, order_by_id
from payments.services import perform_open_calls
from tests.shop import Shop

KOSHER = {"dietary_tags": ["kosher_dairy", "vegetarian"], "allergens": ["milk"]}


@pytest.fixture
def milk(shop: Shop):
    return shop.product(stock=10, price=Decimal("10.00"), **KOSHER)


@pytest.fixture
def other(shop: Shop):
    return shop.product(stock=10, price=Decimal("8.00"), **KOSHER)


@pytest.fixture
def eli(shop: Shop):
    return shop.employee()


def picking(shop: Shop, eli, milk, quantity=2, choice="BEST_MATCH") -> tuple[Order, OrderItem]:
    order = shop.order(quantities={milk: quantity})
    order.items.update(substitution=choice)
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    return order, order.items.get()


def give(eli, item, product, **values):
    return services.substitute(
        actor=eli, order_id=item.order_id, item_id=item.pk, product_id=product.pk,
        now=clock.now(), **values,
    )  # fmt: skip


def answer(eli, item, status, quantity=None) -> None:
    services.pick_item(
        actor=eli, order_id=item.order_id, item_id=item.pk, picked_status=status,
        picked_quantity=None if quantity is None else Decimal(quantity), now=clock.now(),
    )  # fmt: skip


def due(order: Order) -> Decimal:
    order = order_by_id(order_id=order.pk)
    return amount_due(order=order, items=order.items.all()) - order.delivery_fee


def test_the_line_is_replaced_and_both_shelves_follow(shop: Shop, eli, milk, other):
    order, item = picking(shop, eli, milk)
    by = give(eli, item, other)
    item.refresh_from_db()
    assert (item.picked_status, item.missing_reason) == ("MISSING", "OUT_OF_STOCK")
    assert (by.picked_status, by.picked_quantity, by.substitute_for_id) == ("PICKED", 2, item.pk)
    assert shop.stock(milk) == (Decimal(10), Decimal(0))
    assert shop.stock(other) == (Decimal(8), Decimal(0))
    assert due(order) == Decimal("16.00")
    assert services.finish_picking(actor=eli, order_id=order.pk, now=clock.now()).status == "READY"
    assert [finding for rule in ALL for finding in rule.check(None)] == []


@pytest.mark.parametrize(("price", "charged"), [("11.50", "19.80"), ("8.00", "16.00")])
def test_example_14_never_dearer_and_what_is_cheaper_costs_less(shop: Shop, eli, price, charged):
    milk = shop.product(stock=10, price=Decimal("9.90"), **KOSHER)
    order, item = picking(shop, eli, milk)
    by = give(eli, item, shop.product(stock=10, price=Decimal(price), **KOSHER))
    assert by.discount == max(2 * by.unit_price - Decimal("19.80"), 0)
    assert due(order) == Decimal(charged)


@pytest.mark.parametrize(("quantity", "charged"), [(2, "20.00"), (1, "10.00")])
def test_a_dearer_one_costs_what_the_line_would_have(shop: Shop, eli, milk, quantity, charged):
    order, item = picking(shop, eli, milk)
    dear = shop.product(stock=10, price=Decimal("14.90"), **KOSHER)
    give(eli, item, dear, quantity=Decimal(quantity))
    assert due(order) == Decimal(charged)
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
    )
    perform_open_calls(now=clock.now())
    order.payment.refresh_from_db()
    assert order.payment.captured == Decimal(charged) + order.delivery_fee
    assert order.payment.captured <= order.payment.authorized
    assert [finding for rule in ALL for finding in rule.check(None)] == []


@pytest.mark.parametrize(
    ("facts", "choice", "reason"),
    [
        ({"allergens": ["milk", "nuts"]}, "BEST_MATCH", "UNSAFE"),
        ({"dietary_tags": ["kosher_dairy"]}, "BEST_MATCH", "UNSAFE"),
        ({"dietary_tags": ["kosher_parve", "vegetarian"]}, "BEST_MATCH", "UNSAFE"),
        ({"is_active": False}, "BEST_MATCH", "UNSAFE"),
        ({}, "REFUND", "NOT_WANTED"),
        ({}, "CALL_ME", "NOT_AGREED"),
    ],
)
def test_refused_with_nothing_changed(shop: Shop, eli, milk, facts, choice, reason):
    order, item = picking(shop, eli, milk, choice=choice)
    wrong = shop.product(stock=10, **{**KOSHER, **facts})
    with pytest.raises(SubstituteNotPossible) as refused:
        give(eli, item, wrong)
    assert refused.value.details["reason"] == reason
    item.refresh_from_db()
    assert (order.items.count(), item.picked_status) == (1, "PENDING")
    assert shop.stock(milk) == (Decimal(10), Decimal(2))
    assert shop.stock(wrong) == (Decimal(10), Decimal(0))


def test_asked_and_agreed(shop: Shop, eli, milk, other):
    _order, item = picking(shop, eli, milk, choice="CALL_ME")
    assert give(eli, item, other, agreed=True).product_id == other.pk


def test_never_from_what_others_were_promised(shop: Shop, eli, milk):
    order, item = picking(shop, eli, milk)
    scarce = shop.product(stock=3, **KOSHER)
    shop.order(quantities={scarce: 2})
    with pytest.raises(InsufficientStock):
        give(eli, item, scarce)
    assert order.items.get().picked_status == "PENDING"
    assert shop.stock(milk) == (Decimal(10), Decimal(2))


def test_by_whom_when_and_how_much(shop: Shop, eli, milk, other):
    order, item = picking(shop, eli, milk)
    with pytest.raises(PermissionRefused):
        give(shop.customer(), item, other)
    for amount in ("0", "3", "1.5", "NaN"):
        with pytest.raises(InvalidInput):
            give(eli, item, other, quantity=Decimal(amount))
    by = give(eli, item, other)
    for line, reason in ((item, "ALREADY_REPLACED"), (by, "NOT_MISSING")):
        with pytest.raises(SubstituteNotPossible) as refused:
            give(eli, line, other)
        assert refused.value.details["reason"] == reason
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    with pytest.raises(OrderNotInPicking):
        give(eli, item, other)


@pytest.mark.parametrize("whose", ["line", "substitute"])
def test_undone(shop: Shop, eli, milk, other, whose):
    order, item = picking(shop, eli, milk)
    by = give(eli, item, other)
    line = item if whose == "line" else by
    back = services.pick_item(actor=eli, order_id=order.pk, item_id=line.pk,
                              picked_status="PENDING", now=clock.now())  # fmt: skip
    assert (back.pk, back.picked_status) == (item.pk, "PENDING")
    assert order.items.count() == 1
    assert shop.stock(milk) == (Decimal(10), Decimal(2))
    assert shop.stock(other) == (Decimal(10), Decimal(0))
    assert [finding for rule in ALL for finding in rule.check(None)] == []


def test_a_manager_decides_while_the_order_waits(shop: Shop, eli, milk, other):
    order, item = picking(shop, eli, milk)
    services.pick_item(actor=eli, order_id=order.pk, item_id=item.pk, picked_status="MISSING",
                       now=clock.now())  # fmt: skip
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    with pytest.raises(OrderNotInPicking):
        give(eli, item, other)
    mia = shop.manager()
    give(mia, item, other)
    ready = services.change_status(actor=mia, order_id=order.pk, to="READY", now=clock.now())
    assert (ready.status, due(order)) == ("READY", Decimal("16.00"))
    assert [finding for rule in ALL for finding in rule.check(None)] == []


def test_cancelling_puts_the_substitute_back(shop: Shop, eli, milk, other):
    order, item = picking(shop, eli, milk)
    give(eli, item, other)
    services.change_status(actor=shop.manager(), order_id=order.pk, to="CANCELED", now=clock.now())
    assert shop.stock(milk) == (Decimal(10), Decimal(0))
    assert shop.stock(other) == (Decimal(10), Decimal(0))
    assert [finding for rule in ALL for finding in rule.check(None)] == []


def test_its_customer_reads_what_came_instead(shop: Shop, eli, milk, other, client):
    order, item = picking(shop, eli, milk)
    give(eli, item, other)
    client.force_login(order.user)
    client.cookies["mami_language"] = "en"
    page = client.get(reverse("orders:detail", args=[order.order_number])).content.decode()
    assert "Replaced, not charged" in page
    assert f"instead of {item.name_en}" in page


def test_the_rest_of_a_line_is_replaced_and_what_was_found_stays(shop: Shop, eli, milk):
    dear = shop.product(stock=10, price=Decimal("14.90"), **KOSHER)
    order, item = picking(shop, eli, milk, quantity=5)
    answer(eli, item, "PICKED", 3)
    by = give(eli, item, dear)
    item.refresh_from_db()
    assert (item.picked_status, item.picked_quantity, by.picked_quantity) == ("PICKED", 3, 2)
    assert (shop.stock(milk), shop.stock(dear)) == ((7, 0), (8, 0))
    assert due(order) == Decimal("50.00")
    assert services.finish_picking(actor=eli, order_id=order.pk, now=clock.now()).status == "READY"
    assert [finding for rule in ALL for finding in rule.check(None)] == []


def test_no_more_than_the_rest(shop: Shop, eli, milk, other):
    order, item = picking(shop, eli, milk, quantity=5)
    answer(eli, item, "PICKED", 3)
    with pytest.raises(InvalidInput):
        give(eli, item, other, quantity=Decimal(3))
    answer(eli, item, "PICKED", 5)
    with pytest.raises(SubstituteNotPossible) as refused:
        give(eli, item, other)
    assert refused.value.details["reason"] == "NOT_MISSING"
    assert order.items.count() == 1
    assert shop.stock(other) == (10, 0)


@pytest.mark.parametrize(
    ("at", "status", "quantity", "left"),
    [
        ("substitute", "PENDING", None, ("PICKED", 3)),
        ("line", "PICKED", 4, ("PICKED", 4)),
        ("line", "MISSING", None, ("MISSING", None)),
        ("line", "PENDING", None, ("PENDING", None)),
    ],
)
def test_another_answer_sends_the_substitute_back(
    shop: Shop, eli, milk, other, at, status, quantity, left
):
    order, item = picking(shop, eli, milk, quantity=5)
    answer(eli, item, "PICKED", 3)
    by = give(eli, item, other)
    answer(eli, item, "PICKED", 3)
    assert order.items.count() == 2, "the same answer again changes nothing"
    answer(eli, by if at == "substitute" else item, status, quantity)
    item.refresh_from_db()
    assert (item.picked_status, item.picked_quantity) == left
    assert order.items.count() == 1
    assert shop.stock(other) == (10, 0)
    assert shop.stock(milk)[0] == 10 - (item.picked_quantity or 0)
    assert [finding for rule in ALL for finding in rule.check(None)] == []


def test_two_substitutes_each_cover_a_part(shop: Shop, eli, milk, other):
    """3 × 10.00 missing: one of 8.00, then two of 11.50 that cost no more than what they replace."""
    dear = shop.product(stock=10, price=Decimal("11.50"), **KOSHER)
    order, item = picking(shop, eli, milk, quantity=3)
    first = give(eli, item, other, quantity=Decimal(1))
    item.refresh_from_db()
    with pytest.raises(InvalidInput):
        give(eli, item, dear, quantity=Decimal(3))
    second = give(eli, item, dear)
    assert (second.quantity, second.discount) == (2, Decimal("3.00"))
    assert due(order) == Decimal("28.00")
    with pytest.raises(SubstituteNotPossible) as refused:
        give(eli, item, dear)
    assert refused.value.details["reason"] == "ALREADY_REPLACED"
    assert shop.stock(other)[0] == 9
    assert shop.stock(dear)[0] == 8
    [change] = line_changes(OrderItem.objects.filter(order=order))
    assert (change.kind, change.before, change.after) == (
        "SUBSTITUTE",
        Decimal("30.00"),
        Decimal("28.00"),
    )
    answer(eli, first, "PENDING")  # undone: the other one stays
    assert due(order) == Decimal("20.00")
    assert shop.stock(other)[0] == 10
    assert services.finish_picking(actor=eli, order_id=order.pk, now=clock.now()).status == "READY"
    assert [finding for rule in ALL for finding in rule.check(None)] == []
