"""Every list and form of the admin opens, who may enter it, and what it never does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin

from accounts.tests.factories import employee, manager, person
from branches.models import Closure
from branches.tests.factories import DatedSlotFactory
from cart.tests.factories import product
from catalog.models import Brand, Product
from ops.tests.factories import order
from tests.admin_forms import address

pytestmark = pytest.mark.django_db

DUE = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


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


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_list_and_form_opens(client, root, model):
    order(due_at=DUE)
    DatedSlotFactory()
    Brand.objects.create(name_he="מותג", name_en="Brand", slug="brand-x")
    page = client.get(address(model, "changelist"))
    assert page.status_code == 200
    found = model._default_manager.first()
    if found is not None:
        assert client.get(address(model, "change", found.pk)).status_code == 200
    if admin.site._registry[model].has_add_permission(page.wsgi_request):
        assert client.get(address(model, "add")).status_code == 200


@pytest.mark.parametrize("app", sorted({model._meta.app_label for model in MODELS}))
def test_every_app_has_a_page_of_its_own(client, root, app):
    body = client.get(f"/admin/{app}/").content.decode()
    assert f'href="/admin/{app}/' in body
    assert 'class="charts"' not in body


@pytest.mark.parametrize("query", ["?o=99", "?p=99999", "?entity_id=x", "?nonsense=1"])
def test_nonsense_in_the_address_of_a_list(client, mia, query):
    model = apps.get_model("audit", "AuditEntry")
    assert client.get(address(model, "changelist") + query).status_code in {200, 302}


def test_the_way_in_is_the_shops_own(client):
    response = client.get("/admin/")
    assert response.status_code == 302
    final = client.get(response.url)
    assert final.url.startswith("/account/login/?next=")


def test_employees_are_told_that_they_may_not(client):
    client.force_login(employee())
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_nothing_is_deleted_but_closures(client, root, model):
    order(due_at=DUE)
    DatedSlotFactory()
    found = model._default_manager.first()
    if found is None or model is Closure:
        return
    answer = client.post(address(model, "delete", found.pk), {"post": "yes"})
    assert answer.status_code == 403
    assert model._default_manager.filter(pk=found.pk).exists()


def test_history_is_the_audit_trail(client, mia):
    milk = product()
    response = client.get(address(Product, "history", milk.pk))
    assert response.url.endswith(f"?entity_type=product&entity_id={milk.pk}")
