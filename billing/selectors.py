"""What pages, the API and reports ask about papers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Exists, FilteredRelation, OuterRef, Q

from billing.errors import DocumentNotDrawn
from billing.models import Document, DocumentFile, DocumentType, Language
from billing.papers import Paper, Snapshot, StoredPdf, VatPart, paper_of
from core.errors import NotFound

LISTED = (
    "id", "type", "number", "issued_at", "total", "vat", "refund_id", "order_id",
)  # fmt: skip


def documents_of(*, order_id: int) -> list[Paper]:
    """The papers of an order, newest first. One query."""
    drawn = Exists(DocumentFile.objects.filter(document=OuterRef("pk")))
    rows = Document.objects.filter(order_id=order_id).order_by("-id").only(*LISTED)
    rows = rows.annotate(is_drawn=drawn)
    return [paper_of(row) for row in rows]


def invoice_of(*, order_id: int) -> Paper | None:
    """The tax invoice of an order, once it was charged. One query."""
    rows = Document.objects.filter(order_id=order_id, type=DocumentType.TAX_INVOICE_RECEIPT)
    row = rows.only(*LISTED).first()
    return paper_of(row) if row else None


def credited(*, invoice_id: int) -> tuple[list[VatPart], Decimal]:
    """What the credit notes of an invoice come to so far, by rate, and in all (₪). One query."""
    net: dict[Decimal, Decimal] = defaultdict(Decimal)
    vat: dict[Decimal, Decimal] = defaultdict(Decimal)
    total = Decimal("0.00")
    for document in Document.objects.filter(corrects_id=invoice_id).only(*LISTED):
        paper = paper_of(document)
        total += paper.total
        for part in paper.vat:
            net[part.rate] += part.net
            vat[part.rate] += part.vat
    return [VatPart(rate=rate, net=net[rate], vat=vat[rate]) for rate in net], total


def note_of(*, refund_id: int) -> Paper | None:
    """The credit note of a refund. One query."""
    row = Document.objects.filter(refund_id=refund_id).only(*LISTED).first()
    return paper_of(row) if row else None


def snapshot_of(*, document_id: int) -> Snapshot:
    """What a paper says, as it was issued. Raises NotFound. One query."""
    found = Document.objects.filter(pk=document_id).values_list("snapshot", flat=True).first()
    if found is None:
        raise NotFound
    return dict(found)


def stored_pdf(
    *,
    document_id: int,
    language: str,
    order_id: int | None = None,
    order_number: str = "",
    owner_id: int | None = None,
) -> StoredPdf:
    """The bytes of one paper of an order, named by key or number; with `owner_id`, of that
    person's order only.

    Raises NotFound (unknown, another order's, another person's), DocumentNotDrawn. One query.
    """
    wanted = Document.objects.filter(pk=document_id)
    if order_id is not None:
        wanted = wanted.filter(order_id=order_id)
    else:
        wanted = wanted.filter(order__order_number=order_number)
    if owner_id is not None:
        wanted = wanted.filter(order__user_id=owner_id)
    return _stored(wanted, language)


def stored_invoice(*, order_id: int, language: str) -> StoredPdf | None:
    """The bytes of the tax invoice of an order, None before there is one. One query.

    Raises DocumentNotDrawn.
    """
    wanted = Document.objects.filter(order_id=order_id, type=DocumentType.TAX_INVOICE_RECEIPT)
    try:
        return _stored(wanted, language)
    except NotFound:
        return None


def _stored(wanted: object, language: str) -> StoredPdf:
    if language not in Language.values:
        language = Language.HE
    row = (
        wanted.annotate(  # type: ignore[attr-defined]
            file=FilteredRelation("files", condition=Q(files__language=language))
        )
        .values_list("number", "file__content", "file__sha256")
        .first()
    )
    if row is None:
        raise NotFound
    number, content, sha256 = row
    if content is None:
        raise DocumentNotDrawn(retry_after=2)
    return StoredPdf(number=number, content=bytes(content), sha256=sha256)


def undrawn(*, since: dt.datetime | None, limit: int) -> list[int]:
    """Papers issued after `since` that lack one of their languages, the oldest first. One query."""
    drawn = DocumentFile.objects.filter(document_id=OuterRef("pk"))
    rows = Document.objects.order_by("id")
    if since is not None:
        rows = rows.filter(issued_at__gte=since)
    missing = [~Exists(drawn.filter(language=language)) for language in Language.values]
    return list(rows.filter(reduce(or_, missing)).values_list("pk", flat=True)[:limit])
