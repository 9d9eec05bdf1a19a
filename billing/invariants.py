"""What must be true of papers: series without gaps, bytes that match."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.fields import CharField
from django.utils import timezone

from billing import selectors
from billing.models import ARCHIVE_YEARS, Document, DocumentFile, DocumentSeries
from core import clock
from core.invariants import Finding, Rule

PATIENCE = dt.timedelta(minutes=2)


def series_have_no_gaps(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The numbers of each type and year run from 1 to the last one given out."""
    given = (
        Document.objects.filter(type=OuterRef("type"), year=OuterRef("year"))
        .order_by()
        .values("year")
    )
    series = DocumentSeries.objects.filter(year__gte=timezone.now().year - ARCHIVE_YEARS).annotate(
        given=Subquery(given.annotate(n=Count("*")).values("n"))
    )
    for row in series.filter(~Q(given=F("last")) | Q(given__isnull=True, last__gt=0)):
        yield Finding(
            what=f"{row.last} numbers of {row.type} {row.year} were given out, "
            f"{row.given or 0} stand",
            repair="find out who wrote to the database past the services",
        )


def bytes_match_their_hashes(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The database refuses others; a copy restored from elsewhere is still asked."""
    there = Func(
        Func(F("content"), function="sha256"), Value("hex"), function="encode",
        output_field=CharField(),
    )  # fmt: skip
    wrong = DocumentFile.objects.annotate(there=there).exclude(there=F("sha256"))
    for pk, number in wrong.values_list("pk", "document__number"):
        yield Finding(
            what=f"stored paper {pk} of {number} is not what was stored",
            repair=f"take the bytes of {number} from a backup",
        )


def every_paper_is_drawn(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Both languages stand within two minutes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0] - clock.behind()
    waiting = selectors.undrawn(since=None, limit=1000)
    late = Document.objects.filter(pk__in=waiting, issued_at__lt=now - PATIENCE)
    for number in late.values_list("number", flat=True):
        yield Finding(
            what=f"paper {number} has no pages",
            repair="look for document_not_drawn in the log of the worker",
        )


def credits_stay_within_their_invoice(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Credit notes give back no more, and no more VAT, than their invoice charged."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE)
        rows = cursor.fetchall()
    for number, total, credited, vat, credited_vat in rows:
        yield Finding(
            what=f"invoice {number} of {total} with {vat} VAT is credited {credited} with "
            f"{credited_vat} VAT",
            repair="compare the credit notes with the refunds of the order",
        )


_ABOVE = """
WITH vat AS (
    SELECT d.id, d.corrects_id, d.number, d.total,
           (SELECT coalesce(sum((row ->> 'vat')::numeric), 0)
            FROM jsonb_array_elements(d.vat) AS row) AS vat
    FROM billing_document AS d
)
SELECT i.number, i.total, sum(c.total), i.vat, sum(c.vat)
FROM vat AS i JOIN vat AS c ON c.corrects_id = i.id
GROUP BY i.number, i.total, i.vat
HAVING sum(c.total) > i.total OR sum(c.vat) > i.vat
    OR (sum(c.total) = i.total AND sum(c.vat) <> i.vat)
"""

RULES = [
    Rule(name="paper numbers have no gaps", check=series_have_no_gaps),
    Rule(name="papers = their bytes", check=bytes_match_their_hashes),
    Rule(name="papers are drawn", check=every_paper_is_drawn),
    Rule(name="credited within invoiced", check=credits_stay_within_their_invoice),
]
