"""Taking, letting go and giving back: once, never too much, and safe to repeat."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from audit.models import AuditEntry
from core import faults
from payments import selectors, services
from payments.errors import (
    CaptureExceedsAuthorization,
    PaymentNotHeld,
    RefundExceedsCapture,
    RefundKeyReused,
)
from payments.models import Payment, ProviderCall, ReconciliationCase, Refund

HUNDRED = Decimal("100.00")


def state_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.state


def capture(payment, amount, time, actor=None) -> int:
    return services.request_capture(
        payment_id=payment.pk, amount=Decimal(amount), actor=actor, now=time.now
    )


def void(payment, time, actor=None) -> int:
    return services.request_void(payment_id=payment.pk, actor=actor, now=time.now)


def refund(payment, amount, time, *, key="k", actor=None, reason="bruised") -> int:
    return services.request_refund(
        payment_id=payment.pk, amount=Decimal(amount), reason=reason, actor=actor, key=key,
        now=time.now,
    )  # fmt: skip


def perform(time) -> None:
    services.perform_open_calls(now=time.now)


class TestCapture:
    def test_what_was_picked_is_taken_and_the_rest_let_go(self, held, sandbox, time, mia):
        payment = held()
        capture(payment, "87.35", time, actor=mia)
        assert state_of(payment) == "AUTHORIZED", "nothing is taken before the provider says so"
        perform(time)
        assert (state_of(payment), payment.captured) == ("CAPTURED", Decimal("87.35"))
        (hold,) = sandbox.ledger.holds()
        assert (hold["status"], hold["captured"]) == ("CAPTURED", 8735)
        row = AuditEntry.objects.get(entity_type="payment", action="CAPTURE")
        assert (row.actor_id, row.old_value, row.new_value["amount"]) == (
            mia.pk, {"state": "AUTHORIZED"}, "87.35",
        )  # fmt: skip

    def test_the_same_capture_again_is_the_same_call(self, held, sandbox, time):
        payment = held()
        assert capture(payment, "50", time) == capture(payment, "50", time)
        perform(time)
        perform(time)
        assert [row["kind"] for row in sandbox.ledger.entries()] == ["HOLD", "CAPTURE"]

    def test_never_more_than_was_held(self, held, time):
        payment = held()
        with pytest.raises(CaptureExceedsAuthorization) as refusal:
            capture(payment, "100.01", time)
        assert refusal.value.code == "CAPTURE_EXCEEDS_AUTHORIZATION"
        assert not ProviderCall.objects.filter(kind="CAPTURE").exists()

    def test_not_a_second_time_with_another_amount(self, held, time):
        payment = held()
        capture(payment, "50", time)
        with pytest.raises(PaymentNotHeld):
            capture(payment, "40", time)

    def test_nothing_to_take_lets_everything_go(self, held, time):
        payment = held()
        assert capture(payment, "0.00", time) == capture(payment, "0.00", time)
        perform(time)
        assert state_of(payment) == "VOIDED"

    def test_nothing_is_taken_before_it_is_held(self, opened, time):
        handle = opened()
        with pytest.raises(PaymentNotHeld):
            services.request_capture(payment_id=handle.id, amount=HUNDRED, actor=None, now=time.now)


class TestVoid:
    def test_the_hold_is_let_go(self, held, sandbox, time, ada):
        payment = held()
        assert void(payment, time, actor=ada) == void(payment, time)
        perform(time)
        assert state_of(payment) == "VOIDED"
        assert AuditEntry.objects.get(action="VOID").actor_id == ada.pk
        assert [row["status"] for row in sandbox.ledger.holds()] == ["VOIDED"]

    def test_not_while_it_is_being_taken_and_the_reverse(self, held, time):
        taken, released = held(), held()
        capture(taken, "10", time)
        with pytest.raises(PaymentNotHeld):
            void(taken, time)
        void(released, time)
        with pytest.raises(PaymentNotHeld):
            capture(released, "10", time)


class TestRefund:
    def test_part_of_it_then_the_rest(self, captured, time, mia):
        payment = captured(taken="80")
        call = refund(payment, "30", time, key="a", actor=mia)
        assert selectors.refund_summary(call_id=call)["status"] == "PENDING"
        perform(time)
        assert (state_of(payment), payment.refunded) == ("PARTIALLY_REFUNDED", 30)
        told = selectors.refund_summary(call_id=call)
        assert (told["status"], told["amount"]) == ("SUCCEEDED", 30)
        refund(payment, "50", time, key="b", actor=mia)
        perform(time)
        assert (state_of(payment), payment.refunded) == ("REFUNDED", 80)
        assert AuditEntry.objects.filter(action="REFUND", actor=mia).count() == 2

    @pytest.mark.parametrize("amount", ["80.01", "0", "-1"])
    def test_never_more_than_was_taken_and_never_nothing(self, captured, time, amount):
        payment = captured(taken="80")
        with pytest.raises(RefundExceedsCapture) as refusal:
            refund(payment, amount, time)
        assert refusal.value.details == {"captured": "80.00", "refundable": "80.00"}
        assert not Refund.objects.exists()

    def test_refunds_under_way_count_as_given(self, captured, time):
        payment = captured(taken="80")
        refund(payment, "50", time, key="a")
        with pytest.raises(RefundExceedsCapture) as refusal:
            refund(payment, "30.01", time, key="b")
        assert refusal.value.details["refundable"] == "30.00"

    def test_before_capture_there_is_nothing_to_refund(self, held, time):
        with pytest.raises(RefundExceedsCapture) as refusal:
            refund(held(), "1", time)
        assert refusal.value.code == "REFUND_EXCEEDS_CAPTURE"

    def test_the_same_key_is_the_same_refund(self, captured, sandbox, time):
        payment = captured()
        assert refund(payment, "10", time) == refund(payment, "10", time)
        perform(time)
        assert refund(payment, "10", time)
        perform(time)
        payment.refresh_from_db()
        assert payment.refunded == 10

    def test_the_same_key_for_another_amount_is_refused(self, captured, time):
        payment = captured()
        refund(payment, "10", time)
        with pytest.raises(RefundKeyReused):
            refund(payment, "11", time)
        assert Refund.objects.count() == 1

    def test_a_refund_the_provider_refuses_is_listed_and_gives_nothing(
        self, captured, sandbox, time
    ):
        payment = captured()
        sandbox.refund(
            reference=payment.provider_reference, amount=HUNDRED, idempotency_key="elsewhere"
        )
        call = refund(payment, "10", time)
        perform(time)
        assert (state_of(payment), payment.refunded) == ("CAPTURED", 0)
        assert selectors.refund_summary(call_id=call)["status"] == "REFUSED"
        case = ReconciliationCase.objects.get()
        assert (case.kind, case.status) == ("REFUND_REFUSED", "OPEN")


class TestGiveBack:
    def give(self, payment, time):
        return services.void_or_refund(
            payment_id=payment.pk, reason="cancelled", actor=None, now=time.now
        )

    def test_what_is_held_is_let_go(self, held, time):
        payment = held()
        assert self.give(payment, time) == self.give(payment, time)
        perform(time)
        assert state_of(payment) == "VOIDED"
        assert self.give(payment, time)

    def test_what_was_taken_is_refunded(self, captured, time):
        payment = captured(taken="80")
        refund(payment, "30", time)
        self.give(payment, time)
        perform(time)
        perform(time)
        assert (state_of(payment), payment.refunded) == ("REFUNDED", 80)
        assert self.give(payment, time) is None

    def test_what_is_being_taken_is_refunded_after_it(self, held, sandbox, time):
        payment = held()
        capture(payment, "60", time)
        call = self.give(payment, time)
        services.perform_call(call_id=call, now=time.now)
        assert ProviderCall.objects.get(pk=call).attempts == 0, "it waits for the capture"
        perform(time)
        perform(time)
        assert (state_of(payment), payment.refunded) == ("REFUNDED", 60)
        kinds = [row["kind"] for row in sandbox.ledger.entries()]
        assert kinds == ["HOLD", "CAPTURE", "REFUND"]

    def test_what_failed_needs_nothing(self, opened, time):
        handle = opened(token="tok_declined")
        services.record_failed(payment_id=handle.id, reason="x", now=time.now)
        assert self.give(Payment.objects.get(pk=handle.id), time) is None


class TestRepeating:
    """A call may be cut at any line and repeated, and takes effect once."""

    @pytest.mark.parametrize("mode", ["hang", "reset", "late", "error", "garbage", "down"])
    def test_it_is_finished_when_the_provider_is_back(self, held, sandbox, time, mode):
        payment = held()
        sandbox.ledger.set_weather(mode=mode)
        call = capture(payment, "70", time)
        perform(time)
        assert state_of(payment) == "AUTHORIZED"
        assert ProviderCall.objects.get(pk=call).state == "UNANSWERED"
        sandbox.ledger.set_weather(mode="")
        time.pass_by(seconds=61)
        perform(time)
        assert (state_of(payment), payment.captured) == ("CAPTURED", 70)
        assert [row["kind"] for row in sandbox.ledger.entries()] == ["HOLD", "CAPTURE"]

    def test_a_silent_provider_is_asked_less_and_less_often(self, held, sandbox, time):
        payment = held()
        sandbox.ledger.set_weather(mode="error")
        call = void(payment, time)
        waits = []
        for _ in range(8):
            due = ProviderCall.objects.get(pk=call).next_attempt_at
            waits.append((due - time.now).total_seconds())
            time.instant = due
            perform(time)
        assert waits == [0, 2, 4, 8, 16, 32, 60, 60]

    def test_a_leased_call_is_not_performed_twice(self, held, time):
        payment = held()
        call = capture(payment, "70", time)
        lease = time.now + dt.timedelta(seconds=17)
        ProviderCall.objects.filter(pk=call).update(attempts=1, next_attempt_at=lease)
        perform(time)
        assert ProviderCall.objects.get(pk=call).attempts == 1

    def test_a_killed_attempt_is_looked_up_before_it_is_repeated(self, held, sandbox, time):
        payment = held()
        call = ProviderCall.objects.get(pk=capture(payment, "70", time))
        ProviderCall.objects.filter(pk=call.pk).update(attempts=1)
        sandbox.capture(  # done, and killed before it was noted; the provider forgot the key
            reference=payment.provider_reference, amount=Decimal(70), idempotency_key="forgotten"
        )
        perform(time)
        assert (state_of(payment), payment.captured) == ("CAPTURED", 70)
        assert not ReconciliationCase.objects.exists()

    def test_a_finished_call_stays_finished(self, captured, sandbox, time):
        payment = captured()
        call = ProviderCall.objects.get(payment=payment, kind="CAPTURE")
        services.perform_call(call_id=call.pk, now=time.now)
        call.refresh_from_db()
        assert (call.state, call.attempts) == ("SUCCEEDED", 1)
        assert AuditEntry.objects.filter(action="CAPTURE").count() == 1

    def test_a_fault_before_the_call_leaves_it_open(self, captured, sandbox, time):
        payment = captured()
        call = refund(payment, "10", time)

        def fail() -> None:
            raise ConnectionAbortedError

        faults.arm("refund_between_record_and_call", fail)
        try:
            perform(time)
        finally:
            faults.disarm()
        assert selectors.refund_summary(call_id=call)["status"] == "PENDING"
        time.pass_by(seconds=60)
        perform(time)
        assert (state_of(payment), payment.refunded) == ("PARTIALLY_REFUNDED", 10)

    def test_a_hold_that_ran_out_is_listed(self, held, sandbox, time):
        payment = held()
        sandbox.void(reference=payment.provider_reference, idempotency_key="ran out")
        capture(payment, "70", time)
        perform(time)
        assert (state_of(payment), payment.captured) == ("VOIDED", 0)
        case = ReconciliationCase.objects.get()
        assert (case.kind, case.status) == ("CAPTURE_REFUSED", "OPEN")

    def test_a_hold_already_gone_is_as_good_as_let_go(self, held, sandbox, time):
        payment = held()
        sandbox.void(reference=payment.provider_reference, idempotency_key="by hand")
        void(payment, time)
        perform(time)
        assert state_of(payment) == "VOIDED"
        assert not ReconciliationCase.objects.exists()


def test_a_request_is_carried_out_right_after_the_commit(
    held, time, django_capture_on_commit_callbacks
):
    payment = held()
    with django_capture_on_commit_callbacks(execute=True):
        services.request_void(payment_id=payment.pk, actor=None, now=time.now)
    assert state_of(payment) == "VOIDED"


def test_a_provider_in_trouble_does_not_break_the_request(
    held, sandbox, time, django_capture_on_commit_callbacks
):
    payment = held()
    sandbox.ledger.set_weather(mode="down")
    with django_capture_on_commit_callbacks(execute=True):
        services.request_void(payment_id=payment.pk, actor=None, now=time.now)
    assert state_of(payment) == "AUTHORIZED"
