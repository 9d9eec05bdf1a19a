"""Drawing the page of a paper as PDF/A-2b with typst. Knows words and nothing else."""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from core.text import FORBIDDEN

FOLDER = Path(__file__).parent / "print"
ARCHIVE = ["a-2b"]
BREAK = "\u200b"
UNBROKEN = 10
LONG_WORD = re.compile(r"[^\s\u2066-\u2069]{21,}")
_invisible = re.compile(f"{FORBIDDEN.pattern}|[\t\r\n\u2028\u2029\u200e\u200f\u061c]")


def draw(words: dict[str, Any]) -> bytes:
    """The page as PDF/A-2b; as plain PDF where a name has signs that no font of ours can draw.

    The same words give the same bytes. About 20 ms; never to be called under a lock.
    """
    try:
        return _compiled(words, ARCHIVE)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(words, [])


def draw_evidence(words: dict[str, Any], *, files: Mapping[str, bytes]) -> bytes:
    """A report of sections with rows, and behind them `files` (pictures, PDFs) by name.

    `words["pictures"]` and `words["papers"]` (name and page) say which are shown where.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "evidence.typ").write_bytes((FOLDER / "evidence.typ").read_bytes())
        for name, content in files.items():
            (root / name).write_bytes(content)
        compiler = typst.Compiler(root / "evidence.typ", root=root, font_paths=_fonts())
        return compiler.compile(  # type: ignore[return-value]
            format="pdf", sys_inputs={"data": json.dumps(words, ensure_ascii=False)}
        )


@cache
def _fonts() -> typst.Fonts:
    """Read once in a process, and none of the machine's own: every machine draws the same."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FOLDER / "fonts"])


def _compiled(words: dict[str, Any], standards: list[Any]) -> bytes:
    compiler = typst.Compiler(FOLDER / "invoice.typ", root=FOLDER, font_paths=_fonts())
    return compiler.compile(  # type: ignore[return-value]
        format="pdf",
        sys_inputs={"data": json.dumps(breakable(words), ensure_ascii=False)},
        pdf_standards=standards,
    )


def breakable(words: Any) -> Any:
    """The same words, where one that is longer than a narrow column may go on in the next line."""
    if isinstance(words, dict):
        return {name: breakable(value) for name, value in words.items()}
    if isinstance(words, list):
        return [breakable(value) for value in words]
    return LONG_WORD.sub(_broken, words) if isinstance(words, str) else words


def _broken(word: re.Match[str]) -> str:
    """With a place to break after every few letters, none before a mark that belongs to one."""
    found, since = "", 0
    for sign in word[0]:
        if since >= UNBROKEN and not unicodedata.combining(sign):
            found, since = f"{found}{BREAK}", 0
        found, since = f"{found}{sign}", since + 1
    return found


def ltr(text: str) -> str:
    """A number, code or date, kept together and left to right inside any sentence."""
    return f"\u2066{text}\u2069" if text else ""


def own(text: str) -> str:
    """What people typed, in its own direction, unable to turn what stands around it."""
    return f"\u2068{_invisible.sub(' ', text).strip()}\u2069"
