"""The office's first page: the morning's figures from every app, each with the way to its list."""

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

from core.bidi import left_to_right
from core.charts import Bar, Columns, Point, columns, share
from core.clock import shop_date
from inventory.selectors import MOST_LOW, low_count
from ops.selectors import counts
from ops.selectors import office as ops
from orders.models import OrderStatus, PickedStatus
from payments import disputes
from payments.selectors import reconciliation_cases
from payments.settlement import DaySettled, in_all, settlement
from stockrequests.selectors import pending_count


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number to act on; `is_pressing` when it should be zero and is not."""

    label: str
    value: str
    href: str
    is_pressing: bool = False


def morning(*, now: dt.datetime) -> dict[str, Any]:
    """Everything the page shows. Twelve queries."""
    days = settlement(first=shop_date(now) - dt.timedelta(days=6), last=shop_date(now))
    return {
        "figures": _figures(now),
        "today": _today(now),
        "load": _load(now),
        "revenue": _revenue(now),
        "settlement": _settlement(days),
        "most_missing": _most_missing(now),
    }


def _figures(now: dt.datetime) -> list[Figure]:
    pressing = counts(now=now)
    missing, answered = ops.missing_of_week(now=now)
    queue = reverse("ops:queue")
    cases = reconciliation_cases(status="OPEN").count()
    reviews, low = pending_count(), low_count()
    contested = disputes.open_count()
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
            href=_missing_lines(now),
        ),
        Figure(
            label=_("Shelves running low"),
            value=f"{low}+" if low == MOST_LOW else str(low),
            href=reverse("admin:inventory_low"),
            is_pressing=low > 0,
        ),
        Figure(
            label=_("Disputes to answer"),
            value=str(contested),
            href=f"{reverse('ops:disputes')}?status=OPEN",
            is_pressing=contested > 0,
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
            share=share(n, most),
            href=f"{reverse('ops:queue')}?status={status}&day={day}",
        )
        for status, label, n in rows
        if n
    ]


def _load(now: dt.datetime) -> list[Bar]:
    day = shop_date(now).isoformat()
    return [
        Bar(
            label=f"{left_to_right(f'{row.start_time:%H:%M}–{row.end_time:%H:%M}')} · {row.branch_name}",
            value=f"{row.taken}/{row.capacity}",
            share=min(100, share(row.taken, row.capacity)),
            href=f"{reverse('ops:runs')}?branch={row.branch_id}&day={day}",
            is_full=row.taken >= row.capacity,
        )
        for row in ops.load_of_today(now=now)
    ]


def _revenue(now: dt.datetime) -> Columns:
    days = ops.revenue_by_day(now=now)
    orders = reverse("admin:orders_order_changelist")
    words = _("₪%(total)s in %(days)d days, most on %(best)s.")
    best = max(days, key=lambda one: one[1])[0]
    total = sum((amount for _day, amount in days), Decimal(0))
    return columns(
        points=[
            Point(
                label=date_format(day, "j.n"),
                amounts=(amount,),
                values=(_shekels(amount),),
                href=f"{orders}?day={day.isoformat()}",
            )
            for day, amount in days
        ],
        series=[_("Charged")],
        description=words
        % {"total": f"{total:,.2f}", "days": len(days), "best": date_format(best, "j.n")}
        if total
        else _("Nothing was charged."),
        rtl=get_language() == "he",
    )


def _settlement(days: list[DaySettled]) -> Columns:
    total, place = in_all(days), reverse("admin:payments_settlement")
    words = _("₪%(captured)s charged, ₪%(refunded)s refunded, ₪%(fees)s fees: ₪%(net)s to arrive.")
    return columns(
        points=[
            Point(
                label=date_format(one.day, "j.n"),
                amounts=(one.captured, one.refunded),
                values=tuple(map(_shekels, (one.captured, one.refunded, one.fees, one.net))),
                href=f"{place}?first={one.day}&last={one.day}",
            )
            for one in days
        ],
        series=[_("Charged"), _("Refunded")],
        more=[_("Fees"), _("To arrive")],
        description=words
        % {
            name: f"{getattr(total, name):,.2f}" for name in ("captured", "refunded", "fees", "net")
        },
        rtl=get_language() == "he",
    )


def _shekels(amount: Decimal) -> str:
    return f"₪{amount:,.2f}"


def _most_missing(now: dt.datetime) -> list[Bar]:
    found = ops.most_missing(now=now)
    most = max((one.lines for one in found), default=0)
    return [
        Bar(
            label=one.name_en if get_language() == "en" else one.name_he,
            value=str(one.lines),
            share=share(one.lines, most),
            href=f"{_missing_lines(now)}&product__id__exact={one.product_id}",
        )
        for one in found
    ]


def _missing_lines(now: dt.datetime) -> str:
    """The list behind the figures of missing lines."""
    first, last = ops.week(now=now)
    lines = reverse("admin:orders_orderitem_changelist")
    return f"{lines}?picked_status__exact={PickedStatus.MISSING}&day={first}..{last}"
