"""Windows, dates and closures in the admin: every write goes through the service and is audited."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from accounts.tests.factories import manager
from branches.models import Closure, DatedSlot
from branches.tests.factories import BranchFactory, DatedSlotFactory, SlotFactory
from cart.tests.factories import warehouse
from core import clock
from core.clock import day_of_week, shop_date
from tests.admin_forms import actions, address, form_values

pytestmark = pytest.mark.django_db

DUE = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


def test_windows_do_not_overlap(client, mia):
    slot = SlotFactory()
    model = type(slot)
    values = {
        "branch": slot.branch_id,
        "day_of_week": slot.day_of_week,
        "start_time": "11:00",
        "end_time": "13:00",
        "capacity": 5,
        "cutoff_minutes": 720,
    }
    response = client.post(address(model, "add"), values)
    assert response.status_code == 200
    assert model.objects.count() == 1
    response = client.post(
        address(model, "add"), values | {"start_time": "12:00", "end_time": "14:00"}
    )
    assert response.status_code == 302
    assert model.objects.count() == 2
    assert model.objects.latest("pk").cutoff_minutes == 720


def test_the_capacity_of_a_date(client, mia):
    dated = DatedSlotFactory()
    url = address(DatedSlot, "change", dated.pk)
    assert client.post(url, {"capacity_override": "2"}).status_code == 302
    dated.refresh_from_db()
    assert dated.capacity_override == 2
    assert actions("dated_slot", dated.pk) == ["UPDATE"]


@pytest.mark.parametrize("is_known", [False, True])
def test_the_capacity_of_a_date_from_the_board(client, mia, is_known):
    """The board leads to a date that may have no row yet, or got one a moment ago."""
    date = shop_date(clock.now()) + dt.timedelta(days=1)
    slot = SlotFactory(branch=warehouse(), day_of_week=day_of_week(date))
    place = f"{address(DatedSlot, 'add')}?slot={slot.pk}&date={date:%Y-%m-%d}"
    assert place.replace("&", "&amp;") in client.get(reverse("ops:board")).content.decode()
    values = form_values(client, place) | {"capacity_override": "3"}
    if is_known:
        DatedSlotFactory(slot=slot, date=date)
    assert client.post(place, values).status_code == 302
    assert DatedSlot.objects.get().capacity == 3


def test_a_closure_is_added_and_removed(client, mia):
    values = {
        "starts_at_0": "2026-12-01",
        "starts_at_1": "08:00",
        "ends_at_0": "2026-12-01",
        "ends_at_1": "07:00",
        "reason_he": "חג",
        "reason_en": "Holiday",
        "branch": "",
    }
    assert client.post(address(Closure, "add"), values).status_code == 200
    assert not Closure.objects.exists()
    assert client.post(address(Closure, "add"), values | {"ends_at_1": "22:00"}).status_code == 302
    closure = Closure.objects.get()
    client.post(address(Closure, "delete", closure.pk), {"post": "yes"})
    assert not Closure.objects.exists()
    assert actions("closure", closure.pk) == ["CREATE", "DELETE"]


def test_choosing_many_deletes_them_through_the_service(client, mia):
    branch = BranchFactory()
    closure = Closure.objects.create(
        branch=branch,
        starts_at=DUE,
        ends_at=DUE + dt.timedelta(hours=1),
        reason_he="א",
        reason_en="a",
    )
    data = {"action": "delete_selected", "_selected_action": [closure.pk], "post": "yes"}
    client.post(address(Closure, "changelist"), data)
    assert not Closure.objects.exists()
    assert actions("closure", closure.pk) == ["DELETE"]
