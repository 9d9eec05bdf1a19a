"""A change that staff propose keeps its place in another window, and its goods at another branch."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from branches.errors import SlotFull
from branches.models import DatedSlot, PlaceHold
from catalog.models import Product
from checkout.requests import ChangeRequest
from checkout.services import propose_change, resume_change
from checkout.tests.test_agreeing import NO, answer, card
from checkout.tests.test_changing import books_balance, lines
from core import clock
from orders.change_models import OrderQuestion
from orders.models import Order
from orders.services import cancel, expire_questions
from payments.errors import PaymentDeclined
from payments.services import perform_open_calls
from tests.api_client import ApiClient, refusal
from tests.html import one_line
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Any:
    with open_with_sandbox(capacity=1) as opened:
        yield opened


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(100), name_en="Milk")


@pytest.fixture
def order(shop: Shop, milk: Product) -> Order:
    """In the first window, which has one place, on a card that its owner did not keep."""
    request = shop.request(payment=shop.raw_card("tok_visa"))
    return shop.order(shop.customer(card=None), {milk: 2}, request=request)


def propose(shop: Shop, order: Order, milk: Product, **place: Any) -> OrderQuestion:
    """One more, in the later window unless it says where."""
    place = place or {"delivery_slot_id": shop.later_slot.pk, "delivery_date": shop.date}
    return propose_change(
        actor=shop.manager(),
        order_id=order.pk,
        request=ChangeRequest(
            lines=lines({milk: 3}),
            expected_version=1,
            expected_total=Decimal(300),
            reason="You rang and asked for it",
            **place,
        ),
        now=clock.now(),
    )


def kept(shop: Shop) -> list[int]:
    return list(PlaceHold.objects.filter(kind="QUESTION").values_list("reference", flat=True))


def is_free(shop: Shop) -> bool:
    """Whether somebody else can still order for the later window."""
    request = shop.request(delivery_slot_id=shop.later_slot.pk)
    try:
        shop.order(request=request)
    except SlotFull:
        return False
    return True


def test_the_place_is_kept_till_the_answer(shop: Shop, order: Order, milk: Product) -> None:
    question = propose(shop, order, milk)
    assert kept(shop) == [question.pk]
    assert PlaceHold.objects.get().until == question.answer_until
    assert not is_free(shop)
    assert (shop.taken(), shop.taken(shop.later_slot)) == (1, 0)
    books_balance()
    asked = ApiClient(order.user).get(f"/orders/{order.pk}").json()["data"]["questions"]
    window = {"date": shop.date.isoformat(), "start_time": "12:00", "end_time": "14:00"}
    assert asked[0]["change"]["delivery_slot"] == window

    found = answer(order.user, question, **card("tok_mastercard"))

    assert found.status_code == 200, found.content
    order.refresh_from_db()
    assert order.dated_slot is not None
    assert order.dated_slot.slot == shop.later_slot
    assert kept(shop) == []
    assert (shop.taken(), shop.taken(shop.later_slot)) == (0, 1)
    perform_open_calls(now=clock.now())
    books_balance()


@pytest.mark.parametrize("how", ["REJECT", "time", "cancel", "other"])
def test_it_is_let_go(shop: Shop, order: Order, milk: Product, how: str) -> None:
    question = propose(shop, order, milk)
    if how == "REJECT":
        assert answer(order.user, question, **NO).status_code == 200
    elif how == "time":
        assert expire_questions(now=question.answer_until) == 1
    elif how == "cancel":
        cancel(actor=order.user, order_id=order.pk, now=clock.now())
    else:
        propose(shop, order, milk, delivery_note="ring twice")
    assert kept(shop) == []
    assert shop.taken(shop.later_slot) == 0
    assert is_free(shop)
    books_balance()


def test_another_proposal_keeps_the_same_place(shop: Shop, order: Order, milk: Product) -> None:
    """The only place of the window is the one that the older proposal kept."""
    propose(shop, order, milk)
    again = propose(
        shop, order, milk, delivery_slot_id=shop.later_slot.pk, delivery_date=shop.date,
        delivery_note="ring twice",
    )  # fmt: skip
    assert kept(shop) == [again.pk]
    assert shop.stock(milk) == (100, 3)
    books_balance()


@pytest.mark.parametrize("language", ["en", "he"])
def test_its_customer_reads_all_of_it(
    shop: Shop, order: Order, milk: Product, client: Client, language: str
) -> None:
    """What is added, what gets less, the new time: on the order's page and where it is agreed to."""
    wine = shop.product(price=Decimal(200), name_en="Wine", name_he="יין")
    question = propose_change(
        actor=shop.manager(),
        order_id=order.pk,
        request=ChangeRequest(
            lines=lines({milk: 1, wine: 1}), delivery_slot_id=shop.later_slot.pk,
            delivery_date=shop.date, expected_version=1, expected_total=Decimal(300),
            reason="You rang and asked for it",
        ),
        now=clock.now(),
    )  # fmt: skip
    client.cookies["mami_language"] = language
    client.force_login(order.user)
    own = f"/orders/{order.order_number}/"
    for path in (own, f"{own}agree/{question.pk}/"):
        told = one_line(client.get(path))
        assert "12:00–14:00" in told
        assert "2 → 1" in told
        assert ("Wine" if language == "en" else "יין") in told


def test_a_full_window_is_not_proposed(shop: Shop, order: Order, milk: Product) -> None:
    assert is_free(shop)  # and now it is full
    with pytest.raises(SlotFull):
        propose(shop, order, milk)
    assert not OrderQuestion.objects.exists()
    assert shop.stock(milk) == (100, 2)


@pytest.mark.parametrize("yes", [True, False])
def test_the_bank_asks_first(shop: Shop, order: Order, milk: Product, yes: bool) -> None:
    """While the bank is asked the place is the change's; declined, it is kept for the question again."""
    question = propose(shop, order, milk)
    asked = answer(order.user, question, **card("tok_3ds"))
    details = refusal(asked, 402, "PAYMENT_ACTION_REQUIRED")
    assert (kept(shop), shop.taken(shop.later_slot)) == ([], 1)
    reference = details["redirect_url"].rstrip("/").rpartition("/")[2]
    shop.sandbox.decide(reference=reference, yes=yes)
    if yes:
        assert resume_change(actor=order.user, order_number=order.order_number, now=clock.now())
        assert (kept(shop), shop.taken(shop.later_slot)) == ([], 1)
    else:
        with pytest.raises(PaymentDeclined):
            resume_change(actor=order.user, order_number=order.order_number, now=clock.now())
        assert (kept(shop), shop.taken(shop.later_slot)) == ([question.pk], 0)
        assert not is_free(shop)
        assert answer(order.user, question, **card("tok_visa")).status_code == 200
        assert shop.taken(shop.later_slot) == 1
    perform_open_calls(now=clock.now())
    books_balance()


def test_goods_at_another_branch(shop: Shop, order: Order, milk: Product) -> None:
    """To a counter: what is packed there is promised there, and free again without an answer."""
    place = {"fulfillment_type": "PICKUP", "branch_id": shop.branch.pk}
    question = propose(shop, order, milk, **place)
    assert (shop.stock(milk), shop.stock(milk, shop.branch)) == ((100, 2), (100, 3))
    books_balance()
    assert expire_questions(now=question.answer_until) == 1
    assert (shop.stock(milk), shop.stock(milk, shop.branch)) == ((100, 2), (100, 0))
    again = propose(shop, order, milk, **place)
    assert answer(order.user, again, **card("tok_visa")).status_code == 200
    assert (shop.stock(milk), shop.stock(milk, shop.branch)) == ((100, 0), (100, 3))
    assert not DatedSlot.objects.exclude(taken=0).exists()
    perform_open_calls(now=clock.now())
    books_balance()
