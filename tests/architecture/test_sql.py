"""Raw SQL goes the way of the imports: its tables belong to the same app, or to one below."""

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from tests.architecture.project import ROOT, python_files, short

PROTECTED = {"inventory", "payments", "billing", "audit"}
"""Nobody else writes the names of their tables; others build on their `sql.py`."""


def layers() -> dict[str, int]:
    """Each package with its height, as the import contract has it."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    rows = contracts["importlinter:contract:one-direction"]["layers"].split("\n")
    ordered = [row for row in rows if row.strip()]
    return {
        name.strip(" ()"): height
        for height, row in enumerate(reversed(ordered))
        for name in row.split("|")
    }


def texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string but those that only describe."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def upward(package: str, text: str, tables: dict[str, str], heights: dict[str, int]) -> list[str]:
    """The tables in `text` that code of `package` must not name."""
    named = {word for word in re.findall(r"\b[a-z]+_[a-z_]+\b", text) if word in tables}
    return sorted(
        table
        for table in named
        if (app := tables[table]) != package
        and (heights[app] >= heights[package] or app in PROTECTED)
    )


def tables_of_apps(heights: dict[str, int]) -> dict[str, str]:
    return {
        model._meta.db_table: model._meta.app_label
        for model in apps.get_models()
        if model._meta.app_label in heights
    }


def test_no_statement_names_a_table_above_it() -> None:
    heights = layers()
    tables = tables_of_apps(heights)
    found = [
        f"{short(path)}:{node.lineno}: {table}"
        for path in python_files()
        if (package := Path(short(path)).parts[0]) in heights
        for node in texts(ast.parse(path.read_text(encoding="utf-8")))
        for table in upward(package, str(node.value), tables, heights)
    ]
    assert not found, "write it through the lower app's service, or build on its sql.py"


def test_the_rule_can_be_broken() -> None:
    heights = layers()
    tables = tables_of_apps(heights)
    kept = "SELECT count(*) FROM cart_cart WHERE held"
    assert upward("branches", kept, tables, heights) == ["cart_cart"]
    assert upward("cart", kept, tables, heights) == []
    assert upward("cart", "UPDATE inventory_stock SET on_hand = 0", tables, heights) == [
        "inventory_stock"
    ]


OTHER_DATABASES = {"sandbox_ledger", "sandbox_disputes", "sandbox"}
"""The sandbox bank keeps its books in a file of its own."""
STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|WHERE|SET|VALUES|AND)\b")
SAID = re.compile(r"'([A-Z][A-Z_]+)'")
PRIVILEGES = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def choices_in(text: str, choices: set[str]) -> list[str]:
    """Words of our lists of choices that this part of a statement writes out."""
    return [word for word in SAID.findall(text) if word in choices and STATEMENT.search(text)]


def test_no_statement_writes_a_choice_out() -> None:
    """A status has its one home in Python: statements take it from there."""
    choices = {
        str(value)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        for value, _label in field.flatchoices
    } - PRIVILEGES
    heights = layers()
    found = [
        f"{short(path)}:{node.lineno}: {word}"
        for path in python_files()
        if path.parts[-2] != "migrations" and path.stem not in OTHER_DATABASES
        if Path(short(path)).parts[0] in heights
        for node in texts(ast.parse(path.read_text(encoding="utf-8")))
        for word in choices_in(str(node.value), choices)
    ]
    assert not found, "write '{Status.OPEN}', or listed(…) of core.sql"
    assert choices_in("UPDATE t SET status = 'READY'", {"READY"}) == ["READY"]
