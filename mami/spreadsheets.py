"""CSV for spreadsheets: written row by row, and no cell can be read as a formula."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"  # tells spreadsheets that this is UTF-8, so that Hebrew is Hebrew
CHUNK = 200


class _Line:
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
    """The value as text. Numbers stay numbers; text that would be a formula gets a leading `'`."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would calculate this cell."""
    return text.startswith(FORMULA)


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    chunk = [BOM, str(writer.writerow(header))]
    for row in rows:
        chunk.append(str(writer.writerow([cell(value) for value in row])))
        if len(chunk) >= CHUNK:
            yield "".join(chunk).encode()
            chunk = []
    yield "".join(chunk).encode()
