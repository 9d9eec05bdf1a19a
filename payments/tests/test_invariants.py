"""The rules about money hold through a payment's life, and each one notices when it is broken."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from core import clock
from core.invariants import Rule, judge
from payments import invariants, services
from payments.models import Payment, ProviderCall, Refund

pytestmark = pytest.mark.slow

WITHOUT_ORDERS = {"money held = orders", "money asked for = open checkouts"}


def broken() -> set[str]:
    return {verdict.rule.name for verdict in judge(invariants.RULES) if not verdict.is_kept}


def broken_but_for_orders() -> set[str]:
    """These tests have no orders; the rules about them are asked elsewhere, with orders."""
    return broken() - WITHOUT_ORDERS


def test_empty_books_balance(db):
    assert broken() == set()


def test_the_books_balance_at_every_step(opened, time):
    handle = opened()
    assert broken_but_for_orders() == set()
    outcome = services.authorise(payment=handle, metadata={})
    assert broken_but_for_orders() == set()
    services.record_authorised(payment_id=handle.id, outcome=outcome)
    assert broken_but_for_orders() == set()
    services.request_capture(payment_id=handle.id, amount=Decimal(80), actor=None, now=time.now)
    assert broken_but_for_orders() == set()
    services.perform_open_calls(now=time.now)
    assert broken_but_for_orders() == set()
    for key in ("a", "b"):
        services.request_refund(
            payment_id=handle.id, amount=Decimal(40), reason="x", actor=None, key=key, now=time.now
        )
        assert broken_but_for_orders() == set()
        services.perform_open_calls(now=time.now)
        assert broken_but_for_orders() == set()


@pytest.mark.parametrize("token", ["tok_declined", "tok_timeout", "tok_unreachable"])
def test_the_books_balance_after_a_failure(opened, time, token):
    handle = opened(token=token)
    outcome = services.authorise(payment=handle, metadata={})
    reason = outcome.reason or services.NO_ANSWER
    services.record_failed(payment_id=handle.id, reason=reason, now=time.now)
    assert broken() == set()
    for _ in range(3):
        services.perform_open_calls(now=time.pass_by(minutes=2))
    assert broken() == set()


class TestEachRuleNotices:
    def test_money_without_an_order(self, held):
        held()
        assert broken() == {"money held = orders"}

    def test_a_payment_nobody_is_at(self, opened):
        opened()
        assert broken() == {"money asked for = open checkouts"}

    def test_a_call_nobody_will_ask_again(self, held):
        call = held().calls.get()
        ProviderCall.objects.filter(pk=call.pk).update(kind="VERIFY", state="STARTED")
        assert broken_but_for_orders() == {"calls to the provider come to an end"}
        with connection.cursor() as cursor:
            cursor.execute(import_module("payments.migrations.0010_renewals").CLOSE)
        call.refresh_from_db()
        assert (call.state, call.finished_at is not None) == ("REFUSED", True)
        assert broken_but_for_orders() == set()

    def test_a_payment_changed_past_the_services(self, captured):
        payment = captured(taken="80")
        Payment.objects.filter(pk=payment.pk).update(captured=70)
        assert broken_but_for_orders() == {
            "payments = their calls", "provider's ledger = ours (sandbox)",
        }  # fmt: skip

    def test_a_state_that_does_not_fit(self, held):
        Payment.objects.filter(pk=held().pk).update(state="CAPTURED")
        assert "payment states = amounts" in broken_but_for_orders()

    def test_a_refund_without_a_reason(self, captured, time):
        payment = captured()
        services.request_refund(
            payment_id=payment.pk, amount=Decimal(5), reason="x", actor=None, key="k", now=time.now
        )
        Refund.objects.all().delete()
        assert broken_but_for_orders() == {"refunds = their calls"}

    def test_a_hold_the_trail_does_not_know(self, held):
        payment = held()
        ProviderCall.objects.create(
            payment=payment, kind="VOID", amount=1, idempotency_key="x", state="SUCCEEDED"
        )
        Payment.objects.filter(pk=payment.pk).update(state="VOIDED")
        assert "the audit trail of money is complete" in broken_but_for_orders()

    def test_money_the_provider_holds_and_we_do_not(self, opened, time):
        handle = opened()
        services.authorise(payment=handle, metadata={})
        services.record_failed(payment_id=handle.id, reason="declined", now=time.now)
        assert broken() == {"provider's ledger = ours (sandbox)"}

    def test_money_we_hold_and_the_provider_does_not(self, held, sandbox):
        held()
        with sandbox.ledger._transaction() as ledger:
            ledger.execute("DELETE FROM holds")
        assert broken_but_for_orders() == {"provider's ledger = ours (sandbox)"}

    def test_money_held_twice(self, held, sandbox):
        payment = held()
        sandbox.authorize(
            amount=payment.amount, token="tok_visa", idempotency_key="again", metadata={}
        )
        assert broken_but_for_orders() == {"provider's ledger = ours (sandbox)"}


@pytest.mark.django_db(transaction=True)
def test_what_moves_while_we_look_is_not_judged(held, sandbox, time):
    """The snapshot is older than the provider's books: an order placed meanwhile is no mistake."""
    held()
    assert broken_but_for_orders() == set()

    def place_one(as_of):
        time.instant = clock.now()
        sandbox.authorize(
            amount=Decimal(1), token="tok_visa", idempotency_key="meanwhile", metadata={}
        )
        time.instant = clock.now()
        return invariants.the_sandbox_agrees(as_of)

    rule = Rule(name="meanwhile", check=place_one)
    (verdict,) = judge([rule])
    assert verdict.is_kept
    (verdict,) = judge([Rule(name="afterwards", check=invariants.the_sandbox_agrees)])
    assert not verdict.is_kept, "the control"
