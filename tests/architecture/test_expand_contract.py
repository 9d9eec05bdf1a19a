"""Expand, migrate, contract: a release's migrations work with the code before it and after it.

While a new version comes up, the one before still serves. So a release adds, the next one removes: no
type changes under a running shop, no name goes away that it knows, no column comes that it must fill, no
index locks a table while it is made, and data moves in batches.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from core.squashed_migrations import Together
from tests.architecture.project import APPS, ROOT

LABELS = {*APPS, "mami"}
FIRST_RELEASE = {
    "accounts": 9, "audit": 4, "billing": 2, "branches": 5, "cart": 4, "catalog": 15, "checkout": 3,
    "inventory": 7, "lists": 2, "mami": 2, "notifications": 2, "ops": 1, "orders": 17, "payments": 9,
    "search": 3, "standing": 1, "stockrequests": 2, "waiting": 1,
}  # fmt: skip
"""The last migration of each app before anybody's traffic had to live through one; it rises until then."""
EXCEPTIONS: dict[str, str] = {
    "branches.0008_question_holds": "a new choice in Python only; the wider check lets the old kinds pass",
}
"""`app.name` of a migration that may, and why the version before it does not mind."""


def faults(migration: Any) -> Iterator[str]:
    """What the version before would stumble over, in words."""
    new = {
        op.name_lower
        for op in _flat(migration.operations)
        if isinstance(op, migrations.CreateModel)
    }
    for operation in _flat(migration.operations):
        model = getattr(operation, "model_name_lower", "")
        yield from _names(operation)
        if model not in new:
            yield from _columns(operation)
            yield from _indexes(operation)
        yield from _data(operation)


def _flat(operations: list[Operation]) -> Iterator[Operation]:
    for operation in operations:
        yield operation
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        if isinstance(operation, Together):
            yield from _flat(list(operation.operations))


def _names(operation: Operation) -> Iterator[str]:
    gone = (
        migrations.RenameField, migrations.RenameModel, migrations.RemoveField,
        migrations.DeleteModel, migrations.AlterModelTable,
    )  # fmt: skip
    if isinstance(operation, gone):
        yield f"{operation.describe()}: the version before still asks for it; a release later"


def _columns(operation: Operation) -> Iterator[str]:
    if isinstance(operation, migrations.AddField):
        field = operation.field
        filled = field.null or field.has_db_default() or field.many_to_many
        if not filled:
            yield f"{operation.describe()}: the version before does not fill it: null, or db_default"
    if isinstance(operation, migrations.AlterField):
        yield f"{operation.describe()}: say in EXCEPTIONS that type and NOT NULL stay as they were"


def _indexes(operation: Operation) -> Iterator[str]:
    if isinstance(operation, migrations.AddIndex) and not isinstance(
        operation, AddIndexConcurrently
    ):
        yield f"{operation.describe()}: AddIndexConcurrently, in a migration with atomic = False"
    if isinstance(operation, migrations.AddConstraint) and isinstance(
        operation.constraint, models.UniqueConstraint
    ):
        yield f"{operation.describe()}: a unique index, made while everybody waits"


def _data(operation: Operation) -> Iterator[str]:
    if (
        isinstance(operation, migrations.RunPython)
        and operation.code is not migrations.RunPython.noop
    ):
        source = inspect.getsource(inspect.getmodule(operation.code) or faults)
        if "iterator(" not in source and "batch" not in source:
            yield f"RunPython {operation.code.__name__}: in batches"


def later() -> list[Any]:
    """Migrations that came after the first release; squashed ones say nothing new."""
    found = MigrationLoader(None).disk_migrations
    return [
        migration
        for (label, name), migration in sorted(found.items())
        if label in LABELS
        and not migration.replaces
        and name[:4].isdigit()
        and int(name[:4]) > FIRST_RELEASE.get(label, 0)
        and not migration.initial
    ]


def test_the_version_before_lives_through_every_migration() -> None:
    found = {
        f"{one.app_label}.{one.name}": list(faults(one))
        for one in later()
        if f"{one.app_label}.{one.name}" not in EXCEPTIONS
    }
    assert {name: said for name, said in found.items() if said} == {}, (
        "split it over two releases, or give it a row in EXCEPTIONS with its reason (FIRST_RELEASE before that)"
    )


def test_exceptions_have_a_reason_and_are_there() -> None:
    names = {f"{one.app_label}.{one.name}" for one in later()}
    assert EXCEPTIONS.keys() <= names
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


def test_what_was_there_before_is_there() -> None:
    """A number that no migration has would let new ones pass."""
    for label, number in FIRST_RELEASE.items():
        assert list((ROOT / label / "migrations").glob(f"{number:04}_*.py")), label


MODEL = {"model_name": "product"}
TEXT = models.TextField()


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (migrations.RemoveField(name="a", **MODEL), "release later"),
        (migrations.RenameField(old_name="a", new_name="b", **MODEL), "release later"),
        (migrations.DeleteModel("Product"), "release later"),
        (migrations.AlterField(name="a", field=TEXT, **MODEL), "EXCEPTIONS"),
        (migrations.AddField(name="a", field=TEXT, **MODEL), "db_default"),
        (migrations.AddField(name="a", field=models.TextField(default=""), **MODEL), "db_default"),
        (migrations.AddField(name="a", field=models.TextField(db_default=""), **MODEL), ""),
        (migrations.AddField(name="a", field=models.TextField(null=True), **MODEL), ""),
        (migrations.AddIndex(index=models.Index("a", name="x"), **MODEL), "Concurrently"),
        (AddIndexConcurrently(index=models.Index("a", name="x"), **MODEL), ""),
        (migrations.AddConstraint(
            constraint=models.UniqueConstraint("a", name="x"), **MODEL), "unique index"),
        (migrations.RunPython(ast.literal_eval), "in batches"),
    ],
)  # fmt: skip
def test_each_kind_is_known(operation: Operation, said: str) -> None:
    migration = migrations.Migration("0099_x", "catalog")
    migration.operations = [operation]
    found = list(faults(migration))
    assert (said in found[0]) if said else found == []
    if isinstance(operation, migrations.AddIndex):
        migration.operations = [migrations.CreateModel("Product", []), operation]
        assert list(faults(migration)) == []


def test_the_rule_is_told() -> None:
    told = Path(ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "test_expand_contract.py" in told
