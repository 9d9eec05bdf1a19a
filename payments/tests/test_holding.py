"""Checkout's side of a payment: open, ask, record, and find out what was never answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from audit.models import AuditEntry
from payments import services
from payments.models import Payment, PaymentToken, ProviderCall, ReconciliationCase
from payments.payment_results import Verdict

HUNDRED = Decimal("100.00")


def payment_of(handle) -> Payment:
    return Payment.objects.get(pk=handle.id)


def call_of(handle) -> ProviderCall:
    return ProviderCall.objects.get(payment_id=handle.id, kind="AUTHORIZE")


def test_opening_writes_down_what_will_be_asked(opened, django_assert_num_queries):
    handle = opened()
    payment, call = payment_of(handle), call_of(handle)
    assert (payment.state, payment.amount, payment.authorized) == (
        "PENDING",
        HUNDRED,
        Decimal(0),
    )
    assert (call.state, call.amount) == ("STARTED", HUNDRED)
    assert payment.idempotency_key == call.idempotency_key == handle.idempotency_key


def test_opening_is_one_statement(ada, time, django_assert_num_queries):
    from payments.tests.conftest import card

    with django_assert_num_queries(1):
        services.open_payment(
            user_id=ada.pk, order_number="MS-ABCDEFGH", amount=HUNDRED, card=card(), now=time.now
        )


def test_a_good_card_is_held_and_recorded_in_two_statements(opened, django_assert_num_queries):
    handle = opened()
    outcome = services.authorise(payment=handle, metadata={"request_id": "r"})
    assert outcome.is_authorized
    with django_assert_num_queries(2):
        assert services.record_authorised(payment_id=handle.id, outcome=outcome)
    payment = payment_of(handle)
    assert (payment.state, payment.authorized) == ("AUTHORIZED", HUNDRED)
    assert payment.provider_reference == outcome.reference
    assert (payment.brand, payment.last4) == ("visa", "4242")
    assert call_of(handle).state == "SUCCEEDED"
    row = AuditEntry.objects.get(entity_type="payment", entity_id=payment.pk)
    assert (row.action, row.new_value) == (
        "CREATE",
        {"state": "AUTHORIZED", "authorized": "100.00"},
    )


def test_recording_twice_changes_nothing(opened):
    handle = opened()
    outcome = services.authorise(payment=handle, metadata={})
    assert services.record_authorised(payment_id=handle.id, outcome=outcome)
    assert not services.record_authorised(payment_id=handle.id, outcome=outcome)
    assert AuditEntry.objects.filter(entity_type="payment").count() == 1


@pytest.mark.parametrize(
    ("token", "verdict", "reason"),
    [
        ("tok_declined", Verdict.DECLINED, "insufficient_funds"),
        ("tok_of_nobody", Verdict.DECLINED, "invalid_token"),
        ("tok_timeout", Verdict.UNKNOWN, ""),
        ("tok_unreachable", Verdict.UNREACHABLE, ""),
    ],
)
def test_what_the_provider_says_otherwise(opened, token, verdict, reason):
    outcome = services.authorise(payment=opened(token=token), metadata={})
    assert (outcome.verdict, outcome.reason) == (verdict, reason)


@pytest.mark.parametrize("mode", ["hang", "reset", "late", "error", "garbage"])
def test_a_provider_in_trouble_leaves_the_outcome_unknown(opened, sandbox, mode):
    handle = opened()
    sandbox.ledger.set_weather(mode=mode)
    assert services.authorise(payment=handle, metadata={}).verdict is Verdict.UNKNOWN
    assert services.ask(payment_id=handle.id, now=payment_of(handle).created_at).verdict is (
        Verdict.UNKNOWN
    )


def test_only_an_authorisation_can_be_recorded_as_one(opened):
    handle = opened(token="tok_declined")
    outcome = services.authorise(payment=handle, metadata={})
    with pytest.raises(ValueError, match="DECLINED"):
        services.record_authorised(payment_id=handle.id, outcome=outcome)
    assert payment_of(handle).state == "PENDING"


def test_a_failed_payment_leaves_no_trail_and_stays_failed(opened, time):
    handle = opened(token="tok_declined")
    outcome = services.authorise(payment=handle, metadata={})
    assert services.record_failed(payment_id=handle.id, reason=outcome.reason, now=time.now)
    assert not services.record_failed(payment_id=handle.id, reason="other", now=time.now)
    payment = payment_of(handle)
    assert (payment.state, payment.failure) == ("FAILED", "insufficient_funds")
    assert (call_of(handle).state, call_of(handle).failure) == ("REFUSED", "insufficient_funds")
    assert not AuditEntry.objects.exists()


def test_a_failed_payment_is_not_booked_by_a_late_answer(opened, time):
    handle = opened()
    outcome = services.authorise(payment=handle, metadata={})
    services.record_failed(payment_id=handle.id, reason=services.NO_ANSWER, now=time.now)
    assert not services.record_authorised(payment_id=handle.id, outcome=outcome)
    assert payment_of(handle).state == "FAILED"


def test_asking_inside_a_transaction_is_a_fault(opened, time):
    handle = opened()
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="inside a transaction"):
            services.authorise(payment=handle, metadata={})
        with pytest.raises(RuntimeError, match="inside a transaction"):
            services.ask(payment_id=handle.id, now=time.now)


class TestAsk:
    def test_a_lost_answer_is_found(self, opened, time):
        handle = opened(token="tok_timeout")
        services.authorise(payment=handle, metadata={})
        found = services.ask(payment_id=handle.id, now=time.now)
        assert found.is_authorized
        assert (found.amount, found.card.last4) == (HUNDRED, "6000")
        assert services.record_authorised(payment_id=handle.id, outcome=found)

    def test_nothing_is_only_said_when_nothing_can_be_on_its_way(self, opened, time, settings):
        handle = opened()
        opened_at = time.now
        assert services.ask(payment_id=handle.id, now=opened_at).verdict is Verdict.UNKNOWN
        later = time.pass_by(seconds=settings.PAYMENT_TIMEOUT_SECONDS + 3.9)
        assert services.ask(payment_id=handle.id, now=later).verdict is Verdict.UNKNOWN
        later = time.pass_by(seconds=0.2)
        assert services.ask(payment_id=handle.id, now=later).verdict is Verdict.NOTHING

    def test_a_silent_provider_is_not_taken_for_a_no(self, opened, sandbox, time):
        handle = opened()
        sandbox.ledger.set_weather(mode="hang")
        later = time.pass_by(hours=1)
        assert services.ask(payment_id=handle.id, now=later).verdict is Verdict.UNKNOWN

    def test_a_decline_whose_answer_was_lost(self, opened, sandbox, time):
        handle = opened(token="tok_declined")
        sandbox.ledger.set_weather(mode="reset")
        assert services.authorise(payment=handle, metadata={}).verdict is Verdict.UNKNOWN
        sandbox.ledger.set_weather(mode="")
        found = services.ask(payment_id=handle.id, now=time.now)
        assert (found.verdict, found.reason) == (Verdict.DECLINED, "insufficient_funds")


class TestOrphans:
    """Money that turned out to be held for an order that will not be."""

    def test_it_is_booked_listed_and_let_go(self, opened, time):
        handle = opened()
        outcome = services.authorise(payment=handle, metadata={})
        services.record_failed(payment_id=handle.id, reason=services.NO_ANSWER, now=time.now)
        services.record_orphan(payment_id=handle.id, outcome=outcome, now=time.now)
        case = ReconciliationCase.objects.get(payment_id=handle.id)
        assert (case.kind, case.status) == ("PAYMENT_CAPTURED_NOT_COMMITTED", "OPEN")
        services.perform_open_calls(now=time.now)
        case.refresh_from_db()
        assert (case.status, case.resolution) == ("RESOLVED", "VOIDED")
        assert payment_of(handle).state == "VOIDED"

    def test_twice_is_once(self, opened, time):
        handle = opened()
        outcome = services.authorise(payment=handle, metadata={})
        for _ in range(2):
            services.record_orphan(payment_id=handle.id, outcome=outcome, now=time.now)
        assert ProviderCall.objects.filter(payment_id=handle.id, kind="VOID").count() == 1
        assert ReconciliationCase.objects.count() == 1

    def test_money_that_turns_up_late_is_found_and_let_go(self, opened, sandbox, time):
        handle = opened()
        sandbox.ledger.set_weather(mode="late", latency=60)
        assert services.authorise(payment=handle, metadata={}).verdict is Verdict.UNKNOWN
        sandbox.ledger.set_weather(mode="")
        later = time.pass_by(seconds=20)
        assert services.ask(payment_id=handle.id, now=later).verdict is Verdict.NOTHING
        services.record_failed(payment_id=handle.id, reason=services.NO_ANSWER, now=later)
        for _ in range(3):
            services.perform_open_calls(now=time.pass_by(seconds=61))
        assert payment_of(handle).state == "VOIDED"
        assert ReconciliationCase.objects.get().resolution == "VOIDED"
        assert [row["status"] for row in sandbox.ledger.holds()] == ["VOIDED"]

    def test_after_a_day_nobody_looks_any_more(self, opened, time):
        handle = opened()
        services.record_failed(payment_id=handle.id, reason=services.NO_ANSWER, now=time.now)
        for _ in range(10):
            services.perform_open_calls(now=time.pass_by(hours=21))
        call = call_of(handle)
        assert (call.state, call.failure) == ("REFUSED", "never_arrived")
        assert payment_of(handle).state == "FAILED"


class TestRememberedCard:
    def test_a_card_asked_to_stay_is_saved_with_the_order(self, ada, sandbox, time):
        from payments.tests.conftest import raw

        card = services.chosen_card(user_id=ada.pk, card=raw("tok_mastercard"), keep=True)
        handle = services.open_payment(
            user_id=ada.pk, order_number="MS-ABCDEFGH", amount=HUNDRED, card=card, now=time.now
        )
        outcome = services.authorise(payment=handle, metadata={})
        token = services.remember_card(actor=ada, payment_id=handle.id, outcome=outcome)
        assert (token.last4, token.is_default) == ("4444", True)
        assert services.chosen_card(user_id=ada.pk).token == "tok_mastercard"

    def test_a_card_not_asked_to_stay_does_not(self, ada, opened):
        handle = opened()
        outcome = services.authorise(payment=handle, metadata={})
        assert services.remember_card(actor=ada, payment_id=handle.id, outcome=outcome) is None
        assert not PaymentToken.objects.exists()


def test_nothing_shows_the_token(opened):
    handle = opened()
    outcome = services.authorise(payment=handle, metadata={})
    assert "tok_visa" not in repr(handle) + repr(outcome)


def test_an_order_written_after_all_settles_its_case(opened, time):
    handle = opened()
    services.found_uncommitted(payment_id=handle.id)
    assert ReconciliationCase.objects.get().status == "OPEN"
    services.record_recovered(payment_id=handle.id, now=time.now)
    case = ReconciliationCase.objects.get()
    assert (case.status, case.resolution) == ("RESOLVED", "ORDER_COMPLETED")
