"""What the books know about a person: papers as they were issued, which stay seven years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from billing.models import Document, DocumentFile

PEOPLE: dict[str, str] = {}


def take_out(*, user_id: int) -> dict[str, Any]:
    rows = Document.objects.filter(order__user_id=user_id).order_by("pk")
    return {"documents": list(rows.values("id", "type", "number", "issued_at", "total"))}


def erase(*, user_id: int, now: dt.datetime) -> None:
    """Papers stay as issued: bookkeeping rules."""


def papers(*, user_id: int) -> Iterator[tuple[str, bytes]]:
    """Every paper of the person's orders, as a file name and its bytes."""
    files = DocumentFile.objects.filter(document__order__user_id=user_id)
    for file in files.select_related("document").order_by("pk").iterator(chunk_size=20):
        number = file.document.number
        yield f"{number}.{file.language}.pdf", bytes(file.content)
