"""What the rest of the shop gets to know about a paper. Models of this app stay inside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.models import Document

Snapshot = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class VatPart:
    """All of one rate (percent): `net + vat` is what it costs, ₪."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class Paper:
    """An issued document, as lists show it."""

    id: int
    type: str
    number: str
    issued_at: dt.datetime
    total: Decimal
    vat: Sequence[VatPart]
    refund_id: int | None
    is_drawn: bool = True
    """Whether it can be read already: it is drawn right after it was issued."""


@dataclass(frozen=True, kw_only=True)
class StoredPdf:
    """The bytes of a paper in one language and their SHA-256."""

    number: str
    content: bytes
    sha256: str


def paper_of(document: Document) -> Paper:
    """A row as the rest of the shop knows it. No query."""
    return Paper(
        id=document.pk,
        type=document.type,
        number=document.number,
        issued_at=document.issued_at,
        total=document.total,
        vat=[
            VatPart(rate=Decimal(row["rate"]), net=Decimal(row["net"]), vat=Decimal(row["vat"]))
            for row in document.vat
        ],
        refund_id=document.refund_id,
        is_drawn=getattr(document, "is_drawn", True),
    )
