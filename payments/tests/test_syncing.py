"""What happened at the provider without us gets into our books, once, and in front of a person."""

from __future__ import annotations

from decimal import Decimal

from audit.models import AuditEntry
from payments import services
from payments.models import Payment, ProviderCall, ProviderEvent, ReconciliationCase, Refund
from payments.payment_results import Verdict


def sync(payment: Payment, time, **more) -> Payment:
    for _ in range(2):  # the second time changes nothing
        services.sync_payment(payment_id=payment.pk, now=time.now, **more)
    payment.refresh_from_db()
    return payment


def cases() -> list[tuple[str, str]]:
    return list(ReconciliationCase.objects.values_list("kind", "status"))


def test_what_agrees_is_left_alone(held, captured, time):
    for payment in (held(), captured()):
        before = payment.state
        assert sync(payment, time).state == before
    assert cases() == []


def test_a_payment_under_way_is_left_to_checkout(opened, time):
    handle = opened()
    services.authorise(payment=handle, metadata={})
    assert sync(Payment.objects.get(pk=handle.id), time).state == "PENDING"


def test_a_hold_that_ran_out(held, sandbox, time):
    payment = held()
    sandbox.void(reference=payment.provider_reference, idempotency_key="ran out")
    assert sync(payment, time).state == "VOIDED"
    assert cases() == [("HOLD_LOST", "OPEN")]
    assert AuditEntry.objects.filter(action="VOID").count() == 1


def test_money_taken_by_hand_at_the_provider(held, sandbox, time):
    payment = held()
    sandbox.capture(
        reference=payment.provider_reference, amount=Decimal(40), idempotency_key="by hand"
    )
    sync(payment, time)
    assert (payment.state, payment.captured) == ("CAPTURED", 40)
    assert cases() == [("CAPTURED_ELSEWHERE", "OPEN")]


def test_our_own_capture_under_way_is_not_taken_for_somebody_elses(held, sandbox, time):
    payment = held()
    services.request_capture(payment_id=payment.pk, amount=Decimal(40), actor=None, now=time.now)
    call = ProviderCall.objects.get(kind="CAPTURE")
    sandbox.capture(
        reference=payment.provider_reference, amount=Decimal(40), idempotency_key=call.idempotency_key
    )  # fmt: skip
    assert sync(payment, time).state == "AUTHORIZED"
    services.perform_open_calls(now=time.now)
    payment.refresh_from_db()
    assert payment.state == "CAPTURED"
    assert cases() == []


def test_a_refund_made_by_hand_at_the_provider(captured, sandbox, time):
    payment = captured()
    sandbox.refund(reference=payment.provider_reference, amount=Decimal(30), idempotency_key="re_1")
    sync(payment, time)
    assert (payment.state, payment.refunded) == ("PARTIALLY_REFUNDED", 30)
    assert cases() == [("REFUNDED_ELSEWHERE", "OPEN")]
    assert Refund.objects.get().amount == 30


def test_a_refund_that_failed_after_all(captured, sandbox, time):
    payment = captured()
    services.request_refund(
        payment_id=payment.pk, amount=Decimal(30), reason="x", actor=None, key="k", now=time.now
    )
    services.perform_open_calls(now=time.now)
    assert sync(payment, time).refunded == 30
    with sandbox.ledger._transaction() as books:
        books.execute("DELETE FROM entries WHERE kind = 'REFUND'")
        books.execute("UPDATE holds SET refunded = 0")
    assert sync(payment, time).refunded == 30, "too fresh to be sure"
    time.pass_by(minutes=2)
    sync(payment, time)
    assert (payment.state, payment.refunded) == ("CAPTURED", 0)
    assert cases() == [("REFUND_FAILED", "OPEN")]


def test_a_dispute_is_listed(captured, time):
    sync(captured(), time, disputed=True)
    assert cases() == [("DISPUTED", "OPEN")]


def test_the_round_asks_about_old_holds_only(held, sandbox, time):
    fresh, old = held(), held()
    for payment in (fresh, old):
        sandbox.void(reference=payment.provider_reference, idempotency_key=f"v{payment.pk}")
    Payment.objects.filter(pk=old.pk).update(created_at=time.now)
    Payment.objects.filter(pk=fresh.pk).update(created_at=time.pass_by(hours=13))
    assert services.sync_open_payments(now=time.now) == 1
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == ("VOIDED", "AUTHORIZED")


class TestEvents:
    def receive(self, time, event_id="evt_1", **more) -> None:
        names = {"kind": "payment_intent.canceled", "reference": "", "key": "", **more}
        services.receive_event(provider="sandbox", event_id=event_id, now=time.now, **names)

    def test_a_doubled_event_is_one(self, held, sandbox, time):
        payment = held()
        sandbox.void(reference=payment.provider_reference, idempotency_key="elsewhere")
        for _ in range(2):
            self.receive(time, reference=payment.provider_reference)
        assert services.handle_events(now=time.now) == 1
        self.receive(time, reference=payment.provider_reference)
        assert services.handle_events(now=time.now) == 0
        assert cases() == [("HOLD_LOST", "OPEN")]

    def test_events_out_of_order_end_at_the_truth(self, captured, time):
        payment = captured()
        kinds = ["payment_intent.succeeded", "payment_intent.amount_capturable_updated"]
        for number, kind in enumerate(kinds):
            self.receive(time, f"evt_{number}", kind=kind, reference=payment.provider_reference)
        assert services.handle_events(now=time.now) == 2
        payment.refresh_from_db()
        assert (payment.state, cases()) == ("CAPTURED", [])

    def test_an_event_before_our_own_commit_changes_nothing(self, opened, time):
        handle = opened()
        outcome = services.authorise(payment=handle, metadata={})
        self.receive(time, reference=outcome.reference, key=handle.idempotency_key)
        assert services.handle_events(now=time.now) == 1
        assert services.record_authorised(payment_id=handle.id, outcome=outcome)
        assert Payment.objects.get(pk=handle.id).state == "AUTHORIZED"
        assert cases() == []

    def test_an_event_tells_of_money_that_was_given_up(self, opened, sandbox, time):
        handle = opened(token="tok_timeout")
        assert services.authorise(payment=handle, metadata={}).verdict is Verdict.UNKNOWN
        services.record_failed(payment_id=handle.id, reason=services.NO_ANSWER, now=time.now)
        self.receive(time, key=handle.idempotency_key)
        services.handle_events(now=time.now)
        services.perform_open_calls(now=time.now)
        assert Payment.objects.get(pk=handle.id).state == "VOIDED"
        assert cases() == [("PAYMENT_CAPTURED_NOT_COMMITTED", "RESOLVED")]

    def test_an_event_of_nobody_is_put_aside(self, db, sandbox, time):
        self.receive(time, reference="of nobody")
        assert services.handle_events(now=time.now) == 1
        assert ProviderEvent.objects.get().state == "UNKNOWN"

    def test_a_silent_provider_is_asked_again_later(self, held, sandbox, time):
        payment = held()
        sandbox.void(reference=payment.provider_reference, idempotency_key="elsewhere")
        self.receive(time, reference=payment.provider_reference)
        sandbox.ledger.set_weather(mode="down")
        assert services.handle_events(now=time.now) == 0
        sandbox.ledger.set_weather(mode="")
        assert services.handle_events(now=time.pass_by(seconds=6)) == 1
        payment.refresh_from_db()
        assert payment.state == "VOIDED"

    def test_the_twentieth_failure_is_the_last(self, held, sandbox, time):
        payment = held()
        self.receive(time, reference=payment.provider_reference)
        sandbox.ledger.set_weather(mode="down")
        for _ in range(20):
            services.handle_events(now=time.pass_by(hours=2))
        assert ProviderEvent.objects.get().state == "DONE"
