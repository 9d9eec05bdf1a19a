"""VAT rates by date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

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
