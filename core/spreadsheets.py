"""CSV for spreadsheets: written row by row, and no cell can be read as a formula.

And back: one reader for every file that people upload. What it cannot read for certain it refuses
in words, at once where the header says so; it never guesses which of two cells was meant.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from core.errors import InvalidInput

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"  # tells spreadsheets that this is UTF-8, so that Hebrew is Hebrew
QUOTE = "'"
CHUNK = 200


class _Echo:
    """Hands what the CSV writer writes straight back."""

    def write(self, text: str) -> str:
        return text


def stream_csv(
    name: str, *, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A file of any length; no more than a few hundred rows are in memory at a time."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(value: Any) -> str:
    """The value as text. Numbers stay numbers; text that would be a formula gets a leading `'`.

    So does text that begins with one of its own: `unquoted` gives back exactly what was written.
    """
    if value is None:
        return ""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return f"'{text}" if text.startswith((*FORMULA, QUOTE)) else text


def unquoted(text: str) -> str:
    """A cell without the one quote that keeps a spreadsheet from calculating it."""
    return text.removeprefix(QUOTE)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would calculate this cell."""
    return text.startswith(FORMULA)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of an uploaded file; `line` is where it begins, from 1.

    `cells` holds the known columns, stripped, empty where the row is short. `surplus` is the first
    cell beyond the header's; `is_readable` is False where the file ends in a quote that is never
    closed or a cell of more than 131,072 characters: no row follows.
    """

    line: int
    cells: Mapping[str, str]
    surplus: str | None = None
    is_readable: bool = True


def decoded(content: bytes) -> str:
    """The text of an uploaded file: UTF-8, or what Hebrew spreadsheets write without it.

    Raises InvalidInput at `file` for what is no text.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1255", errors="replace")
    if "\x00" in text:
        raise _refused(_("This is not a CSV file. Save it as CSV first."))
    return text


def read_header(text: str, *, needed: Collection[str], known: Collection[str]) -> list[str]:
    """The names of the first line, in lower case.

    Raises InvalidInput at `file` when it cannot be read (a quote never closed, an endless cell),
    lacks a needed column, or names a known one twice: nobody could say which of the two counts.
    """
    try:
        header = _header(_reader(text))
    except csv.Error as error:
        words = _(
            "The first line cannot be read: a quotation mark is not closed, or a cell is endless."
        )
        raise _refused(words) from error
    if missing := sorted(set(needed) - set(header)):
        words = _("The first line must name the columns: %(columns)s is missing.")
        raise _refused(words % {"columns": ", ".join(missing)})
    if twice := sorted(name for name in known if header.count(name) > 1):
        words = _("The first line names a column twice: %(columns)s.")
        raise _refused(words % {"columns": ", ".join(twice)})
    return header


def read_rows(text: str, *, known: Collection[str]) -> Iterator[Row]:
    """The rows below a header that `read_header` has let through; empty ones are passed over."""
    reader = _reader(text)
    header = _header(reader)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(line=line, cells={}, is_readable=False)
            return
        if not any(cell.strip() for cell in row):
            continue
        found = dict(zip(header, row, strict=False))
        yield Row(
            line=line,
            cells={name: found.get(name, "").strip() for name in known},
            surplus=row[len(header)] if len(row) > len(header) else None,
        )


def _reader(text: str) -> Any:
    """Strict: a quote that is never closed is an error, not one cell that swallows the rest.

    Lines end as any machine ends them: LF, CR LF, or CR alone.
    """
    first = next(iter(io.StringIO(text, newline=None)), "")
    delimiter = max(",;\t", key=first.count)  # spreadsheets differ by country
    return csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)


def _header(reader: Any) -> list[str]:
    return [name.strip().lower() for name in next(reader, [])]


def _refused(words: str) -> InvalidInput:
    return InvalidInput(fields={"file": [words]})


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    chunk = [BOM, str(writer.writerow(header))]
    for row in rows:
        chunk.append(str(writer.writerow([cell(value) for value in row])))
        if len(chunk) >= CHUNK:
            yield "".join(chunk).encode()
            chunk = []
    yield "".join(chunk).encode()
