"""Numbering the invoice of an order, at the moment its goods change hands."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from audit.services import Action, record
from mami.clock import shop_date
from mami.transactions import require_transaction
from orders.locks import lock_series
from orders.models import Invoice, Order


def issue_invoice(*, actor: User, order: Order, now: dt.datetime) -> Invoice:
    """Give a locked order the next number of the year, in the caller's transaction.

    A rollback takes the number back, so the series has no gap. Asked again, it returns the first
    one. The series is locked last, for the few statements until the commit.
    """
    require_transaction()
    earlier = Invoice.objects.filter(order=order).first()
    if earlier is not None:
        return earlier
    series = lock_series(year=shop_date(now).year)
    series.last += 1
    series.save(update_fields=["last"])
    invoice = Invoice.objects.create(
        order=order, year=series.year, serial=series.last, issued_at=now
    )
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        new={"invoice": invoice.number},
    )
    return invoice
