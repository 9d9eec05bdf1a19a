"""The office asks before it pulls the ground from under booked orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from branches.calendar_models import CalendarDay, CalendarSettings
from branches.models import Closure, DatedSlot
from core.clock import now, shop_instant
from ops.selectors.affected import affected_orders
from tests.admin_forms import form_values
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def office(shop: Shop, client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    client.force_login(shop.manager())
    return client


def asked(response: Any, number: str) -> None:
    assert response.status_code == 200
    body = response.content.decode()
    assert "cannot come as agreed" in body
    assert number in body


def test_a_closure_names_the_orders_it_hits(shop: Shop, office: Client) -> None:
    order = shop.order()
    start, end = (shop_instant(shop.date, shop.slot.start_time.replace(hour=h)) for h in (9, 11))
    form = {
        "branch": "", "reason_he": "שיפוץ", "reason_en": "works",
        "starts_at_0": f"{start:%Y-%m-%d}", "starts_at_1": "09:00",
        "ends_at_0": f"{end:%Y-%m-%d}", "ends_at_1": "11:00",
    }  # fmt: skip
    path = "/admin/branches/closure/add/"
    asked(office.post(path, form), order.order_number)
    assert not Closure.objects.exists()
    elsewhere = office.post(path, {**form, "branch": shop.branch.pk})
    assert elsewhere.status_code == 302
    assert office.post(path, {**form, "sure": "on"}).status_code == 302
    assert Closure.objects.count() == 2
    assert order.order_number in office.get("/ops/affected/").content.decode()


def test_an_exception_of_the_calendar_names_the_orders_it_hits(shop: Shop, office: Client) -> None:
    order = shop.order()
    path = "/admin/branches/calendarday/add/"
    form = {
        "date": f"{shop.date:%Y-%m-%d}", "closes_at": "11:00", "opens_at": "",
        "reason_he": "בחירות", "reason_en": "Elections",
    }  # fmt: skip
    asked(office.post(path, form), order.order_number)
    assert not CalendarDay.objects.exists()
    assert office.post(path, {**form, "sure": "on"}).status_code == 302
    [affected] = affected_orders(now=now())
    assert (affected.order, affected.cause) == (order, "CALENDAR")
    assert "closed by the calendar" in office.get("/ops/affected/").content.decode()
    path = f"/admin/branches/calendarday/{CalendarDay.objects.get().pk}/change/"
    later = form_values(office, path) | {"closes_at": "14:00"}
    assert office.post(path, later).status_code == 302
    assert CalendarDay.objects.get().closes_at.hour == 14
    assert affected_orders(now=now()) == []


def test_how_the_calendar_is_kept(office: Client) -> None:
    path = "/admin/branches/calendarsettings/add/"
    form = form_values(office, path)
    assert office.post(path, form | {"keeps_shabbat": "on"}).status_code == 302
    row = CalendarSettings.objects.get()
    assert (row.keeps_shabbat, row.passover_mode) == (True, "OFF")
    assert office.get(path).status_code == 403
    path = f"/admin/branches/calendarsettings/{row.pk}/change/"
    form = form_values(office, path)
    assert office.post(path, form | {"passover_mode": "ON"}).status_code == 302
    row.refresh_from_db()
    assert (row.keeps_shabbat, row.passover_mode) == (True, "ON")


def test_fewer_places_windows_and_branches_ask(shop: Shop, office: Client) -> None:
    first, last = shop.order(), shop.order()
    path = f"/admin/branches/deliveryslot/{shop.slot.pk}/change/"
    form = form_values(office, path)
    response = office.post(path, {**form, "capacity": "1"})
    asked(response, last.order_number)
    assert first.order_number not in response.content.decode()
    shop.slot.refresh_from_db()
    assert shop.slot.capacity == 50
    assert office.post(path, {**form, "capacity": "2"}).status_code == 302
    assert office.post(path, {**form, "capacity": "1", "sure": "on"}).status_code == 302
    closed = {name: value for name, value in form.items() if name != "is_active"}
    asked(office.post(path, {**closed, "capacity": "1"}), first.order_number)
    dated = DatedSlot.objects.get(slot=shop.slot)
    date = f"/admin/branches/datedslot/{dated.pk}/change/"
    asked(office.post(date, {"capacity_override": "0"}), first.order_number)
    branch = f"/admin/branches/branch/{shop.branch.pk}/change/"
    form = form_values(office, branch)
    form.pop("is_active")
    assert office.post(branch, form).status_code == 302  # nothing is booked there
