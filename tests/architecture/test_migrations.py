"""Migrations: none is missing, all of them go back, squashed ones lead where theirs did, keys last."""

import datetime as dt
import uuid
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from runtime import probes
from runtime.run import prepare
from tests.architecture.project import APPS
from tests.history import (
    EMPTY,
    Beside,
    EachStep,
    beside,
    go_to,
    migrated,
    shape,
    step_by_step,
)

__all__ = ["beside"]
LABELS = sorted({*APPS, "mami"})
BEFORE = [("branches", "0002_slot_cutoff"), ("cart", "0002_substitution_of_all")]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_every_key_has_eight_bytes() -> None:
    """An integer key ends at two billion, in the middle of a night."""
    small = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in APPS
        and model._meta.pk.get_internal_type() in ("AutoField", "SmallAutoField", "IntegerField")
    ]
    assert not small


@pytest.mark.slow
def test_every_migration_goes_back(beside: Beside) -> None:
    with beside(migrated()):
        call_command("migrate", verbosity=0)
        before = shape()
        MigrationExecutor(connection).migrate([(label, None) for label in LABELS])
        assert tables_left() == []
        call_command("migrate", verbosity=0)
        assert shape() == before


@pytest.mark.slow
def test_a_shop_made_step_by_step_has_the_same_tables_and_needs_no_migrating(
    beside: Beside, capsys: pytest.CaptureFixture[str]
) -> None:
    with beside(migrated()):
        call_command("migrate", verbosity=0)
        squashed = shape()
    with beside(EMPTY):
        go_to(*step_by_step().loader.graph.leaf_nodes())
        assert shape() == squashed
        assert is_ready()
        prepare._migrate()
        assert capsys.readouterr().out == ""
        assert set(MigrationLoader(None).graph.leaf_nodes()) <= set(recorded())
        assert shape() == squashed


@pytest.mark.slow
def test_a_shop_half_way_comes_to_the_same_tables_and_keeps_its_windows(beside: Beside) -> None:
    with beside(migrated()):
        call_command("migrate", verbosity=0)
        squashed = shape()
    with beside(EMPTY):
        old = go_to(*BEFORE)
        slot = dated_slot(old)
        until = dt.datetime(2026, 11, 29, 8, tzinfo=dt.UTC)
        carts = old.get_model("cart", "Cart").objects
        kept = carts.create(guest_key=uuid.uuid4(), held_slot_id=slot, hold_expires_at=until)
        carts.create(guest_key=uuid.uuid4())
        assert not is_ready()
        prepare._migrate()
        assert is_ready()
        assert {fact for fact in shape() if fact[0] != "row"} == {
            fact for fact in squashed if fact[0] != "row"
        }
        holds = apps.get_model("branches", "PlaceHold").objects
        assert list(holds.values_list("kind", "reference", "dated_slot_id", "until")) == [
            ("CART", kept.pk, slot, until)
        ]
        go_to(("cart", "0002_substitution_of_all"))
        assert not holds.exists()
        assert list(carts.filter(held_slot_id=slot).values_list("pk", "hold_expires_at")) == [
            (kept.pk, until)
        ]


def dated_slot(old: object) -> int:
    make = lambda model, **values: old.get_model("branches", model).objects.create(**values)  # type: ignore[attr-defined]  # noqa: E731
    branch = make("Branch", code="b", name_he="b", name_en="b", opening_hours={})
    slot = make("DeliverySlot", branch=branch, day_of_week=0, start_time="10:00", end_time="12:00")
    return int(make("DatedSlot", slot=slot, date="2026-11-29").pk)


def tables_left() -> list[str]:
    tables = connection.introspection.table_names()
    return [table for table in tables if table.split("_")[0] in LABELS]


def recorded() -> dict[tuple[str, str], object]:
    return MigrationRecorder(connection).applied_migrations()


def is_ready() -> bool:
    """As whoever sends the shop traffic is told."""
    connection.ensure_connection()
    return probes.Prober()._applied(connection.connection)


@pytest.mark.slow
def test_a_shop_behind_at_any_step_knows_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Squashed ones beside half of what others replace: no circle, and nothing out of its turn."""
    steps = EachStep(None).graph
    plan = [key for leaf in steps.leaf_nodes() for key in steps.forwards_plan(leaf)]
    for missing in [key for key in steps.nodes if key[0] in LABELS]:
        lacking = set(steps.backwards_plan(missing))
        applied = {key: steps.nodes[key] for key in plan if key not in lacking}
        monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _, a=applied: dict(a))
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        done = [
            key
            for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())
            for key in migration.replaces or [(migration.app_label, migration.name)]
        ]
        assert set(done) == lacking, missing
