"""The office: its first page's numbers lead to their lists, and every row to its history."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db.models import F
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import manager, person
from audit.models import AuditEntry
from branches.tests.factories import DatedSlotFactory
from cart.tests.factories import product, warehouse
from core import clock
from core.clock import shop_date, shop_instant
from inventory.models import Stock
from ops.tests.factories import job, order
from orders.models import Order, OrderItem

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
MIDNIGHT = dt.time(0)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    client.cookies["mami_language"] = "en"
    return user


def listed(client, href):
    """How many rows stand where a number leads."""
    context = client.get(href).context
    if "cl" in context:
        return context["cl"].result_count
    return len(context["rows"] if "rows" in context else context["page"])


def test_every_number_leads_to_as_many_rows(client, mia):
    now = clock.now()
    late = order(due_at=now - dt.timedelta(hours=1), lines=2)
    late.items.update(picked_status="MISSING", picked_at=now)
    order(due_at=now, status="MISSING")
    # Placed today, to be fetched by tomorrow's closing; and the other way round.
    today = shop_instant(shop_date(now), MIDNIGHT)
    for placed, due in ((1, 40), (-3, 20)):
        pickup = order(due_at=today + due * HOUR, pickup=True)
        Order.objects.filter(pk=pickup.pk).update(created_at=today + placed * HOUR)
    Stock.objects.filter(product=product(), branch=warehouse()).update(reorder_point=F("on_hand"))
    page = client.get("/admin/")
    figures = {figure.label: figure for figure in page.context["figures"]}
    assert figures["Missing lines in 7 days"].value == "100.0%"
    assert listed(client, figures.pop("Missing lines in 7 days").href) == 2
    for name in (
        "Orders at risk of being late",
        "Orders with missing items",
        "Shelves running low",
    ):
        assert int(figures[name].value) >= 1, name
    for figure in figures.values():
        assert listed(client, figure.href) == int(figure.value), figure
    assert len(page.context["most_missing"]) == 2
    for bar in (*page.context["today"], *page.context["most_missing"]):
        assert listed(client, bar.href) == int(bar.value), bar


def test_what_a_day_brought_is_the_sum_of_its_list(client, mia):
    now = clock.now()
    for status in ("DELIVERED", "OUT_FOR_DELIVERY"):
        paid = order(due_at=now, status=status).payment
        paid.state, paid.captured = "CAPTURED", paid.amount
        paid.save()
    order(due_at=now)
    page = client.get("/admin/")
    point = page.context["revenue"].points[-1]
    found = client.get(point.href).context["cl"].result_list
    charged = sum((one.payment.captured for one in found), Decimal(0))
    assert charged > 0
    assert point.values == (f"₪{charged:,.2f}",)
    point = page.context["settlement"].points[-1]
    assert client.get(point.href).status_code == 200


@pytest.mark.parametrize("days", ["x", "..", "9999-12-31", "2026-11-26..x"])
def test_nonsense_for_days_lists_nothing_or_a_day(client, mia, days):
    order(due_at=clock.now())
    assert listed(client, f"/admin/orders/order/?day={days}") == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_row_leads_to_its_history(client, model):
    client.force_login(person("ADMIN"))
    order(due_at=clock.now())
    DatedSlotFactory()
    job("failed")
    AuditEntry.objects.create(entity_type="order", entity_id=1, action="CREATE")
    row = model._default_manager.first()
    if row is None:
        return
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}"
    if model is not AuditEntry:  # its own page shows the way in its row
        assert f'href="{base}/history/"' in client.get(f"{base}/change/").content.decode()
    page = client.get(f"{base}/history/", follow=True)
    assert page.status_code == 200
    assert [status for _url, status in page.redirect_chain] == [302]
    if model is not ProcrastinateJob:
        assert page.context["form"].errors == {}


def test_what_belongs_to_a_thing_has_its_history(client, mia):
    item = OrderItem.objects.get(order=order(due_at=clock.now()))
    payment = item.order.payment
    call = payment.calls.create(kind="CAPTURE", amount=1, idempotency_key="k")
    answer = client.get(f"/admin/payments/providercall/{call.pk}/history/")
    assert answer.url.endswith(f"?entity_type=payment&entity_id={payment.pk}")
    answer = client.get(f"/admin/orders/orderitem/{item.pk}/history/")
    assert answer.url.endswith(f"?entity_type=order_item&entity_id={item.pk}")
    assert client.get("/admin/orders/orderitem/0/history/").status_code == 404


@pytest.mark.parametrize("count", [1, 25])
def test_the_first_page_takes_the_same_statements(
    client, mia, count, django_assert_max_num_queries
):
    for _ in range(count):
        order(due_at=clock.now())
    with django_assert_max_num_queries(14):
        client.get("/admin/")
