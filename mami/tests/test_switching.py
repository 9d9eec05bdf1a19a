"""A capability that is switched off is not there on any face, and what is under way goes on."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role
from audit.models import AuditEntry
from checkout import page_actions
from core import capabilities, clock
from core.errors import NotFound, PermissionRefused
from core.rights import methods_of
from mami import switching
from payments import providers
from search import asking, outbox
from tests.shop import open_shop, open_with_sandbox
from waiting import services as waiting
from waiting.models import WaitingEntry

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
        if capability.name != capabilities.SEARCH_OPENSEARCH:  # which has no address of its own
            assert capability.routes | capability.writes_of
        for route in capability.routes | capability.writes_of:
            assert methods_of(route), f"{capability.name}: {route}"


def test_the_office_changes_no_order_either() -> None:
    with open_with_sandbox() as shop:
        order = shop.order()
    root, manager = shop.person(Role.ADMIN), client_of(shop.person(Role.MANAGER))
    page, change = (
        reverse(f"ops:{name}", args=[order.order_number]) for name in ("order", "change")
    )
    assert change in manager.get(page).content.decode()
    assert manager.get(change).status_code == 200

    switching.switch(actor=root, name="order_change", on=False)
    assert change not in manager.get(page).content.decode()
    assert manager.get(change).status_code == 404
    assert manager.post(change, {}).status_code == 404
    for call in ("ops-order-change", "ops-order-change-preview", "ops-order-change-question"):
        assert not capabilities.is_offered(f"api:{call}", "POST")
    assert manager.get(reverse("ops:reslot", args=[order.order_number])).status_code == 200


def test_nobody_else_gets_in_line_and_who_waits_is_served() -> None:
    shop = open_shop(capacity=1)
    ada, root = shop.customer(), shop.person(Role.ADMIN)
    with providers.using(shop.sandbox):
        shop.order()
    gone = shop.product(stock=0)
    page, press = (reverse(name, args=[gone.pk]) for name in ("catalog:product", "waiting:product"))
    assert press in client_of(ada).get(page).content.decode()
    waiting.wait_for_product(actor=ada, product_id=gone.pk, now=clock.now())

    switching.switch(actor=root, name="waiting_list", on=False)
    eve = client_of(shop.customer())
    assert press not in eve.get(page).content.decode()
    assert eve.post(press).status_code == 404
    full = f"{shop.slot.pk}@{shop.date:%Y-%m-%d}"
    assert page_actions.wait_for_window(actor=ada, what=full, now=clock.now()) == ""
    assert WaitingEntry.objects.count() == 1
    assert client_of(ada).get(reverse("waiting:index")).status_code == 200
    entry = WaitingEntry.objects.get()
    assert client_of(ada).post(reverse("waiting:leave", args=[entry.pk])).status_code == 302

    switching.switch(actor=root, name="waiting_list", on=True)
    assert page_actions.wait_for_window(actor=ada, what=full, now=clock.now()) != ""


def test_the_cluster_is_left_alone(settings: Settings) -> None:
    settings.SEARCH_OPENSEARCH = {**settings.SEARCH_OPENSEARCH, "URL": "http://127.0.0.1:9"}
    root = open_shop(capacity=5).person(Role.ADMIN)
    assert asking.is_asked()
    switching.switch(actor=root, name="search_opensearch", on=False)
    assert not asking.is_asked()
    assert outbox.is_wanted(), "what changes meanwhile is learned"
