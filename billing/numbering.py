"""The numbers of papers: one series for each kind and year, without a gap."""

from __future__ import annotations

from django.db import connection

from billing.models import DocumentType
from core.transactions import require_transaction

PREFIX = {DocumentType.TAX_INVOICE_RECEIPT: "", DocumentType.CREDIT_NOTE: "C"}
_NEXT = """
INSERT INTO billing_documentseries (type, year, last) VALUES (%s, %s, 1)
ON CONFLICT (type, year) DO UPDATE SET last = billing_documentseries.last + 1
RETURNING last
"""


def take_number(*, type: str, year: int) -> tuple[int, str]:  # noqa: A002  the name the API gives it
    """The next of its series and how it is written; in the caller's transaction.

    The series stays locked until the commit, and a rollback takes the number back.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [type, year])
        serial: int = cursor.fetchone()[0]
    return serial, f"{PREFIX[DocumentType(type)]}{year}-{serial:06d}"
