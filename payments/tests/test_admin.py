"""Money in the admin: to look at, by managers; nothing there moves it."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.tests.factories import employee, manager
from ops.tests.factories import order
from payments.models import Payment, Refund
from tests.admin_forms import address

pytestmark = pytest.mark.django_db
DUE = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


def test_a_payment_is_found_by_its_order(client):
    client.force_login(manager())
    one, other = order(due_at=DUE), order(due_at=DUE)
    page = client.get(address(Payment, "changelist"), {"q": one.order_number}).content.decode()
    assert one.order_number in page
    assert other.order_number not in page


def test_no_amount_is_changed_there(client):
    client.force_login(manager())
    payment = Payment.objects.get(order_number=order(due_at=DUE).order_number)
    url = address(Payment, "change", payment.pk)
    assert client.get(url).status_code == 200
    assert client.post(url, {"amount": "0.01"}).status_code == 403
    assert client.get(address(Refund, "add")).status_code == 403
    before = payment.amount
    payment.refresh_from_db()
    assert payment.amount == before


def test_employees_see_no_money(client):
    client.force_login(employee())
    assert client.get(address(Payment, "changelist"), follow=True).status_code == 403
