"""`partition`: the trail and the movements a part a month, with everything that holds of them."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from core import clock
from core.sql import listed
from inventory.models import StockMovement
from mami.monthly_tables import extend, monthly_tables
from tests.history import Beside, beside, migrated
from tests.shop import Shop, open_with_sandbox

__all__ = ["beside"]
TABLES = ("audit_auditentry", "inventory_stockmovement")
ADD = """
INSERT INTO audit_auditentry (entity_type, entity_id, action, old_value, new_value, context, created_at)
VALUES ('shop', 7, 'UPDATE', '{}', '{}', '{}', %s) RETURNING tableoid::regclass::text
"""


def ask(question: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchall() if cursor.description else []


def shape() -> list[tuple]:
    """Indexes, constraints and triggers by name, as migrations know them."""
    return ask(
        "SELECT c.relname, x.kind, x.name FROM pg_class c, LATERAL ("
        " SELECT 'index', i.relname FROM pg_index n JOIN pg_class i ON i.oid = n.indexrelid"
        "  WHERE n.indrelid = c.oid AND NOT n.indisprimary"
        " UNION ALL SELECT contype::text, conname FROM pg_constraint"
        "  WHERE conrelid = c.oid AND contype IN ('c', 'f')"
        " UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal"
        f") AS x (kind, name) WHERE c.relname IN ({listed(TABLES)}) ORDER BY 1, 2, 3"
    )


def part_of(row: AuditEntry) -> str:
    ((name,),) = ask("SELECT tableoid::regclass::text FROM audit_auditentry WHERE id = %s", row.pk)
    return str(name)


def last_month() -> tuple[str, dt.date]:
    """The last part that is ready, and its first day."""
    months = [name for name in trail().parts if re.fullmatch(r"audit_auditentry_\d{6}", name)]
    return months[-1], dt.date(int(months[-1][-6:-2]), int(months[-1][-2:]), 1)


def trail():
    return monthly_tables(using="default")[0]


def rows() -> tuple[int, int]:
    return AuditEntry.objects.count(), StockMovement.objects.count()


@pytest.fixture
def shop(beside: Beside):
    """One with an order, in a database of its own."""
    with beside(migrated()), open_with_sandbox() as opened:
        opened.product()
        opened.order(opened.customer())
        yield opened


def test_a_long_trail_becomes_a_part_a_month(shop: Shop) -> None:
    before, old = (shape(), rows()), AuditEntry.objects.latest("id")
    call_command("partition", stdout=io.StringIO())
    assert all(table.is_partitioned for table in monthly_tables(using="default"))
    assert (shape(), rows()) == before

    shop.order(shop.customer())
    new = AuditEntry.objects.latest("id")
    assert new.pk > old.pk
    assert AuditEntry.objects.values("id").distinct().count() == AuditEntry.objects.count()
    month, day = last_month()
    assert ask(ADD, day + dt.timedelta(days=3)) == [(month,)]
    assert ask(ADD, "2100-01-01") == [("audit_auditentry_rest",)]

    for statement in (
        "UPDATE audit_auditentry SET action = 'READ'",
        f"DELETE FROM {month}",
        f"TRUNCATE {month}",
        f"TRUNCATE {part_of(old)}",
        "TRUNCATE audit_auditentry",
    ):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            ask(statement)

    plan = str(ask("EXPLAIN SELECT * FROM audit_auditentry WHERE created_at >= %s", day))
    assert month in plan
    assert part_of(old) not in plan


def test_months_are_made_ahead_with_each_release(shop: Shop) -> None:
    call_command("partition", stdout=io.StringIO())
    parts = trail().parts
    extend(using="default")
    call_command("partition", stdout=io.StringIO())
    assert trail().parts == parts
    trail().extend(today=clock.now().date() + dt.timedelta(days=62))
    assert len(trail().parts) >= len(parts) + 2
    call_command("migrate", "--check", verbosity=0)
    shop.order(shop.customer())
