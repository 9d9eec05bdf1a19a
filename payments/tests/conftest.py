"""A sandbox that never makes a test wait, and a payment to begin with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import User
from accounts.tests.factories import person
from core import clock
from payments import providers, services
from payments.cards import CardToken, ChosenCard
from payments.models import Payment
from payments.providers.sandbox import Sandbox


class Time:
    """A clock that only moves when a test, or a sleep, moves it."""

    def __init__(self) -> None:
        self.instant = clock.now()
        self.slept = 0.0

    def __call__(self) -> float:
        return self.instant.timestamp()

    @property
    def now(self) -> dt.datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.instant += dt.timedelta(seconds=seconds)

    def pass_by(self, **parts: float) -> dt.datetime:
        self.instant += dt.timedelta(**parts)
        return self.instant


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sandbox(time: Time) -> Iterator[Sandbox]:
    with providers.using(Sandbox(sleep=time.sleep, clock=time)) as adapter:
        assert isinstance(adapter, Sandbox)
        yield adapter


@pytest.fixture
def ada(db: None) -> User:
    return person(email="ada@payments.test", full_name="Ada", language="he")


@pytest.fixture
def mia(db: None) -> User:
    return person("MANAGER", email="mia@payments.test", full_name="Mia", language="he")


def card(token: str = "tok_visa") -> ChosenCard:
    return ChosenCard(provider="sandbox", token=token)


Opened = Callable[..., services.PaymentHandle]


@pytest.fixture
def opened(ada: User, sandbox: Sandbox, time: Time) -> Opened:
    """Open a payment of ₪100.00 for an order number of its own."""
    numbers = iter(range(10_000_000, 99_999_999))

    def open_one(*, token: str = "tok_visa", amount: str = "100.00") -> services.PaymentHandle:
        handle = services.open_payment(
            user_id=ada.pk,
            order_number=f"MS-{next(numbers)}",
            amount=Decimal(amount),
            card=card(token),
            now=time.now,
        )
        Payment.objects.filter(pk=handle.id).update(created_at=time.now)
        return handle

    return open_one


@pytest.fixture
def held(opened: Opened) -> Callable[..., Payment]:
    """A payment whose money is held."""

    def hold_one(*, amount: str = "100.00") -> Payment:
        handle = opened(amount=amount)
        outcome = services.authorise(payment=handle, metadata={})
        with transaction.atomic():
            assert services.record_authorised(payment_id=handle.id, outcome=outcome)
        return Payment.objects.get(pk=handle.id)

    return hold_one


@pytest.fixture
def captured(held: Callable[..., Payment], time: Time) -> Callable[..., Payment]:
    """A payment whose money was taken."""

    def capture_one(*, amount: str = "100.00", taken: str | None = None) -> Payment:
        payment = held(amount=amount)
        with transaction.atomic():
            call = services.request_capture(
                payment_id=payment.pk, amount=Decimal(taken or amount), actor=None, now=time.now
            )
        services.perform_call(call_id=call, now=time.now)
        payment.refresh_from_db()
        assert payment.state == "CAPTURED"
        return payment

    return capture_one


def raw(token: str, provider: str = "sandbox") -> CardToken:
    return CardToken(provider=provider, token=token)
