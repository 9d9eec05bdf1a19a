"""People in the admin: for admins only, roles changed by the service."""

from __future__ import annotations

import pytest
from django.apps import apps

from accounts.tests.factories import employee, manager, person
from tests.admin_forms import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


@pytest.fixture
def root(client):
    user = person("ADMIN")
    client.force_login(user)
    return user


def test_people_are_for_admins_only(client, mia):
    user = apps.get_model("accounts", "User")
    assert client.get(address(user, "changelist")).status_code == 403
    assert client.post(address(user, "change", mia.pk), {"role": "ADMIN"}).status_code == 403
    mia.refresh_from_db()
    assert mia.role == "MANAGER"


def test_roles_change_but_never_ones_own_and_the_last_admin_stays(client, root):
    dan = employee()
    user = type(dan)
    response = client.post(address(user, "change", dan.pk), {"role": "MANAGER", "is_active": "on"})
    assert response.status_code == 302
    dan.refresh_from_db()
    assert dan.role == "MANAGER"
    response = client.post(
        address(user, "change", root.pk), {"role": "CUSTOMER", "is_active": "on"}
    )
    assert response.status_code == 200
    root.refresh_from_db()
    assert root.role == "ADMIN"
