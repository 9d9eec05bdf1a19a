"""A day's settlement as both faces of the office show it: fresh, and as a file."""

from __future__ import annotations

import datetime as dt

from django.http import StreamingHttpResponse

from core.spreadsheets import stream_csv
from payments.payouts import SettledDay, settled_day
from payments.services.payouts import check_day, sync_payouts

HEADER = (
    "provider", "reference", "type", "order_number", "expected", "paid", "difference", "state",
    "note",
)  # fmt: skip
AT_HAND = ("sandbox",)
"""Providers whose books lie on this machine: they are asked whenever somebody looks."""


def fresh_day(*, date: dt.date, now: dt.datetime) -> SettledDay:
    """The settlement of a past day or today. Raises InvalidInput for a day to come."""
    check_day(date=date, now=now)
    sync_payouts(date=date, names=AT_HAND)
    return settled_day(date=date)


def day_csv(day: SettledDay) -> StreamingHttpResponse:
    """Every row of the day; amounts stay numbers, no text can be a formula."""
    rows = ([getattr(row, name) for name in HEADER] for row in day.rows)
    return stream_csv(f"settlement-{day.date}.csv", header=HEADER, rows=rows)
