"""Nobody learns from the time an answer takes whether an e-mail has an account here.

By ratio, in one run: the medians of interleaved calls, so that the machine's mood touches both.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.errors import EmailTaken, InvalidCredentials
from accounts.models import User
from accounts.tests.factories import person
from core import clock

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TIMES = 30


@pytest.fixture(autouse=True)
def _real_hashes(settings):
    settings.PASSWORD_HASHERS = ["accounts.hashing.Argon2id"]


@pytest.fixture
def known() -> User:
    user = person()
    User.objects.filter(pk=user.pk).update(password=make_password("a-long-passphrase"))
    return user


def ratio(one: Callable[[], object], other: Callable[[], object]) -> float:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(TIMES):
        for step, times in zip((one, other), taken, strict=True):
            cache.clear()  # no limit stands in the way
            began = time.perf_counter()
            step()
            times.append(time.perf_counter() - began)
    return statistics.median(taken[0]) / statistics.median(taken[1])


def alike(one: Callable[[], object], other: Callable[[], object]) -> bool:
    """Within 0.85 and 1.18; asked up to three times, for a machine that is busy otherwise."""
    return any(0.85 <= ratio(one, other) <= 1.18 for _ in range(3))


def sign_in(email: str) -> None:
    with pytest.raises(InvalidCredentials):
        services.authenticate(email=email, password="wrong", now=clock.now())


def test_signing_in(known: User) -> None:
    assert alike(lambda: sign_in(known.email), lambda: sign_in("nobody@mami.test"))


def test_control_without_a_hash_for_the_unknown_it_shows(known: User) -> None:
    def quick() -> None:
        assert not User.objects.filter(email__iexact="nobody@mami.test").exists()

    assert not alike(lambda: sign_in(known.email), quick)


def test_registering(known: User) -> None:
    number = itertools.count()

    def taken() -> None:
        with pytest.raises(EmailTaken):
            register(known.email)

    assert alike(taken, lambda: register(f"new{next(number)}@mami.test"))


def register(email: str) -> None:
    services.register(email=email, password="gxkq-4-lemons", full_name="Noa Levi", now=clock.now())


def test_forgetting_the_password_does_the_same_for_both(known: User) -> None:
    def forgot(email: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            services.forgot_password(email=email, now=clock.now())
        return [query["sql"].split("(")[0].split("'")[0].split('"')[0] for query in asked]

    assert forgot(known.email) == forgot("nobody@mami.test")
    assert alike(
        lambda: services.forgot_password(email=known.email, now=clock.now()),
        lambda: services.forgot_password(email="nobody@mami.test", now=clock.now()),
    )
