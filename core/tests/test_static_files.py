"""Collected style sheets: one file for several, under a name that changes with any of them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from core.static_files import JoinedStyleSheets

SHEETS = {
    "css/shop.css": '/* all */\n@import url("shop/base.css");\n@import url("shop/parts.css");\n',
    "css/shop/base.css": "@layer tokens, parts;\n@layer tokens {\n  a {\n    b: c;\n  }\n}\n",
    "css/shop/parts.css": "/* parts */\n@layer parts {\n  d {\n    e: f;\n  }\n}\n",
    "js/shop.js": "// @import url(not-css.css);\n",
}
JOINED = (
    "@layer tokens, parts;\n@layer tokens {\na {\nb: c;\n}\n}\n\n@layer parts {\nd {\ne: f;\n}\n}\n"
)


def collect(folder: Path, sheets: dict[str, str]) -> JoinedStyleSheets:
    """Collect `sheets` as `manage.py collectstatic` does."""
    source = FileSystemStorage(location=folder / "source")
    storage = JoinedStyleSheets(location=folder / "collected", base_url="/static/")
    for name, text in sheets.items():
        for kept in (source, storage):
            path = Path(kept.path(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for _name, _hashed, processed in storage.post_process(
        {name: (source, name) for name in sheets}
    ):
        if isinstance(processed, Exception):
            raise processed
    return storage


def sent(storage: JoinedStyleSheets, name: str) -> str:
    return Path(storage.path(storage.stored_name(name))).read_text(encoding="utf-8")


def test_what_is_imported_stands_in_the_sheet_that_is_sent(tmp_path: Path) -> None:
    storage = collect(tmp_path, SHEETS)
    assert sent(storage, "css/shop.css").replace("\n", "") == JOINED.replace("\n", "")
    assert sent(storage, "js/shop.js") == SHEETS["js/shop.js"]
    small = Path(storage.path(storage.stored_name("css/shop.css")) + ".gz")
    if small.exists():  # left out where it would save nothing
        assert gzip.decompress(small.read_bytes()).decode() == sent(storage, "css/shop.css")


def test_its_name_changes_with_any_of_its_files(tmp_path: Path) -> None:
    before = collect(tmp_path / "a", SHEETS).stored_name("css/shop.css")
    changed = {**SHEETS, "css/shop/parts.css": "@layer parts {\n  d {\n    e: g;\n  }\n}\n"}
    assert collect(tmp_path / "b", changed).stored_name("css/shop.css") != before
    assert collect(tmp_path / "c", SHEETS).stored_name("css/shop.css") == before


def test_an_import_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"css/shop/gone\.css"):
        collect(tmp_path, {"css/shop.css": '@import url("shop/gone.css");'})


def test_an_imported_sheet_names_no_file_by_its_own_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"css/shop/base\.css"):
        collect(tmp_path, {**SHEETS, "css/shop/base.css": "a { background: url(x.svg); }"})


def test_brotli_is_kept_for_what_shoppers_load(tmp_path: Path) -> None:
    """It is slow on the megabytes of other people's scripts, and was most of a first start."""
    long = "".join(f"let a{n} = {n};\n" for n in range(999))
    storage = collect(tmp_path, {"js/shop.js": long, "admin/js/core.js": long})
    made = {path.name for path in (tmp_path / "collected").rglob("*.js.*")}
    shop, admin = (Path(storage.stored_name(n)).name for n in ("js/shop.js", "admin/js/core.js"))
    assert made == {f"{shop}.gz", f"{shop}.br", f"{admin}.gz"}
