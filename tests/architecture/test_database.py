"""What the database itself promises: ledgers that only grow, waits that end."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from core.append_only import append_only
from core.database import limit_waiting

LEDGERS = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if {t.name for t in getattr(model._meta, "triggers", [])} >= {t.name for t in append_only()}
)


def test_the_ledgers_are_the_ones_we_know() -> None:
    assert {"audit_auditentry", "inventory_stockmovement"} <= set(LEDGERS)


@pytest.mark.django_db
@pytest.mark.parametrize("table", LEDGERS)
def test_a_ledger_cannot_be_emptied(table: str) -> None:
    """Test databases carry a setting that lets TRUNCATE through; production databases never do."""
    truncate = sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL mami.allow_truncate TO 'off'")
        with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic():
            cursor.execute(truncate)
        cursor.execute("SET LOCAL mami.allow_truncate TO 'on'")
        cursor.execute(truncate)


@pytest.mark.django_db
def test_lock_waits_and_abandoned_transactions_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)
        limit_waiting(
            using="default"
        )  # as after every `migrate`; a test's own session may stand longer
        cursor.execute(KEPT)
        assert "idle_in_transaction_session_timeout=60s" in cursor.fetchone()[0]
        assert run_checks(databases=["default"]) is not None
        assert "mami.W001" not in {found.id for found in run_checks(databases=["default"])}
        cursor.execute("SET LOCAL lock_timeout TO 0")
        assert "mami.W001" in {found.id for found in run_checks(databases=["default"])}


KEPT = """
SELECT setconfig FROM pg_db_role_setting
 WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
SMALL_KEYS = {
    # Other people's tables, which grow with what a release brings and not with what is sold.
    "auth_group", "auth_group_permissions", "auth_permission", "django_admin_log", "django_content_type",
    "waffle_flag", "waffle_flag_groups", "waffle_flag_users", "waffle_sample", "waffle_switch",
    # The number of a place in the state's register.
    "accounts_address.locality_id", "branches_arealocality.locality_id", "branches_locality.code",
}  # fmt: skip
KEYS = """
SELECT class.relname, attribute.attname
  FROM pg_constraint AS rule
  JOIN pg_class AS class ON class.oid = rule.conrelid
  JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = ANY (rule.conkey)
 WHERE rule.contype IN ('p', 'f') AND class.relnamespace = 'public'::regnamespace
   AND attribute.atttypid IN ('int2'::regtype, 'int4'::regtype)
"""
SEQUENCES = """
SELECT sequence.seqrelid::regclass::text, coalesce(owner.refobjid::regclass::text, '')
  FROM pg_sequence AS sequence
  LEFT JOIN pg_depend AS owner ON owner.objid = sequence.seqrelid AND owner.deptype IN ('a', 'i') AND owner.refobjsubid > 0
 WHERE sequence.seqtypid <> 'int8'::regtype
"""


def numbers_that_run_out() -> set[str]:
    """Keys of fewer than eight bytes, and sequences that end before they are used up."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        found = {f"{table}.{column}" for table, column in cursor.fetchall()}
        cursor.execute(SEQUENCES)
        found |= {f"{table}.{sequence}" for sequence, table in cursor.fetchall()}
    return {
        name
        for name in found
        if name not in SMALL_KEYS and name.partition(".")[0] not in SMALL_KEYS
    }


@pytest.mark.django_db
def test_no_number_of_a_row_runs_out() -> None:
    """Drill D13: every key and every sequence has eight bytes (`IdsRunningOut` watches what is used)."""
    assert numbers_that_run_out() == set()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE short (id serial PRIMARY KEY)")
        cursor.execute("CREATE SEQUENCE shorter AS smallint")
    assert numbers_that_run_out() == {"short.id", "short.short_id_seq", ".shorter"}
