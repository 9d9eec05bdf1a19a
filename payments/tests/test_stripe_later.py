"""The Stripe adapter over HTTP after the customer has gone: kept cards, holds without their holder,
contested charges and the balance."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core import clock
from payments.provider import ActionRequired, Declined, HoldStatus, ProviderRefused
from payments.providers.stripe import Stripe
from payments.tests.fake_stripe import FakeStripe, running

HUNDRED = Decimal("100.00")
ORDER = {"order_number": "MS-1"}


@pytest.fixture(scope="module")
def there() -> Iterator[FakeStripe]:
    with running() as fake:
        yield fake


@pytest.fixture
def adapter(there: FakeStripe, settings: Any) -> Stripe:
    settings.STRIPE_API_BASE = there.address
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    return Stripe()


def verify(adapter: Stripe, card: str, key: str) -> str:
    kept = adapter.verify(token=card, user_id=7, idempotency_key=key, metadata=ORDER)
    assert (kept.card.brand, kept.card.last4) == ("visa", "4242")
    return kept.token


def hold_later(adapter: Stripe, token: str, key: str) -> Any:
    return adapter.authorize(
        amount=HUNDRED, token=token, idempotency_key=key, metadata=ORDER, off_session=True
    )


class TestHeldLater:
    def test_verified_now_held_without_its_holder_and_for_less_long(self, adapter: Stripe) -> None:
        token = verify(adapter, "pm_visa", "v1:verify")
        held = hold_later(adapter, token, "v1:authorize")
        assert held.expires_at is not None
        lives = held.expires_at - clock.now()
        assert dt.timedelta(days=4, hours=17) < lives <= dt.timedelta(days=4, hours=18)
        again = hold_later(adapter, token, "v1:authorize")
        assert again.reference == held.reference
        found = adapter.find(idempotency_key="v1:authorize", reference="", since=clock.now())
        assert found is not None
        assert (found.status, found.authorized) == (HoldStatus.HELD, HUNDRED)

    def test_a_hold_that_ran_out_cannot_be_taken(self, adapter: Stripe, there: FakeStripe) -> None:
        held = hold_later(adapter, verify(adapter, "pm_visa", "v2:verify"), "v2:authorize")
        there.later.expire(held.reference)
        found = adapter.find(
            idempotency_key="v2:authorize", reference=held.reference, since=clock.now()
        )
        assert found is not None
        assert found.status is HoldStatus.VOIDED
        with pytest.raises(ProviderRefused):
            adapter.capture(reference=held.reference, amount=HUNDRED, idempotency_key="v2:capture")

    @pytest.mark.parametrize(
        ("card", "reason"),
        [("pm_later_declined", "expired_card"), ("pm_later_3ds", "authentication_required")],
    )
    def test_refused_without_its_holder(self, adapter: Stripe, card: str, reason: str) -> None:
        token = verify(adapter, card, f"{card}:verify")
        with pytest.raises(Declined) as declined:
            hold_later(adapter, token, f"{card}:authorize")
        assert declined.value.reason == reason

    def test_a_card_that_is_no_good_is_not_kept(self, adapter: Stripe) -> None:
        with pytest.raises(Declined) as declined:
            verify(adapter, "pm_declined", "v3:verify")
        assert declined.value.reason == "do_not_honor"
        assert adapter.find_verified(
            idempotency_key="v3:verify", reference="", since=clock.now()
        ) is None  # fmt: skip

    def test_the_bank_asks_when_the_card_is_kept(self, adapter: Stripe, there: FakeStripe) -> None:
        with pytest.raises(ActionRequired) as wanted:
            verify(adapter, "pm_asks", "v4:verify")
        reference = wanted.value.reference
        assert reference.startswith("seti_")
        assert wanted.value.redirect_url == "https://bank.test/"
        waiting = adapter.find_verified(
            idempotency_key="v4:verify", reference="", since=clock.now()
        )
        assert waiting is not None
        assert (waiting.reference, waiting.status) == (reference, HoldStatus.ACTION_REQUIRED)
        there.later.confirm_at_bank(reference)
        found = adapter.find_verified(
            idempotency_key="v4:verify", reference=reference, since=clock.now()
        )
        assert found is not None
        assert (found.status, found.authorized) == (HoldStatus.HELD, 0)
        assert found.kept is not None
        adapter.void(reference=reference, idempotency_key="v4:void")
        assert there.later.setups[reference]["status"] == "canceled"


class TestContested:
    def test_listed_answered_once_and_accepted(self, adapter: Stripe, there: FakeStripe) -> None:
        token = verify(adapter, "pm_visa", "d:verify")
        intent = hold_later(adapter, token, "d:authorize").reference
        adapter.capture(reference=intent, amount=HUNDRED, idempotency_key="d:capture")
        first = there.later.contest(intent, 4000)
        second = there.later.contest(intent, 1000, "product_not_received", fee=0)
        told = adapter.disputes(since=clock.now() - dt.timedelta(hours=1))
        assert [(one.reference, one.reason, one.status) for one in told] == [
            (first, "FRAUD", "OPEN"), (second, "NOT_RECEIVED", "OPEN"),
        ]  # fmt: skip
        assert (told[0].amount, told[0].fee) == (Decimal("40.00"), Decimal("15.00"))
        assert told[0].payment_reference == intent
        assert told[0].answer_by - told[0].opened_at == dt.timedelta(days=7)
        for _repeated in range(2):
            adapter.answer_dispute(
                reference=first, text="They got it.", file=b"%PDF-1.7", idempotency_key="d:1"
            )
        kept = there.later.disputes[first]["evidence"]
        assert kept["text"] == "They got it."
        assert there.later.files[kept["file"]].startswith(b"%PDF")
        adapter.accept_dispute(reference=second, idempotency_key="d:2")
        with pytest.raises(ProviderRefused):
            adapter.accept_dispute(reference=first, idempotency_key="d:3")
        after = adapter.disputes(since=clock.now() - dt.timedelta(hours=1))
        assert [one.status for one in after] == ["ANSWERED", "LOST"]
        assert adapter.disputes(since=clock.now() + dt.timedelta(hours=1)) == []

    def test_the_balance_by_our_names(self, adapter: Stripe, there: FakeStripe) -> None:
        there.later.balance.clear()
        there.later.book("charge", {"id": "ch_1", "payment_intent": "pi_9"}, 19000, fee=410)
        there.later.book("refund", {"id": "re_1", "payment_intent": "pi_9"}, -1000)
        there.later.book("dispute", {"id": "du_9", "payment_intent": "pi_9"}, -4000, fee=1500)
        there.later.book("payout", {"id": "po_1"}, -12090)
        start = dt.datetime.fromtimestamp(time.time() - 3600, dt.UTC)
        rows = adapter.payouts(start=start, end=start + dt.timedelta(hours=2))
        assert [(row.reference, row.type, row.gross, row.fee) for row in rows] == [
            ("pi_9", "CAPTURE", Decimal("190.00"), Decimal("4.10")),
            ("pi_9", "REFUND", Decimal("-10.00"), Decimal("0.00")),
            ("du_9", "DISPUTE", Decimal("-40.00"), Decimal("15.00")),
            ("po_1", "PAYOUT", Decimal("-120.90"), Decimal("0.00")),
        ]
        assert adapter.payouts(start=start - dt.timedelta(days=2), end=start) == []
