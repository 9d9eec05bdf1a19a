"""The trail through the JSON API."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from accounts.tests.factories import person
from api import pagination
from audit.services import Action, record
from core import clock
from core.clock import shop_date
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(api):
    return api(person("MANAGER"))


def write(actor=None, **values):
    fields = {"entity_type": "order", "entity_id": 7, "action": Action.UPDATE, "new": {"a": "1"}}
    with transaction.atomic():
        record(actor=actor, **{**fields, **values})


def test_row(mia):
    write(actor=mia.user)
    (row,) = mia.get("/admin/audit").json()["data"]
    assert row | {
        "entity_type": "order", "entity_id": 7, "action": "UPDATE", "old_value": {}, "new_value": {"a": "1"},
        "context": {}, "actor_user_id": mia.user.pk, "actor_email": mia.user.email,
    } == row  # fmt: skip


def test_filters(mia):
    write()
    write(entity_type="product", entity_id=9, action=Action.CREATE, actor=mia.user)

    def count(query):
        return mia.get(f"/admin/audit?{query}").json()["pagination"]["total"]

    today = shop_date(clock.now())
    yesterday = today - dt.timedelta(days=1)
    assert count("") == 2
    assert count("entityType=product") == count("entity_type=product") == 1
    assert count("entityType=product&entityId=7") == 0
    assert count("action=CREATE") == count(f"actorId={mia.user.pk}") == 1
    assert count(f"dateFrom={today}&dateTo={today}") == 2
    assert count(f"dateTo={yesterday}") == 0
    for bad in ("action=EAT", "entityId=x", "dateFrom=x", "actorId=-1", "cursor=x", "limit=0"):
        refusal(mia.get(f"/admin/audit?{bad}"), 400, "VALIDATION_ERROR")


def test_cursor_walks_newest_first_and_survives_new_rows(mia):
    for n in range(7):
        write(entity_id=n)
    first = mia.get("/admin/audit?limit=3").json()
    write(entity_id=99)
    second = mia.get(f"/admin/audit?limit=3&cursor={first['pagination']['next_cursor']}").json()
    assert [r["entity_id"] for r in first["data"] + second["data"]] == [6, 5, 4, 3, 2, 1]


def test_cursor_of_another_list_is_refused(mia, api):
    for n in range(3):
        write(entity_id=n)
    cursor = mia.get("/admin/audit?limit=1").json()["pagination"]["next_cursor"]
    refusal(mia.get(f"/admin/inventory?cursor={cursor}"), 400, "VALIDATION_ERROR")


def test_counting_ends_somewhere_and_says_so(mia, monkeypatch):
    monkeypatch.setattr(pagination, "COUNTED", 2)
    for n in range(5):
        write(entity_id=n)
    page = mia.get("/admin/audit?limit=2").json()["pagination"]
    assert page["total_is_estimate"] is True
    assert page["total"] >= 3


def test_managers_only(api):
    refusal(api(person("EMPLOYEE")).get("/admin/audit"), 403, "PERMISSION_DENIED")


def test_queries(mia, django_assert_num_queries):
    write()
    with django_assert_num_queries(3):
        mia.get("/admin/audit")
