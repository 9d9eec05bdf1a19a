"""The staff's browser speaks English in these tests; eli picks an order of three lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests.factories import employee
from cart.tests.factories import product, weighed
from ops.tests.factories import order
from ops.tests.picking_screen import DUE


@pytest.fixture
def client(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def eli(client):
    user = employee()
    client.force_login(user)
    return user


@pytest.fixture
def one(eli):
    """Three lines, in walking order: four yogurts, 1.5 kg of tomatoes, one loaf."""
    lines = [
        (product(name_en="Bread", bin="C01", barcode="2900000000031"), 1),
        (product(name_en="Yogurt", bin="A01", barcode="2900000000017"), 4),
        (weighed(name_en="Tomatoes", bin="B01", barcode="2900000000024"), Decimal("1.5")),
    ]
    return order(due_at=DUE, lines=lines, status="IN_PROGRESS", picker=eli)
