"""Compile the catalogues of messages, and find what has no Hebrew yet.

`python -m devtools.translations` writes each `django.mo` that is older than its `django.po`;
`python -m devtools.translations missing` lists messages in the code that no catalogue translates.
Both work without the GNU gettext programs.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import extract
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

CHECKOUT = Path(__file__).resolve().parent.parent

_KEYWORDS: dict[str, Any] = {
    name + lazy: spec
    for lazy in ("", "_lazy")
    for name, spec in {
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
} | {"_": None}

Message = tuple[str, str]  # context, text


class CatalogueError(Exception):
    """A catalogue that cannot be read; says which, where and why."""


def compile_changed(root: Path = CHECKOUT) -> list[Path]:
    """Compile every catalogue below `root` whose compiled form is missing or older.

    Returns the files written. Each is put in place by a rename, so several processes may do this
    at once. Raises CatalogueError.
    """
    written = []
    for source in _catalogues(root):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        content = io.BytesIO()
        write_mo(content, _read(source))
        beside = compiled.with_name(f"{compiled.name}.{os.getpid()}")
        beside.write_bytes(content.getvalue())
        beside.replace(compiled)
        written.append(compiled)
    return written


def missing(root: Path = CHECKOUT, *, language: str = "he") -> dict[Message, str]:
    """Messages of code and templates without a translation, with the first place they are used."""
    translated = {
        (str(message.context or ""), _first(message.id))
        for source in _catalogues(root)
        if source.parent.parent.name == language
        for message in _read(source)
        if message.id and message.string and all(_texts(message.string)) and not message.fuzzy
    }
    return {message: where for message, where in used(root).items() if message not in translated}


def used(root: Path = CHECKOUT) -> dict[Message, str]:
    """Every message that code and templates mark for translation, with the first place of each."""
    found: dict[Message, str] = {}
    for path in _sources(root):
        content = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Django's own reader of templates; it needs no configured project.
            from django.utils.translation.template import templatize

            content = templatize(content, origin=str(path))
            # What it leaves stands as deep as the template's tag: Python would read that.
            content = "\n".join(line.lstrip() for line in content.split("\n"))
        lines = io.BytesIO(content.encode())
        for number, text, _comments, context in extract.extract("python", lines, _KEYWORDS):
            message = (str(context or ""), _first(text))
            found.setdefault(message, f"{path.relative_to(root)}:{number}")
    return found


def _catalogues(root: Path) -> Iterator[Path]:
    yield from sorted(root.glob("locale/*/LC_MESSAGES/django.po"))
    yield from sorted(root.glob("[!.]*/locale/*/LC_MESSAGES/django.po"))


def _sources(root: Path) -> Iterator[Path]:
    for package in sorted(root.glob("[!.]*/__init__.py")):
        for path in sorted(package.parent.rglob("*.py")):
            if not {"tests", "migrations"} & set(path.relative_to(root).parts):
                yield path
    for suffix in ("html", "txt"):
        yield from sorted(root.glob(f"templates/**/*.{suffix}"))


def _read(source: Path) -> Catalog:
    try:
        with source.open("rb") as content:
            return read_po(content, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise CatalogueError(f"{source} cannot be read: {error}") from error


def _first(text: str | list[str] | tuple[str | None, ...]) -> str:
    return text if isinstance(text, str) else str(text[0])


def _texts(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["missing"]:
            lacking = missing()
            for (context, text), where in lacking.items():
                print(f"{where}: {text!r}{f' ({context})' if context else ''}")
            return 1 if lacking else 0
        for path in compile_changed():
            print(path.relative_to(CHECKOUT))
    except CatalogueError as error:
        print(f"mami: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
