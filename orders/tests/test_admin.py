"""Orders in the admin: to look at and to find; they change on the staff screen."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.tests.factories import manager
from ops.tests.factories import order
from orders.models import Order
from tests.admin_forms import address

pytestmark = pytest.mark.django_db
DUE = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


def test_an_order_is_found_by_its_number_and_leads_to_its_screen(client, mia):
    one, other = order(due_at=DUE), order(due_at=DUE)
    page = client.get(address(Order, "changelist"), {"q": one.order_number}).content.decode()
    assert f"/ops/orders/{one.order_number}/" in page
    assert other.order_number not in page


def test_nothing_is_changed_there(client, mia):
    one = order(due_at=DUE)
    response = client.post(address(Order, "change", one.pk), {"status": "DELIVERED"})
    assert response.status_code == 403
    assert client.get(address(Order, "add")).status_code == 403
    one.refresh_from_db()
    assert one.status == "CREATED"
