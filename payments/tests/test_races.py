"""Two wanting the same money at the same moment, on a real PostgreSQL.

Each race has a control: without its lock the same race goes wrong, else it proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from accounts.tests.factories import person
from audit.models import AuditEntry
from payments import services
from payments.models import Payment, PaymentToken, ProviderCall, ReconciliationCase
from payments.services import calls, cards, provider_calls
from payments.tests.conftest import raw
from tests.races import codes, longest, race, rounds

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = rounds(5)


def in_transaction(step: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        with transaction.atomic():
            return step()

    return run


def unlocked(parties: int) -> Callable[..., Payment]:
    """Reading the payment without its lock, until everybody has read it."""
    everybody_looked = threading.Barrier(parties, timeout=longest())

    def look(*, payment_id: int) -> Payment:
        found = Payment.objects.get(pk=payment_id)
        everybody_looked.wait()
        return found

    return look


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two read the payment without its lock, and write once both have decided."""
    both_decided = threading.Barrier(2, timeout=longest())
    write = calls.write_call

    def write_late(*given: Any, **named: Any) -> int:
        both_decided.wait()
        return write(*given, **named)

    monkeypatch.setattr(
        calls, "lock_payment", lambda payment_id: Payment.objects.get(pk=payment_id)
    )
    monkeypatch.setattr(calls, "write_call", write_late)


class TestCaptureAgainstCancel:
    def both(self, payment: Payment, time) -> list[str]:
        asked = {"payment_id": payment.pk, "actor": None, "now": time.now}
        return codes(
            race(
                [
                    in_transaction(lambda: services.request_capture(amount=Decimal(60), **asked)),
                    in_transaction(lambda: services.request_void(**asked)),
                ]
            )
        )

    def asked_for(self, payment: Payment) -> list[str]:
        kinds = payment.calls.exclude(kind="AUTHORIZE").values_list("kind", flat=True)
        return sorted(kinds)

    def test_one_of_them_gets_the_money(self, held, time):
        for _ in range(ROUNDS):
            payment = held()
            assert sorted(self.both(payment, time)) == ["PAYMENT_NOT_HELD", "ok"]
            assert self.asked_for(payment) in (["CAPTURE"], ["VOID"])
            services.perform_open_calls(now=time.now)
            payment.refresh_from_db()
            assert payment.state in ("CAPTURED", "VOIDED")
        assert not ReconciliationCase.objects.exists()

    def test_control_without_the_lock_both_are_asked_for(self, held, time, monkeypatch):
        without_lock(monkeypatch)
        payment = held()
        assert self.both(payment, time) == ["ok", "ok"]
        assert self.asked_for(payment) == ["CAPTURE", "VOID"]


class TestTwoRefunds:
    def both(self, payment: Payment, time) -> list[str]:
        def refund(key: str):
            return lambda: services.request_refund(
                payment_id=payment.pk, amount=Decimal(60), reason="x", actor=None, key=key,
                now=time.now,
            )  # fmt: skip

        return codes(race([in_transaction(refund(key)) for key in ("a", "b")]))

    def asked_for(self, payment: Payment) -> Decimal:
        return payment.calls.filter(kind="REFUND").aggregate(total=Sum("amount"))["total"]

    def test_never_give_back_more_than_was_taken(self, captured, time):
        for _ in range(ROUNDS):
            payment = captured()
            assert sorted(self.both(payment, time)) == ["REFUND_EXCEEDS_CAPTURE", "ok"]
            assert self.asked_for(payment) == 60

    def test_control_without_the_lock_they_do(self, captured, time, monkeypatch):
        payment = captured()
        without_lock(monkeypatch)
        assert self.both(payment, time) == ["ok", "ok"]
        assert self.asked_for(payment) == 120

    def test_with_one_key_are_one_refund(self, captured, time):
        payment = captured()

        def refund():
            return services.request_refund(
                payment_id=payment.pk, amount=Decimal(60), reason="x", actor=None, key="k",
                now=time.now,
            )  # fmt: skip

        first, second = race([in_transaction(refund)] * 2)
        assert first == second
        assert self.asked_for(payment) == 60


class TestNewsAgainstReturn:
    """The provider's answer comes back while news, or recovery, settle the same payment."""

    def test_the_hold_is_booked_once(self, opened, time):
        for _ in range(ROUNDS):
            handle = opened()
            outcome = services.authorise(payment=handle, metadata={})
            services.receive_event(
                provider="sandbox", event_id=f"evt_{handle.id}", kind="x",
                reference=outcome.reference, key=handle.idempotency_key, now=time.now,
            )  # fmt: skip

            def book(handle=handle, outcome=outcome):
                return services.record_authorised(payment_id=handle.id, outcome=outcome)

            results = race(
                [
                    in_transaction(book),
                    lambda: services.handle_events(now=time.now),
                    in_transaction(book),
                ]
            )
            assert codes(results) == ["ok"] * 3
            assert sorted([results[0], results[2]]) == [False, True]
            assert Payment.objects.get(pk=handle.id).state == "AUTHORIZED"
        assert AuditEntry.objects.filter(action="CREATE", entity_type="payment").count() == ROUNDS

    def test_the_answer_or_the_giving_up_wins_never_both(self, opened, time):
        for _ in range(ROUNDS):
            handle = opened()
            outcome = services.authorise(payment=handle, metadata={})
            booked, given_up = race(
                [
                    in_transaction(
                        lambda h=handle, o=outcome: services.record_authorised(
                            payment_id=h.id, outcome=o
                        )
                    ),
                    in_transaction(
                        lambda h=handle: services.record_failed(
                            payment_id=h.id, reason=services.NO_ANSWER, now=time.now
                        )
                    ),
                ]
            )
            assert sorted([booked, given_up]) == [False, True]
            services.perform_open_calls(now=time.pass_by(seconds=61))
            services.perform_open_calls(now=time.pass_by(seconds=61))
            state = Payment.objects.get(pk=handle.id).state
            assert state == ("AUTHORIZED" if booked else "VOIDED")

    def test_control_looking_first_and_writing_afterwards_books_twice(self, opened, time):
        handle = opened()
        outcome = services.authorise(payment=handle, metadata={})
        look = unlocked(2)

        def look_then_write():
            if look(payment_id=handle.id).state != "PENDING":
                return False
            Payment.objects.filter(pk=handle.id).update(
                state="AUTHORIZED", provider_reference=outcome.reference, authorized=outcome.amount
            )
            return True

        assert race([in_transaction(look_then_write)] * 2) == [True, True]


class TestOneCallPerformedByMany:
    def performed(self, payment: Payment, time) -> list[str]:
        call = payment.calls.get(kind="REFUND")
        return codes(race([lambda: services.perform_call(call_id=call.pk, now=time.now)] * 4))

    def refund(self, payment: Payment, time) -> None:
        with transaction.atomic():
            services.request_refund(
                payment_id=payment.pk, amount=Decimal(30), reason="x", actor=None, key="k",
                now=time.now,
            )  # fmt: skip

    def test_is_done_and_booked_once(self, captured, time, sandbox):
        for _ in range(ROUNDS):
            payment = captured()
            with pytest.MonkeyPatch.context() as quiet:
                quiet.setattr(calls, "_attempt", lambda call_id: None)
                self.refund(payment, time)
            assert self.performed(payment, time) == ["ok"] * 4
            payment.refresh_from_db()
            assert (payment.refunded, payment.state) == (30, "PARTIALLY_REFUNDED")
        assert AuditEntry.objects.filter(action="REFUND").count() == ROUNDS

    def test_control_without_lease_and_closing_it_is_booked_again(
        self, captured, time, monkeypatch
    ):
        payment = captured()
        monkeypatch.setattr(calls, "_attempt", lambda call_id: None)
        self.refund(payment, time)
        monkeypatch.setattr(
            provider_calls,
            "_lease",
            lambda call_id, now: ProviderCall.objects.select_related("payment").get(pk=call_id),
        )
        monkeypatch.setattr(provider_calls, "_finish", lambda *_, **__: True)
        self.performed(payment, time)
        assert AuditEntry.objects.filter(action="REFUND").count() > 1

    def test_closing_alone_keeps_two_late_answers_apart(self, captured, time, monkeypatch):
        """A lease may run out under a slow provider: both answers come, one is booked."""
        payment = captured()
        monkeypatch.setattr(calls, "_attempt", lambda call_id: None)
        self.refund(payment, time)
        monkeypatch.setattr(
            provider_calls,
            "_lease",
            lambda call_id, now: ProviderCall.objects.select_related("payment").get(pk=call_id),
        )
        assert self.performed(payment, time) == ["ok"] * 4
        payment.refresh_from_db()
        assert payment.refunded == 30
        assert AuditEntry.objects.filter(action="REFUND").count() == 1


class TestTwoFirstCards:
    def both(self, person: User) -> list[str]:
        return codes(
            race(
                [
                    lambda t=token: services.save_token(actor=person, card=raw(t))
                    for token in ("tok_visa", "tok_mastercard")
                ]
            )
        )

    def test_one_of_them_is_the_default(self, sandbox):
        for n in range(ROUNDS):
            ada = person(email=f"p{n}@races.test", full_name="P", language="he")
            assert self.both(ada) == ["ok", "ok"]
            assert PaymentToken.objects.filter(user=ada, is_default=True).count() == 1

    def test_control_without_the_lock_the_constraint_has_to_stop_them(self, sandbox, monkeypatch):
        everybody_looked = threading.Barrier(2, timeout=longest())
        monkeypatch.setattr(cards, "lock_cards", lambda user_id: None)
        save = PaymentToken.save

        def together(token, **how):
            if how.get("update_fields") == ["is_default"]:  # neither saw the other's default
                everybody_looked.wait()
            save(token, **how)

        monkeypatch.setattr(PaymentToken, "save", together)
        ada = person(email="control@races.test", full_name="P", language="he")
        assert sorted(self.both(ada)) == ["IntegrityError", "ok"]
