"""A refresh token that comes twice: right after its exchange, and later."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts import services
from accounts.models import RefreshToken
from accounts.tests.factories import with_password
from core import clock
from core.errors import TokenInvalid

pytestmark = pytest.mark.django_db


def refreshed(token):
    return services.refresh(refresh_token=token, now=clock.now()).refresh_token


def exchanged(*, seconds_ago):
    """A token exchanged so long ago, and the one it was exchanged for."""
    first = services.issue_tokens(user=with_password(), now=clock.now()).refresh_token
    second = refreshed(first)
    RefreshToken.objects.exclude(used_at=None).update(
        used_at=clock.now() - dt.timedelta(seconds=seconds_ago)
    )
    return first, second


@pytest.mark.parametrize("seconds", [0, 5, 9])
def test_right_after_the_exchange_it_is_refused_and_nothing_ends(seconds):
    first, second = exchanged(seconds_ago=seconds)
    with pytest.raises(TokenInvalid):
        refreshed(first)
    assert refreshed(second)


@pytest.mark.parametrize("seconds", [10, 11, 86_400])
def test_later_the_family_ends(seconds):
    first, second = exchanged(seconds_ago=seconds)
    for token in (first, second):
        with pytest.raises(TokenInvalid):
            refreshed(token)


def test_an_ended_family_stays_ended_within_the_grace():
    first, second = exchanged(seconds_ago=1)
    user = RefreshToken.objects.first().user
    services.logout(actor=user, refresh_token=second, now=clock.now())
    for token in (first, second):
        with pytest.raises(TokenInvalid):
            refreshed(token)
