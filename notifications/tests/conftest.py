"""A person who can be told, and a gateway that tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import person
from notifications.tests.gateway import FakeGateway, fake_gateway


@pytest.fixture
def ada(db: None) -> User:
    return person(phone="+972542234567", phone_verified=True, email_verified=True)


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    with fake_gateway() as found:
        settings.SMS_GATEWAY, settings.SMS_URL = "http", found.url
        settings.SMS_TOKEN, settings.SMS_SECRET, settings.SMS_TIMEOUT = "t0k", "s3cret", 20
        yield found
