"""Stock in the admin: a count is entered through the service and is audited."""

from __future__ import annotations

import pytest

from accounts.tests.factories import manager
from cart.tests.factories import product
from tests.admin_forms import actions, address, form_values

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


def test_a_count_is_entered_against_the_count_that_was_seen(client, mia):
    milk = product(stock=10)
    stock = milk.stocks.get()
    url = address(type(stock), "change", stock.pk)
    values = form_values(client, url)
    assert client.post(url, values | {"on_hand": "8", "reason": "counted"}).status_code == 302
    stock.refresh_from_db()
    assert stock.on_hand == 8
    # The form was opened at 10, which it no longer is.
    response = client.post(url, values | {"on_hand": "7"})
    assert response.status_code == 200
    stock.refresh_from_db()
    assert stock.on_hand == 8
    assert actions("stock", stock.pk) == ["UPDATE"]
