"""Pages of branches: where, when, and what a closure takes out of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from branches import contact
from branches.models import Closure
from branches.tests.factories import BranchFactory
from core import clock
from core.clock import shop_date, shop_instant
from tests.html import one_line
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


def page(path, language="en", status=200):
    client = Client()
    client.cookies["mami_language"] = language
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_branch_says_its_hours_as_they_are_on_each_date():
    shop = open_shop()
    branch, tomorrow = shop.branch, shop_date(clock.now()) + dt.timedelta(days=1)
    at = f"/branches/{branch.code}/"
    html = page(at)
    assert html.count("07:00–22:00") == 7
    assert "3 HaZait Street" in html
    assert "openstreetmap.org" in html
    for begin, end in (("10:00", "12:00"), ("20:00", "23:00")):
        Closure.objects.create(
            branch=branch,
            starts_at=shop_instant(tomorrow, dt.time.fromisoformat(begin)),
            ends_at=shop_instant(tomorrow, dt.time.fromisoformat(end)),
            reason_he="שיפוצים",
            reason_en="Repairs",
        )
    html = page(at)
    assert html.count("07:00–22:00") == 6
    assert "07:00–10:00" in html
    assert "12:00–20:00" in html
    assert "Repairs" in html
    assert "שיפוצים" in page(at, "he")
    index = page("/branches/")
    assert at in index
    assert "/branches/" in page("/")
    branch.opening_hours = {"0": ["07:00", "22:00"]}
    branch.save()
    assert page(at).count("closed") == 6
    branch.is_active = False
    branch.save()
    page(at, status=404)
    page("/branches/nowhere/", status=404)


def test_the_foot_of_a_page_names_the_delivery_source(client: Client) -> None:
    week = {**{str(day): ["06:00", "22:00"] for day in range(5)}, "5": ["06:00", "14:00"]}
    BranchFactory(is_delivery_source=True, phone="04-855-0199", opening_hours=week)
    contact.remember(contact.read())
    text = one_line(client.get("/en/help/delivery/"))
    assert '<a class="ltr" href="tel:+97248550199">04-855-0199</a>' in text
    assert 'Sun–Thu <bdi dir="ltr">06:00–22:00</bdi>, Fri <bdi dir="ltr">06:00–14:00</bdi>' in text
    assert "א׳–ה׳" in one_line(Client().get("/help/delivery/"))
