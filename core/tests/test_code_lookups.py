"""A plan that the server keeps of a statement uses the indexes made for some rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import CharField
from django.db.models.lookups import Exact, In

from accounts.models import User
from core import code_lookups
from orders.models import Order
from orders.status import FINAL

pytestmark = pytest.mark.django_db


def said(rows):
    return rows.query.sql_with_params()


def test_codes_stand_in_the_text_in_one_order():
    for codes in (list(FINAL), list(reversed(list(FINAL)))):
        text, values = said(Order.objects.exclude(status__in=codes))
        assert "NOT (\"orders_order\".\"status\" IN ('CANCELED', 'DELIVERED'))" in text
        assert values == ()
    text, values = said(Order.objects.filter(payment__state="UNPAID", leaving_to=""))
    assert "\"state\" = 'UNPAID'" in text
    assert "\"leaving_to\" = ''" in text
    assert values == ()


@pytest.mark.parametrize("hostile", ["CREATED' OR true --", "%s", "created", "UNKNOWN", "\u05d0"])
def test_what_is_no_code_stays_a_parameter(hostile):
    text, values = said(Order.objects.filter(status=hostile))
    assert f"'{hostile}'" not in text
    assert values == (hostile,)
    text, values = said(Order.objects.filter(status__in=["CREATED", hostile]))
    assert f"'{hostile}'" not in text
    assert set(values) == {"CREATED", hostile}
    assert not Order.objects.filter(status__in=["CREATED", hostile]).exists()
    text, values = said(User.objects.filter(full_name=hostile))  # a column without choices
    assert f"'{hostile}'" not in text
    assert values == (hostile,)


def kept_plan(rows):
    """The plan that the server keeps of a statement, whatever its parameters are."""
    text, values = said(rows)
    asked = text % tuple(f"${number}" for number in range(1, len(values) + 1))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {asked}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_queue_keeps_a_plan_with_the_index_of_open_orders():
    rows = Order.objects.exclude(status__in=FINAL).order_by("due_at", "id").values("pk")[:50]
    assert "order_open_due" in kept_plan(rows)
    for lookup in (Exact, In):  # as it would be otherwise
        CharField.register_lookup(lookup)
    try:
        rows = Order.objects.exclude(status__in=FINAL).order_by("due_at", "id").values("pk")[:50]
        assert "order_open_due" not in kept_plan(rows)
    finally:
        code_lookups.register()
