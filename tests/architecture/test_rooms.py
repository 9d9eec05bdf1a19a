"""The room plan: where things are, how long they get, what has no place at all."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.project import APPS, ROOT, files, python_files, short

MOST_LINES = 400

# Names that say nothing draw everything. The thing has a name: pricing, numbering, status.
NAMELESS = {
    "utils", "util", "helpers", "helper", "common", "misc", "base", "tools", "shared", "lib",
    "managers", "functions", "mixins", "signals", "handlers", "constants",
}  # fmt: skip

ROOMS = {
    "models", "querysets", "selectors", "locks", "services", "errors", "forms", "views", "urls",
    "serializers", "api", "api_urls", "admin", "jobs",
}  # fmt: skip
DJANGOS = {"apps", "management", "migrations", "templatetags", "locale", "tests"}
EVERY_APPS = {"sql", "invariants", "seeding", "personal", "__init__", "__main__"}
PACKAGES = (*APPS, "mami", "api", "core", "runtime", "devtools")
ROW = re.compile(r"^\| (\w+) \| `(\w+)` \| (.{8,}) \|$", re.M)
"""A row of CONTRIBUTING's table: package, module, what it holds."""


def test_the_apps_are_those_of_the_house_plan() -> None:
    planned = """audit accounts billing branches inventory payments notifications catalog cart orders
        checkout ops search stockrequests lists standing waiting"""
    assert sorted(planned.split()) == APPS


def test_no_file_grows_past_its_limit() -> None:
    long = {
        short(path): lines
        for path in files()
        if path.suffix in (".py", ".html", ".js", ".css") and "/migrations/" not in short(path)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long, "split by meaning into a package of the same name"


def test_no_module_has_a_name_that_says_nothing() -> None:
    nameless = [
        short(path)
        for path in python_files(tests=True)
        if path.stem in NAMELESS or path.parent.name in NAMELESS
    ]
    assert not nameless


def test_a_module_off_the_rooms_is_a_decision() -> None:
    """CONTRIBUTING's table of named modules is the tree's."""
    known = ROOMS | DJANGOS | EVERY_APPS
    paths = [path.relative_to(ROOT).with_suffix("").parts for path in python_files()]
    there = {parts[:2] for parts in paths if parts[0] in PACKAGES and parts[1] not in known}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = [(package, name) for package, name, _ in ROW.findall(text)]
    assert there - set(told) == set(), "give it a row in CONTRIBUTING.md, or a room"
    assert set(told) - there == set(), "no such module any more"
    assert told == sorted(told, key=lambda row: (PACKAGES.index(row[0]), row[1]))


@pytest.mark.parametrize("app", APPS)
def test_the_inner_loop_knows_every_face_of_every_app(app: str) -> None:
    """`make quick` runs tests of each app's pages, admin and calls: by the names of their files."""
    faces = {
        "urls.py": ("test_views.py", "test_pages.py"),
        "admin.py": ("test_admin.py", "test_viewer.py"),
        "admin": ("test_admin.py",),
        "api_urls.py": ("test_api.py",),
    }
    for face, names in faces.items():
        if not (ROOT / app / face).exists():
            continue
        found = [path for name in names if (path := ROOT / app / "tests" / name).exists()]
        assert found, f"{app}/{face} has no tests called {' or '.join(names)}"
        text = found[0].read_text(encoding="utf-8")
        marks = re.findall(r"^pytestmark = (.*)$", text, re.M)
        if any("slow" in mark or "transaction" in mark for mark in marks):
            assert "@pytest.mark.quick" in text, f"{short(found[0])}: none of its tests is quick"


@pytest.mark.parametrize("app", APPS)
def test_rooms_are_modules_or_packages_and_not_both(app: str) -> None:
    folder = ROOT / app
    for room in ROOMS:
        assert not ((folder / f"{room}.py").exists() and (folder / room).is_dir()), room
    assert (folder / "tests" / "__init__.py").exists()
    assert (folder / "apps.py").exists()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        short(path)
        for path in python_files()
        if path.name != "__init__.py"
        and path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        and path.name not in ("apps.py",)
    ]
    assert not silent


def _in_room(path: Path, *rooms: str) -> bool:
    parts = path.relative_to(ROOT).parts
    return len(parts) > 1 and parts[0] in APPS and parts[1].removesuffix(".py") in rooms


def test_faces_ask_no_database() -> None:
    """A view parses, makes one domain call and renders; the question is a selector's."""
    asking = [
        f"{short(path)}:{node.lineno}"
        for path in python_files()
        if _in_room(path, "views", "api")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("objects", "_default_manager", "atomic", "cursor")
    ]
    assert not asking


def test_rows_are_locked_in_the_locks_room_only() -> None:
    elsewhere = [
        f"{short(path)}:{number}"
        for path in python_files()
        if not _in_room(path, "locks", "querysets")
        and path.relative_to(ROOT).parts[0] != "benchmarks"  # the bare view has no rooms
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if ".select_for_update(" in line
    ]
    assert not elsewhere


def test_faces_know_htmx_and_people_by_one_way_each() -> None:
    """`core.htmx` reads and writes the headers; a `PersonRequest` has the person."""
    other = re.compile(
        r"""headers\.get\(["']HX-|\["HX-(?:Redirect|Trigger|Reswap)"\]|cast\("?User\b"""
    )
    found = [
        f"{short(path)}:{number}"
        for path in python_files()
        if path.relative_to(ROOT).parts[0] != "benchmarks"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if other.search(line)
    ]
    assert not found


def test_nothing_flows_through_signals() -> None:
    signals = re.compile(r"@receiver\b|\b(pre|post)_(save|delete|init)\b|m2m_changed")
    found = [
        f"{short(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if signals.search(line)
    ]
    assert not found


def test_models_take_no_business_steps() -> None:
    """No save() or delete() of a model hides a step: the service takes it in sight."""
    hidden = []
    for path in python_files():
        if not _in_room(path, "models"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                hidden += [
                    f"{short(path)}:{item.lineno}"
                    for item in node.body
                    if isinstance(item, ast.FunctionDef) and item.name in ("save", "delete")
                ]
    assert not hidden
