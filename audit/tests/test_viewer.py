"""The audit viewer in the office: filters, walking by position, the file, and its cost."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import person
from audit.services import Action, Change, record_many
from tests.html import one_line

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/auditentry/"


@pytest.fixture
def mia(client):
    user = person("MANAGER")
    client.force_login(user)
    return user


def write(count=1, *, actor=None, **values):
    fields = {"entity_type": "stock", "entity_id": 7, "action": Action.UPDATE}
    changes = [
        Change(**(fields | {"old": {"on_hand": str(n)}, "new": {"on_hand": str(n + 1)}} | values))
        for n in range(count)
    ]
    with transaction.atomic():
        record_many(actor=actor, changes=changes)


def entries_on(page):
    return [row.entry.pk for row in page.context["rows"]]


def test_old_stands_beside_new(client, mia):
    write(actor=mia, context={"reason": "STOCKTAKE"})
    text = one_line(client.get(LIST, HTTP_ACCEPT_LANGUAGE="en"))
    assert re.search(
        r"on_hand</span> ?<del>.*?<bdi>0</bdi> ?</del>.*?<ins>.*?<bdi>1</bdi> ?</ins>", text
    )
    assert mia.email in text
    assert "STOCKTAKE" in text


def test_values_are_shown_as_text(client, mia):
    write(new={"name_en": "<script>alert(1)</script>"})
    text = client.get(LIST).content.decode()
    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("entity_type=stock", 2),
        ("entity_type=stock&entity_id=8", 1),
        ("action=CREATE", 1),
        ("first=2000-01-01&last=2000-01-02", 0),
        ("first=2000-01-01", 3),
    ],
)
def test_filters(client, mia, query, count):
    write()
    write(entity_id=8)
    write(entity_type="product", action=Action.CREATE)
    assert len(entries_on(client.get(f"{LIST}?{query}"))) == count


def test_the_actor_by_e_mail(client, mia):
    write(actor=mia)
    write()
    assert len(entries_on(client.get(LIST, {"actor": mia.email.upper()}))) == 1


@pytest.mark.parametrize(
    "query",
    ["entity_id=x", "action=EAT", "actor=nobody@mami.test", "first=x", "first=2026-02-02&last=2026-02-01"],
)  # fmt: skip
def test_a_filter_with_a_mistake_says_so_and_lists_nothing(client, mia, query):
    write()
    page = client.get(f"{LIST}?{query}&export=csv")
    assert page.status_code == 200
    assert entries_on(page) == []
    assert page.context["form"].errors
    assert 'role="alert"' in page.content.decode()


def test_fifty_more_by_position_survives_new_rows(client, mia):
    write(120)
    seen, page = [], client.get(LIST)
    first_of_all = entries_on(page)
    while True:
        seen += entries_on(page)
        if page.context["next"] is None:
            break
        write()
        page = client.get(LIST, {"cursor": page.context["next"]})
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 120
    assert entries_on(client.get(LIST, {"cursor": "made-up"}))[-1] > first_of_all[-1] - 10


def test_the_part_for_htmx_is_rows_only(client, mia):
    write(60)
    cursor = client.get(LIST).context["next"]
    part = client.get(LIST, {"cursor": cursor}, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<tr")
    assert part.count("<tr") == 10
    assert "50 more" not in part


def test_no_page_counts_the_trail(client, mia):
    write(60)
    cursor = client.get(LIST).context["next"]
    for query in ({}, {"cursor": cursor}):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(LIST, query)
        about = [q["sql"] for q in caught if "audit_auditentry" in q["sql"]]
        assert len(about) == 1
        assert "COUNT(" not in about[0].upper()
        assert "OFFSET" not in about[0].upper()


def test_the_file_holds_everything_and_no_formula(client, mia):
    write(70)
    write(entity_type="product", new={"name_en": "=1+1"}, old={}, actor=mia)
    answer = client.get(LIST, {"export": "csv"})
    assert answer.streaming
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 71
    assert rows[0]["actor"] == mia.email
    assert rows[0]["new_value"] == '{"name_en": "=1+1"}'
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_one_entry_by_itself(client, mia):
    write(2)
    key = entries_on(client.get(LIST))[0]
    assert entries_on(client.get(f"{LIST}{key}/change/")) == [key]
    assert client.get(f"{LIST}999999999/change/").status_code == 404


def test_employees_may_not_look(client):
    client.force_login(person("EMPLOYEE"))
    for path in (LIST, f"{LIST}?export=csv"):
        assert client.get(path, follow=True).status_code == 403
