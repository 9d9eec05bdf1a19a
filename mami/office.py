"""The office's first page: the morning's figures from every room, each with the way to its list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from mami.clock import shop_date
from ops.selectors import counts
from ops.selectors import office as ops
from orders.models import OrderStatus
from payments.selectors import reconciliation_cases
from stockrequests.selectors import pending_count


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row of a chart: `share` is the length of its bar in percent."""

    label: str
    value: str
    share: int
    href: str = ""
    is_full: bool = False


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number to act on; `is_pressing` when it should be zero and is not."""

    label: str
    value: str
    href: str
    is_pressing: bool = False


def morning(*, now: dt.datetime) -> dict[str, Any]:
    """Everything the page shows. Nine queries."""
    return {
        "figures": _figures(now),
        "today": _today(now),
        "load": _load(now),
        "revenue": _revenue(now),
        "most_missing": _most_missing(now),
    }


def _figures(now: dt.datetime) -> list[Figure]:
    pressing = counts(now=now)
    missing, answered = ops.missing_of_week(now=now)
    queue = reverse("ops:queue")
    cases = reconciliation_cases(status="OPEN").count()
    reviews = pending_count()
    failed = ProcrastinateJob.objects.filter(status="failed").count()
    late = pressing.by_urgency["critical"]
    unresolved = pressing.by_status.get(OrderStatus.MISSING, 0)
    return [
        Figure(
            label=_("Orders at risk of being late"),
            value=str(late),
            href=f"{queue}?status=OPEN&urgency=critical",
            is_pressing=late > 0,
        ),
        Figure(
            label=_("Orders with missing items"),
            value=str(unresolved),
            href=f"{queue}?status=MISSING",
            is_pressing=unresolved > 0,
        ),
        Figure(
            label=_("Missing lines in 7 days"),
            value=f"{100 * missing / answered:.1f}%" if answered else "–",
            href=f"{queue}?status=MISSING",
        ),
        Figure(
            label=_("Stock requests to decide"),
            value=str(reviews),
            href=reverse("stockrequests:review"),
            is_pressing=reviews > 0,
        ),
        Figure(
            label=_("Payments to reconcile"),
            value=str(cases),
            href=reverse("admin:payments_reconciliationcase_changelist") + "?status__exact=OPEN",
            is_pressing=cases > 0,
        ),
        Figure(
            label=_("Failed jobs"),
            value=str(failed),
            href=reverse("admin:procrastinate_procrastinatejob_changelist")
            + "?status__exact=failed",
            is_pressing=failed > 0,
        ),
    ]


def _today(now: dt.datetime) -> list[Bar]:
    found = ops.orders_of_today(now=now)
    day = shop_date(now).isoformat()
    rows = [(status, label, found.get(status, 0)) for status, label in OrderStatus.choices]
    most = max((n for _status, _label, n in rows), default=0)
    return [
        Bar(
            label=str(label),
            value=str(n),
            share=_share(n, most),
            href=f"{reverse('ops:queue')}?status={status}&day={day}",
        )
        for status, label, n in rows
        if n
    ]


def _load(now: dt.datetime) -> list[Bar]:
    return [
        Bar(
            label=f"{row.start_time:%H:%M}–{row.end_time:%H:%M} · {row.branch_name}",
            value=f"{row.taken}/{row.capacity}",
            share=min(100, _share(row.taken, row.capacity)),
            is_full=row.taken >= row.capacity,
        )
        for row in ops.load_of_today(now=now)
    ]


def _revenue(now: dt.datetime) -> list[Bar]:
    days = ops.revenue_by_day(now=now)
    most = max((total for _day, total in days), default=Decimal(0))
    return [
        Bar(
            label=date_format(day, "j.n" if get_language() == "he" else "D j M"),
            value=f"₪{total:,.2f}",
            share=_share(total, most),
        )
        for day, total in days
    ]


def _most_missing(now: dt.datetime) -> list[Bar]:
    found = ops.most_missing(now=now)
    most = max((one.lines for one in found), default=0)
    return [
        Bar(
            label=one.name_en if get_language() == "en" else one.name_he,
            value=str(one.lines),
            share=_share(one.lines, most),
            href=reverse("admin:catalog_product_change", args=[one.product_id]),
        )
        for one in found
    ]


def _share(part: Decimal | int, whole: Decimal | int) -> int:
    return round(100 * part / whole) if whole > 0 and part > 0 else 0
