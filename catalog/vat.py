"""VAT rates by date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Subquery

from catalog.models import VatRate


def rates_on(*, date: dt.date) -> dict[str, Decimal]:
    """The rate in percent of each VAT class on `date` (shop calendar). One query."""
    rows = (
        VatRate.objects.filter(valid_from__lte=date)
        .order_by("vat_class_id", "-valid_from")
        .distinct("vat_class_id")
        .values_list("vat_class_id", "rate")
    )
    return dict(rows)


def rate_on(*, vat_class: Any, date: dt.date) -> Subquery:
    """The rate of a VAT class (a code, or an OuterRef to one) on `date`, within another query."""
    rows = VatRate.objects.filter(vat_class=vat_class, valid_from__lte=date)
    return Subquery(rows.order_by("-valid_from").values("rate")[:1])
