"""Holds that live: asked for at their time, renewed, lost, paid anew, or cancelled unpaid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from billing.models import Document
from branches.models import DatedSlot
from branches.windows import cutoff_at
from checkout.invariants import ALL
from checkout.requests import PayRequest
from checkout.services import pay
from core import clock
from orders import services
from orders.models import Order
from orders.schedule import must_live_until
from orders.tests.holds import (
    Clock,
    far_shop,
    payment,
    round_at,
    scheduled,
    told,
    window_start,
)
from orders.tests.test_mailing import send
from payments.errors import PaymentNotHeld
from payments.models import Payment, ReconciliationCase
from payments.providers.sandbox import Weather
from payments.services import handle_events, perform_open_calls
from tests.shop import Shop

HOURS = dt.timedelta(hours=1)


@pytest.fixture
def time() -> Clock:
    return Clock(clock.now())


@pytest.fixture
def far(shop: Shop, time: Clock) -> Iterator[Shop]:
    with far_shop(shop, time) as found:
        yield found


def balanced() -> bool:
    found = [one.what for rule in ALL for one in rule.check(None)]
    assert found == []
    return True


def held_at(far: Shop) -> dt.datetime:
    return window_start(far) - 48 * HOURS


class TestScheduled:
    def test_nothing_is_held_for_a_window_ten_days_away(self, far: Shop) -> None:
        order = scheduled(far)
        found = payment(order)
        assert (found.state, found.authorized, found.provider_reference) == ("SCHEDULED", 0, "")
        assert (found.authorize_at, found.consent_text != "") == (held_at(far), True)
        assert found.consent_at is not None
        assert not list(far.sandbox.ledger.holds())
        assert told(order.user) == ["order_scheduled"]
        assert [(call.kind, call.state) for call in found.calls.all()] == [("VERIFY", "SUCCEEDED")]
        assert balanced()

    @pytest.mark.parametrize("language", ["he", "en"])
    def test_a_letter_that_comes_late_tells_what_is_true_by_then(
        self, far: Shop, time: Clock, mailoutbox: list[Any], language: str
    ) -> None:
        """Held on another card before the first letter went out."""
        order = scheduled(far)
        User.objects.filter(pk=order.user_id).update(language=language)
        time.go(held_at(far))
        pay(
            actor=order.user,
            order_id=order.pk,
            key="k",
            request=PayRequest(payment=far.raw_card("tok_mastercard")),
            request_id="test",
            now=time.now,
        )
        assert payment(order).state == "AUTHORIZED"
        mail = send("order_scheduled", mailoutbox)
        told_once = {"he": "הכרטיס מחויב רק אחרי האריזה", "en": "charged only after we have packed"}
        for text in (mail.body, mail.alternatives[0].content):
            assert told_once[language] in " ".join(text.split())

    def test_the_answer_says_so_and_so_does_its_replay(self, far: Shop) -> None:
        ada = far.customer()
        far.fill(ada, {far.product(price=Decimal("50.00")): 2})
        first = far.confirm(ada)
        assert (first.payment_status, first.payment_reference) == ("SCHEDULED", "")
        assert (first.total_paid, first.total_amount) == ("0.00", "130.00")
        assert far.confirm(ada).body() == first.body()

    def test_a_window_six_days_away_is_held_at_once(self, shop: Shop) -> None:
        assert payment(shop.order()).state == "AUTHORIZED"

    def test_a_declined_check_leaves_nothing(self, far: Shop) -> None:
        from payments.errors import PaymentDeclined

        ada, milk = far.customer(card="tok_declined"), far.product()
        far.fill(ada, {milk: 2})
        with pytest.raises(PaymentDeclined):
            far.confirm(ada)
        assert far.stock(milk) == (100, 0)
        assert not Order.objects.exists()
        assert balanced()

    @pytest.mark.parametrize("saved", [True, False])
    def test_it_is_held_48_hours_before(self, far: Shop, time: Clock, saved: bool) -> None:
        order = scheduled(far, saved=saved)
        round_at(time, held_at(far) - dt.timedelta(seconds=1))
        assert payment(order).state == "SCHEDULED"
        round_at(time, held_at(far))
        found = payment(order)
        assert (found.state, found.authorized) == ("AUTHORIZED", Decimal("130.00"))
        assert found.hold_expires_at > must_live_until(order)
        assert told(order.user) == ["order_scheduled", "order_held"]
        round_at(time, time.now + HOURS)
        assert len(list(far.sandbox.ledger.holds())) == 1
        assert balanced()

    @pytest.mark.parametrize(
        ("card", "reason"),
        [("tok_later_declined", "expired_card"), ("tok_later_3ds", "authentication_required")],
    )
    def test_declined_it_is_unpaid_and_cancelled_at_cutoff(
        self, far: Shop, time: Clock, card: str, reason: str
    ) -> None:
        order = scheduled(far, card)
        round_at(time, held_at(far))
        found = payment(order)
        assert (found.state, found.failure) == ("UNPAID", reason)
        assert found.pay_until == cutoff_at(far.slot, far.date)
        assert told(order.user) == ["order_scheduled", "order_hold_failed"]
        assert balanced()
        round_at(time, found.pay_until - dt.timedelta(seconds=1))
        assert payment(order).state == "UNPAID"
        round_at(time, found.pay_until)
        assert payment(order).state == "VOIDED"
        assert order.status == "CANCELED"
        assert order.timeline.order_by("id").last().reason == "NOT_PAID"
        assert told(order.user)[-1] == "order_not_paid"
        assert far.stock(order.items.get().product) == (100, 0)
        assert far.taken() == 0
        assert balanced()

    def test_without_an_answer_it_is_asked_again_and_held_once(
        self, far: Shop, time: Clock
    ) -> None:
        order = scheduled(far)
        far.sandbox.ledger.set_weather(mode=Weather.RESET)
        round_at(time, held_at(far))
        assert payment(order).state == "SCHEDULED"
        far.sandbox.ledger.set_weather(mode="")
        round_at(time, time.now + dt.timedelta(seconds=5))
        assert payment(order).state == "AUTHORIZED"
        assert len(list(far.sandbox.ledger.holds())) == 1
        assert balanced()

    def test_cancelled_before_anything_is_held(self, far: Shop, time: Clock) -> None:
        order = scheduled(far)
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        assert payment(order).state == "VOIDED"
        assert payment(order).kept_token == ""
        round_at(time, held_at(far))
        assert not list(far.sandbox.ledger.holds())
        assert balanced()

    def test_a_card_deleted_meanwhile_is_not_asked(self, far: Shop, time: Clock) -> None:
        from payments.services import delete_token, tokens_of

        order = scheduled(far, saved=True)
        Payment.objects.filter(pk=order.payment_id).update(kept_token="")
        delete_token(actor=order.user, token_id=tokens_of(user_id=order.user_id)[0].pk)
        round_at(time, held_at(far))
        assert (payment(order).state, payment(order).failure) == ("UNPAID", "card_removed")

    def test_nobody_picks_it_before_it_is_held(self, far: Shop, time: Clock) -> None:
        order, eli = scheduled(far), far.employee()
        with pytest.raises(PaymentNotHeld) as refusal:
            services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
        assert refusal.value.details == {"payment_status": "SCHEDULED"}
        order.refresh_from_db()
        assert (order.status, order.picker) == ("CREATED", None)
        round_at(time, held_at(far))
        services.claim_order(actor=eli, order_id=order.pk, now=clock.now())


def ready(shop: Shop, price: str = "10.00", quantity: int = 3) -> Order:
    """A packed order, its hold on a card that nobody saved."""
    from orders.tests.test_transitions import picked

    ada, goods = shop.customer(card=None), shop.product(price=Decimal(price))
    request = shop.request(payment=shop.raw_card("tok_visa"))
    order = shop.order(ada, {goods: quantity}, request=request)
    picked(shop, order)
    order.refresh_from_db()
    return order


class TestLost:
    def test_example_26_a_hold_that_ran_out_stops_the_van(self, shop: Shop) -> None:
        """Ran out, order READY: leaving 409, no invoice; paid again it leaves with one invoice."""
        order, mia = ready(shop, "160.00", 1), shop.manager()
        assert payment(order).authorized == Decimal("160.00")
        call_command("sandbox", "--expire", order.order_number, verbosity=0, stdout=StringIO())
        handle_events(now=clock.now())  # what the provider sends the shop of it
        services.keep_held(now=clock.now())
        found = payment(order)
        assert (found.state, order.status) == ("UNPAID", "READY")
        assert found.pay_until > clock.now() + HOURS
        case = ReconciliationCase.objects.get(kind="HOLD_LOST")
        assert case.status == "OPEN"
        with pytest.raises(PaymentNotHeld):
            services.change_status(
                actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
            )
        assert not Document.objects.exists()
        pay_again(shop, order)
        assert payment(order).state == "AUTHORIZED"
        case.refresh_from_db()
        assert case.resolution == "AUTHORIZED_AGAIN"
        services.change_status(actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now())
        assert payment(order).captured == order.total_amount
        assert Document.objects.count() == 1
        assert told(order.user).count("order_hold_failed") == 1
        assert balanced()

    def test_a_charge_that_is_refused_leaves_the_order_where_it_is(self, shop: Shop) -> None:
        """The hold is gone and no news of it came: the charge finds out, the next one asks for none."""
        from orders.errors import ChargeRefused

        order, mia = ready(shop), shop.manager()
        shop.sandbox.ledger.expire(order_number=order.order_number)
        with pytest.raises(ChargeRefused) as refusal:
            services.change_status(
                actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
            )
        assert refusal.value.details == {"reason": "expired"}
        assert (payment(order).state, order.status, order.leaving_to) == ("UNPAID", "READY", "")
        assert told(order.user)[-1] == "order_hold_failed"
        with pytest.raises(PaymentNotHeld):
            services.change_status(
                actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
            )
        assert balanced()

    def test_a_picked_order_is_not_cancelled_by_the_job(self, shop: Shop) -> None:
        order = ready(shop)
        shop.sandbox.ledger.expire(order_number=order.order_number)
        Payment.objects.filter(pk=order.payment_id).update(hold_expires_at=clock.now())
        services.keep_held(now=clock.now())
        services.keep_held(now=clock.now() + 30 * HOURS)
        assert (payment(order).state, order.status) == ("UNPAID", "READY")

    def test_cancelling_settles_the_case(self, shop: Shop) -> None:
        order = shop.order()
        shop.sandbox.ledger.expire(order_number=order.order_number)
        Payment.objects.filter(pk=order.payment_id).update(hold_expires_at=clock.now())
        services.keep_held(now=clock.now())
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        assert payment(order).state == "VOIDED"
        assert ReconciliationCase.objects.get().resolution == "CANCELED"
        assert balanced()

    def test_letting_go_of_a_hold_that_ran_out_is_no_case(self, shop: Shop) -> None:
        order = shop.order()
        shop.sandbox.ledger.expire(order_number=order.order_number)
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        perform_open_calls(now=clock.now())
        assert payment(order).state == "VOIDED"
        assert not ReconciliationCase.objects.exists()
        assert balanced()


def pay_again(shop: Shop, order: Order, card: str = "tok_mastercard") -> None:
    """What the pay page does, without its keys."""
    from core.transactions import write_transaction
    from payments.services import authorise

    with write_transaction():
        handle = services.begin_payment(
            actor=order.user, order_id=order.pk, card=shop.raw_card(card), now=clock.now()
        )
    outcome = authorise(payment=handle, metadata={})
    services.settle_attempt(
        order_id=order.pk, payment_id=handle.id, outcome=outcome, now=clock.now()
    )
    perform_open_calls(now=clock.now())


class TestOutage:
    """The provider does not answer while the van waits."""

    def leave(self, shop: Shop, order: Order) -> Order:
        shop.sandbox.ledger.set_weather(mode=Weather.ERROR)
        return services.change_status(
            actor=shop.manager(), order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
        )

    def test_a_sure_hold_lets_it_leave_and_the_paper_comes_later(self, shop: Shop) -> None:

        order = ready(shop)
        assert self.leave(shop, order).status == "OUT_FOR_DELIVERY"
        assert payment(order).state == "AUTHORIZED"
        assert not Document.objects.exists()
        shop.sandbox.ledger.set_weather(mode="")
        now = clock.now() + dt.timedelta(minutes=2)
        perform_open_calls(now=now)
        services.finish_leaving(now=now)
        assert (payment(order).state, order.captured_at is not None) == ("CAPTURED", True)
        assert Document.objects.count() == 1
        assert balanced()

    @pytest.mark.parametrize(
        "unsure", [{"hold_expires_at": 11 * HOURS}, {"hold_checked_at": -25 * HOURS}]
    )
    def test_an_unsure_one_keeps_it_here(self, shop: Shop, unsure: dict[str, dt.timedelta]) -> None:
        from core.errors import Busy
        from payments.errors import PaymentPending

        order = ready(shop)
        changed = {name: clock.now() + delta for name, delta in unsure.items()}
        Payment.objects.filter(pk=order.payment_id).update(**changed)
        with pytest.raises(PaymentPending):
            self.leave(shop, order)
        order.refresh_from_db()
        assert (order.status, order.leaving_to) == ("READY", "OUT_FOR_DELIVERY")
        with pytest.raises(Busy):
            services.change_status(
                actor=shop.manager(), order_id=order.pk, to="DELAYED", now=clock.now()
            )
        shop.sandbox.ledger.set_weather(mode="")
        now = clock.now() + dt.timedelta(minutes=2)
        services.finish_leaving(now=now)
        assert (payment(order).state, order.status) == ("CAPTURED", "OUT_FOR_DELIVERY")
        assert order.captured_at is not None
        assert balanced()


class TestRenewal:
    def delayed(self, far: Shop, time: Clock, *, saved: bool) -> Order:
        """Held now, for a window that was put off by a week."""
        order = scheduled(far, saved=saved)
        round_at(time, held_at(far))
        week = dt.timedelta(days=7)
        later = DatedSlot.objects.create(slot=far.slot, date=far.date + week, taken=1)
        Order.objects.filter(pk=order.pk).update(due_at=order.due_at + week, dated_slot=later)
        if not saved:
            Payment.objects.filter(pk=order.payment_id).update(kept_token="")
        return order

    def test_the_new_hold_comes_first_and_the_old_one_goes(self, far: Shop, time: Clock) -> None:
        order = self.delayed(far, time, saved=True)
        first = payment(order)
        round_at(time, first.hold_expires_at - 24 * HOURS)
        second = payment(order)
        assert second.pk != first.pk
        assert (second.state, second.authorized) == ("AUTHORIZED", Decimal("130.00"))
        assert second.hold_expires_at > first.hold_expires_at
        first.refresh_from_db()
        assert first.state == "VOIDED"
        assert [row["status"] for row in far.sandbox.ledger.holds()] == ["VOIDED", "HELD"]
        round_at(time, time.now + HOURS)
        assert Payment.objects.filter(order_number=order.order_number).count() == 2

    def test_without_an_agreement_the_customer_is_asked_a_day_before(
        self, far: Shop, time: Clock
    ) -> None:
        order = self.delayed(far, time, saved=False)
        ends = payment(order).hold_expires_at
        round_at(time, ends - 25 * HOURS)
        assert "order_hold_failed" not in told(order.user)
        round_at(time, ends - 24 * HOURS)
        round_at(time, ends - 23 * HOURS)
        assert told(order.user).count("order_hold_failed") == 1
        assert payment(order).state == "AUTHORIZED"
        round_at(time, ends)
        assert payment(order).state == "UNPAID"
