"""Branches in the admin: opening one makes its shelves."""

from __future__ import annotations

import pytest

from accounts.tests.factories import manager
from branches.models import Branch
from cart.tests.factories import product, warehouse
from tests.admin_forms import actions, address, form_values

pytestmark = pytest.mark.django_db

BRANCH = {
    "name_he": "סניף חדש",
    "name_en": "New branch",
    "address_he": "רחוב 1",
    "address_en": "1 Street",
    "city_he": "חיפה",
    "city_en": "Haifa",
    "phone": "",
    "hours_0": "7:00-22:00",
}


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


def test_a_new_branch_opens_its_shelves(client, mia):
    milk = product()
    response = client.post(address(Branch, "add"), BRANCH)
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Branch.objects.get(name_en="New branch")
    assert made.opening_hours == {"0": ["07:00", "22:00"]}
    assert milk.stocks.filter(branch=made).exists()
    assert actions("branch", made.pk) == ["CREATE"]


def test_the_delivery_source_stays_open(client, mia):
    source = warehouse()
    url = address(Branch, "change", source.pk)
    values = form_values(client, url)
    values.pop("is_active")
    response = client.post(url, values)
    assert response.status_code == 200
    assert "must stay open" in response.content.decode()
    source.refresh_from_db()
    assert source.is_active
