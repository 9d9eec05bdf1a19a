"""One client, several refreshes at the same moment: one wins, and its family lives on."""

from __future__ import annotations

import datetime as dt
import importlib
from collections import Counter

import pytest

from accounts import services
from accounts.models import RefreshToken
from accounts.tests.factories import with_password
from core import clock
from tests.races import codes, race

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 4


def refreshed_at_once(token):
    """What each of CALLERS refreshes of this token returned or raised."""
    step = lambda: services.refresh(refresh_token=token, now=clock.now())  # noqa: E731
    return race([step] * CALLERS)


def first_token():
    return services.issue_tokens(user=with_password(), now=clock.now()).refresh_token


def test_one_of_four_wins_and_its_next_refresh_is_good():
    results = refreshed_at_once(first_token())
    assert Counter(codes(results)) == {"ok": 1, "TOKEN_INVALID": CALLERS - 1}
    winner = next(result for result in results if not isinstance(result, Exception))
    services.refresh(refresh_token=winner.refresh_token, now=clock.now())
    assert not RefreshToken.objects.exclude(revoked_at=None).exists()


def test_without_the_grace_the_losers_end_the_winners_family(monkeypatch):
    """The control: what the grace is for."""
    sign_in = importlib.import_module("accounts.services.sign_in")
    monkeypatch.setattr(sign_in, "REUSE_GRACE", dt.timedelta(seconds=-CALLERS * 10))
    results = refreshed_at_once(first_token())
    assert Counter(codes(results)) == {"ok": 1, "TOKEN_INVALID": CALLERS - 1}
    assert not RefreshToken.objects.filter(revoked_at=None).exists()
