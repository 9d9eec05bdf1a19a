"""One trigger is passed by, and only within."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Consent, User
from accounts.tests.factories import customer
from core import clock
from core.append_only import trigger_ignored

pytestmark = pytest.mark.django_db
URI = "accounts.Consent:append_only"


@pytest.fixture
def ada() -> User:
    user = customer()
    Consent.objects.create(
        user=user, kind="MARKETING_EMAIL", given=True, language="he", at=clock.now()
    )
    return user


def take_away(user: User) -> int:
    with transaction.atomic():
        return Consent.objects.filter(user=user).delete()[0]


def test_it_is_passed_by_and_stands_again_afterwards(ada: User) -> None:
    with pytest.raises(DatabaseError, match="Cannot"):
        take_away(ada)
    with trigger_ignored(URI):
        assert take_away(ada) == 1
    Consent.objects.create(
        user=ada, kind="MARKETING_EMAIL", given=True, language="he", at=clock.now()
    )
    with pytest.raises(DatabaseError, match="Cannot"):
        take_away(ada)


def test_it_stands_again_where_what_was_within_failed(ada: User) -> None:
    with pytest.raises(ZeroDivisionError), trigger_ignored(URI):
        raise ZeroDivisionError
    with pytest.raises(DatabaseError, match="Cannot"):
        take_away(ada)


def test_another_one_stands(ada: User) -> None:
    with (
        trigger_ignored("orders.OrderStatusChange:append_only"),
        pytest.raises(DatabaseError, match="Cannot"),
    ):
        take_away(ada)
