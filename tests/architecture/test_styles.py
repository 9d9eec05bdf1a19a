"""Style sheets: written by layer, sent as one, and nothing in them that nobody uses."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from core.static_files import COMMENT, IMPORT, join
from tests.architecture.project import ROOT, files, short

CSS = ROOT / "static" / "css"
SENT = ("shop", "staff", "office")
# What a shopper's page weighed in styles when the staff's screens were still among them.
MOST_BYTES_OF_SHOP = 12_810
# Written by a program: HTMX, and Django's admin, whose own classes stand in its own files.
WRITTEN_BY_HTMX = {"htmx-request", "htmx-added", "htmx-indicator"}
DJANGO = [
    Path(django.__file__).parent / "contrib" / "admin",
    Path(django.__file__).parent / "forms",
]
WRITTEN_WITH_A_NUMBER = {"s0", "s1"}  # the series of a chart
WORD = re.compile(r"[A-Za-z_][\w-]*")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
QUOTED = re.compile(r"\"[^\"]*\"|url\([^)]*\)")


def _text(name: str) -> str:
    return (ROOT / "static" / name).read_text(encoding="utf-8")


def _sheets() -> Iterator[tuple[Path, str]]:
    for path in sorted(CSS.rglob("*.css")):
        yield path, COMMENT.sub("", path.read_text(encoding="utf-8"))


def test_every_sheet_is_imported_once_by_one_that_is_sent() -> None:
    imported = [
        one for name in SENT for one in IMPORT.findall(COMMENT.sub("", _text(f"css/{name}.css")))
    ]
    assert sorted(path.stem for path in CSS.glob("*.css")) == sorted(SENT)
    # The office shows the staff's figures and tables too.
    assert sorted(imported) == sorted(
        [path.relative_to(CSS).as_posix() for path in CSS.glob("*/*.css")] + ["staff/screens.css"]
    )


@pytest.mark.parametrize("name", SENT)
def test_a_sheet_that_is_sent_holds_all_it_imports(name: str) -> None:
    joined = join(f"css/{name}.css", _text)
    assert "@import" not in joined
    assert "/*" not in joined
    assert joined.count("{") == joined.count("}")
    flat = re.sub(r"\s+", "", joined)
    for one in IMPORT.findall(_text(f"css/{name}.css")):
        part = re.sub(r"\s+", "", COMMENT.sub("", _text(f"css/{one}")))
        assert part, one
        assert part in flat, one


def test_a_shopper_is_sent_nothing_of_the_staff_and_no_more_than_before() -> None:
    joined = join("css/shop.css", _text)
    assert "@layer staff {" not in joined
    assert len(gzip.compress(joined.encode())) < MOST_BYTES_OF_SHOP


def test_the_layers_are_named_in_their_order_before_anything_else() -> None:
    first = join("css/shop.css", _text).partition(";")[0]
    assert first == "@layer tokens, base, layout, parts, pages, staff, state"


def test_nobody_styles_what_nobody_writes() -> None:
    """Each class of a style sheet stands in a template, in Python or in a script."""
    written = set(WRITTEN_BY_HTMX)
    for path in files():
        if path.suffix in (".html", ".py", ".js") and "tests" not in path.parts:
            written.update(WORD.findall(path.read_text(encoding="utf-8")))
    of_admin = set(WRITTEN_WITH_A_NUMBER)
    for path in (path for folder in DJANGO for path in folder.rglob("*")):
        if path.suffix in (".html", ".py", ".js"):
            of_admin.update(WORD.findall(path.read_text(encoding="utf-8")))
    unused = {}
    for path, text in _sheets():
        known = written | of_admin if path.parent.name == "office" else written
        if gone := set(CLASS.findall(QUOTED.sub("", text))) - known:
            unused[short(path)] = sorted(gone)
    assert not unused
