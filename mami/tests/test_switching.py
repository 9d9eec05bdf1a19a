"""A capability that is switched off is not there on any face, and what is under way goes on."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role
from audit.models import AuditEntry
from core import capabilities
from core.errors import NotFound, PermissionRefused
from core.rights import methods_of
from mami import switching
from tests.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _asked(settings: Settings) -> None:
    settings.CAPABILITIES_ASKED = True
    caches["switches"].clear()


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def test_what_is_off_is_not_there() -> None:
    shop = open_shop(capacity=5)
    root, ada = shop.person(Role.ADMIN), client_of(shop.customer())
    assert ada.get(reverse("standing:index")).status_code == 200
    assert reverse("standing:new") in ada.get(reverse("standing:index")).content.decode()

    switching.switch(actor=root, name="standing_orders", on=False)
    assert reverse("standing:new") not in ada.get(reverse("standing:index")).content.decode()
    assert ada.get(reverse("standing:new")).status_code == 404
    assert not capabilities.is_offered("api:standing-orders", "POST")
    assert capabilities.is_offered("api:standing-orders", "GET")
    assert capabilities.is_offered("orders:problem_report")

    switching.switch(actor=root, name="standing_orders", on=True)
    assert ada.get(reverse("standing:new")).status_code != 404
    told = AuditEntry.objects.filter(entity_type="switch").order_by("pk")
    assert [row.new_value["on"] for row in told] == [False, True]


def test_the_api_knows_nothing_of_it_either(api: object) -> None:
    shop = open_shop(capacity=5)
    switching.switch(actor=shop.person(Role.ADMIN), name="order_change", on=False)
    answer = client_of(shop.customer()).post("/api/v1/orders/1/change", data={})
    assert answer.status_code in (401, 404)
    assert not capabilities.is_offered("api:order-change", "POST")


def test_admins_switch_and_managers_look() -> None:
    shop = open_shop(capacity=5)
    root, manager = shop.person(Role.ADMIN), shop.person(Role.MANAGER)
    page = reverse("admin:switches")
    body = {"name": "questions", "on": "0"}
    assert (
        "Switch off"
        not in client_of(manager).get(page, headers={"Accept-Language": "en"}).content.decode()
    )
    assert client_of(manager).post(page, body).status_code == 403
    assert capabilities.is_on("questions")
    assert client_of(root).post(page, body).status_code == 302
    assert not capabilities.is_on("questions")
    assert client_of(shop.customer()).get(page).status_code == 302
    with pytest.raises(PermissionRefused):
        switching.switch(actor=manager, name="questions", on=True)
    with pytest.raises(NotFound):
        switching.switch(actor=root, name="gravity", on=False)


def test_every_route_of_the_table_is_one() -> None:
    for capability in capabilities.table().values():
        assert capability.routes | capability.writes_of
        for route in capability.routes | capability.writes_of:
            assert methods_of(route), f"{capability.name}: {route}"
