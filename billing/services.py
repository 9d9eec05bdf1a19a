"""Issuing papers: the number and the content in one transaction, the pages right after it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import structlog
from django.db import connection
from django.utils import translation
from procrastinate.contrib.django import app

from billing import selectors
from billing.drawing import draw
from billing.models import ARCHIVE_YEARS, Document, DocumentFile, Language
from billing.numbering import take_number
from billing.papers import Paper, VatPart, paper_of
from billing.signing import sign
from billing.wording import words_of
from core.clock import shop_date
from core.transactions import require_transaction, write_transaction

log = structlog.get_logger(__name__)

RECENT = dt.timedelta(hours=2)
_STORE = """
INSERT INTO billing_documentfile (document_id, language, content, sha256, drawn_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (document_id, language) DO NOTHING
"""


def issue(
    *,
    type: str,  # noqa: A002  the name the API gives it
    order_id: int,
    content: Mapping[str, Any],
    total: Decimal,
    vat: Sequence[VatPart],
    now: dt.datetime,
    corrects: Paper | None = None,
    refund_id: int | None = None,
) -> Paper:
    """Give a paper the next number of its year and keep `content`, in the caller's transaction.

    `content` is a snapshot of `billing.wording` without `paper`, `number`, `issued_at` and
    `corrects`. A rollback takes the number back, so the series has no gap; it is locked last, until
    the commit. The pages are drawn by a job that is part of the transaction.
    """
    require_transaction()
    year = shop_date(now).year
    serial, number = take_number(type=type, year=year)
    rows = [{"rate": str(row.rate), "net": str(row.net), "vat": str(row.vat)} for row in vat]
    snapshot = {
        **content,
        "paper": type,
        "number": number,
        "issued_at": now.isoformat(),
        "total": str(total),
        "vat": rows,
        "corrects": corrects
        and {"number": corrects.number, "issued_at": corrects.issued_at.isoformat()},
    }
    document = Document.objects.create(
        type=type,
        year=year,
        serial=serial,
        number=number,
        order_id=order_id,
        refund_id=refund_id,
        corrects_id=corrects.id if corrects else None,
        issued_at=now,
        total=total,
        vat=rows,
        snapshot=snapshot,
    )
    app.configure_task("billing.draw_document", lock=f"document:{document.pk}").defer(
        document_id=document.pk
    )
    return paper_of(document)


def draw_document(*, document_id: int, now: dt.datetime) -> None:
    """Draw a paper in the languages it lacks, sign and keep the bytes. Safe to repeat.

    Raises NotFound. Holds no lock while it draws; of two that draw at once one is kept.
    """
    kept = set(
        DocumentFile.objects.filter(document_id=document_id).values_list("language", flat=True)
    )
    missing = [language for language in Language.values if language not in kept]
    if not missing:
        return
    snapshot = selectors.snapshot_of(document_id=document_id)
    drawn: list[tuple[Any, ...]] = []
    for language in missing:
        with translation.override(language):
            content = sign(draw(words_of(snapshot)))
        digest = hashlib.sha256(content).hexdigest()
        drawn.append((document_id, language, content, digest, now))
    with write_transaction(), connection.cursor() as cursor:
        cursor.executemany(_STORE, drawn)


def draw_waiting(*, now: dt.datetime, everything: bool = False, limit: int = 200) -> int:
    """Draw what was issued lately (or ever) and not drawn, as after a killed worker; how many."""
    waiting = selectors.undrawn(since=None if everything else now - RECENT, limit=limit)
    for document_id in waiting:
        try:
            draw_document(document_id=document_id, now=now)
        except Exception:  # one bad paper must not keep the others waiting
            log.exception("document_not_drawn", document_id=document_id)
    return len(waiting)


def forget(*, now: dt.datetime, limit: int = 500) -> int:
    """Delete papers whose archive time is over, credit notes first; how many.

    The database itself refuses to delete any earlier.
    """
    old = Document.objects.filter(year__lt=shop_date(now).year - ARCHIVE_YEARS)
    keys = list(
        old.filter(credit_notes__isnull=True).order_by("pk").values_list("pk", flat=True)[:limit]
    )
    with write_transaction():
        DocumentFile.objects.filter(document_id__in=keys).delete()
        Document.objects.filter(pk__in=keys).delete()
    return len(keys)
