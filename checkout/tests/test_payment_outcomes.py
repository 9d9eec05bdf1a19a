"""What becomes of a checkout when the card, or the provider, says something else than yes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.utils import timezone

from checkout.models import IdempotencyKey, Reservation
from checkout.services import recover
from core import clock, faults
from core.errors import DomainError
from orders.models import Order
from payments import services as payments
from payments.errors import PaymentDeclined, PaymentPending, PaymentUnavailable
from payments.services import perform_open_calls
from tests.shop import Shop, during_payment


def _nothing_is_held(shop: Shop) -> None:
    assert not Order.objects.exists()
    assert not Reservation.objects.filter(status="ACTIVE").exists()
    assert shop.taken() == 0
    held = apps.get_model("inventory", "Stock").objects.exclude(reserved=0)
    assert not held.exists()


def test_a_declined_card_gives_everything_back(shop: Shop) -> None:
    ada, milk = shop.customer(card="tok_declined"), shop.product()
    cart = shop.fill(ada, {milk: 3})
    with pytest.raises(PaymentDeclined) as refusal:
        shop.confirm(ada)
    assert refusal.value.details == {"reason": "insufficient_funds"}
    _nothing_is_held(shop)
    cart.refresh_from_db()
    assert cart.status == "ACTIVE"
    assert [payment.state for payment in shop.payments(ada)] == ["FAILED"]


def test_the_key_of_a_declined_card_may_be_used_with_another_card(shop: Shop) -> None:
    ada = shop.customer(card="tok_declined")
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(PaymentDeclined):
        shop.confirm(ada)
    result = shop.confirm(ada, request=shop.request(payment=shop.raw_card("tok_visa")))
    assert not result.replayed
    assert [payment.state for payment in shop.payments(ada)] == ["FAILED", "AUTHORIZED"]


def test_an_unreachable_provider_holds_nothing(shop: Shop) -> None:
    ada = shop.customer(card="tok_unreachable")
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(PaymentUnavailable):
        shop.confirm(ada)
    _nothing_is_held(shop)


def _cases() -> list[tuple[str, str, str]]:
    """What the reconciliation report lists."""
    cases = apps.get_model("payments", "ReconciliationCase").objects.order_by("pk")
    return list(cases.values_list("kind", "status", "resolution"))


class TestNoAnswer:
    def test_the_same_key_tells_the_outcome(self, shop: Shop) -> None:
        ada = shop.customer(card="tok_timeout")
        shop.fill(ada, {shop.product(): 1})
        with pytest.raises(PaymentPending):
            shop.confirm(ada)
        assert Reservation.objects.get().status == "ACTIVE"

        result = shop.confirm(ada)

        assert Order.objects.get().order_number == result.order_number
        assert _cases() == [("PAYMENT_CAPTURED_NOT_COMMITTED", "RESOLVED", "ORDER_COMPLETED")]
        assert shop.confirm(ada).replayed
        assert [payment.state for payment in shop.payments(ada)] == ["AUTHORIZED"]

    def test_another_key_waits(self, shop: Shop) -> None:
        ada = shop.customer(card="tok_timeout")
        shop.fill(ada, {shop.product(): 1})
        with pytest.raises(PaymentPending):
            shop.confirm(ada)
        with pytest.raises(DomainError) as refusal:
            shop.confirm(ada, key="other")
        assert refusal.value.code == "CART_ALREADY_ORDERED"

    def test_the_job_finishes_it(self, shop: Shop) -> None:
        ada = shop.customer(card="tok_timeout")
        shop.fill(ada, {shop.product(): 1})
        with pytest.raises(PaymentPending):
            shop.confirm(ada)

        assert recover(now=clock.now()) == 1

        order = Order.objects.get()
        assert order.user == ada
        assert _cases() == [("PAYMENT_CAPTURED_NOT_COMMITTED", "RESOLVED", "ORDER_COMPLETED")]
        answer = shop.confirm(ada)
        assert answer.replayed
        assert answer.order_id == order.pk
        assert recover(now=clock.now()) == 0


def test_a_case_whose_order_somebody_else_wrote_is_resolved_too(shop: Shop) -> None:
    order = shop.order()
    payments.found_uncommitted(payment_id=order.payment_id)  # and then the process was gone
    recover(now=clock.now())
    assert _cases() == [("PAYMENT_CAPTURED_NOT_COMMITTED", "RESOLVED", "ORDER_COMPLETED")]


def _abandon(shop: Shop, *, asked: bool) -> None:
    """Leave what a process killed before (or after) the provider call would leave."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    ada = shop.customer()
    shop.fill(ada, {shop.product(): 2})
    faults.arm("after_provider_call_before_record" if asked else "before_provider_call", die)
    try:
        with pytest.raises(Killed):
            shop.confirm(ada)
    finally:
        faults.disarm()


def _later(seconds: int) -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=seconds)


def test_a_dead_request_is_left_alone_while_it_may_be_alive(shop: Shop) -> None:
    _abandon(shop, asked=True)
    assert recover(now=_later(0)) == 0
    assert Reservation.objects.get().status == "ACTIVE"


def test_a_dead_request_that_was_paid_becomes_its_order(shop: Shop) -> None:
    _abandon(shop, asked=True)
    assert recover(now=_later(30)) == 1
    assert Order.objects.get().total_amount == Decimal("50.00")


def test_a_dead_request_that_never_asked_gives_everything_back(shop: Shop) -> None:
    _abandon(shop, asked=False)
    assert recover(now=_later(30)) == 1
    _nothing_is_held(shop)
    assert IdempotencyKey.objects.get().state == "FREE"


def test_money_that_turns_up_after_release_is_let_go_and_listed(shop: Shop) -> None:
    """The request slept so long between its two steps that the job gave it up."""
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    with (
        during_payment(shop, lambda: recover(now=_later(30))),
        pytest.raises(PaymentUnavailable),
    ):
        shop.confirm(ada)
    _nothing_is_held(shop)
    payment = shop.payments(ada)[0]
    case = apps.get_model("payments", "ReconciliationCase").objects.get(payment=payment)
    assert case.kind == "PAYMENT_CAPTURED_NOT_COMMITTED"
    perform_open_calls(now=_later(30))
    payment.refresh_from_db()
    case.refresh_from_db()
    assert payment.state == "VOIDED"
    assert (case.status, case.resolution) == ("RESOLVED", "VOIDED")


def test_a_new_card_can_become_the_default(shop: Shop) -> None:
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    card = shop.raw_card("tok_mastercard")
    shop.confirm(ada, request=shop.request(payment=card, save_as_default=True))
    tokens = apps.get_model("payments", "PaymentToken").objects.filter(user=ada)
    assert [(token.brand, token.is_default) for token in tokens] == [
        ("mastercard", True),
        ("visa", False),
    ]
