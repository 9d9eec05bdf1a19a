"""What customers report as wrong: what pages, the API and reports show of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from accounts.models import User
from core.errors import NotFound
from core.money import ZERO
from orders.models import Order, OrderItem, OrderStatus
from orders.problem_models import ProblemItem, ProblemReport, ProblemStatus

STATUSES = ProblemStatus.values
KINDS = ProblemItem.Kind.values
AUTOMATIC_FOR = dt.timedelta(days=90)


def problems_of(*, order: Order) -> list[ProblemReport]:
    """The reports about an order, newest first, with their lines. No query for an order read by
    `orders.selectors` without any, else two."""
    if order.status != OrderStatus.DELIVERED or not getattr(order, "has_problems", True):
        return []
    return list(_whole(ProblemReport.objects.filter(order=order)))


def problems(*, status: str = "") -> QuerySet[ProblemReport]:
    """All reports, those that wait longest first; slice it. With order, customer and lines."""
    rows = _whole(ProblemReport.objects.all()).select_related("order", "user", "decided_by")
    return rows.filter(status=status).order_by("pk") if status else rows


def problem(*, problem_id: int) -> ProblemReport:
    """One report, for staff. Raises NotFound. Two queries."""
    found = problems().filter(pk=problem_id).first()
    if found is None:
        raise NotFound
    return found


def problem_for(*, actor: User, problem_id: int) -> ProblemReport:
    """One of the actor's own reports. Raises NotFound. Two queries."""
    found = problems().filter(pk=problem_id, user=actor).first()
    if found is None:
        raise NotFound
    return found


def photo_of(*, report: ProblemReport, item_id: int) -> ProblemItem:
    """The reported line with its photograph. Raises NotFound. No query."""
    for row in report.items.all():
        if row.item_id == item_id and row.photo:
            return row
    raise NotFound


def report_until(*, order: Order) -> dt.datetime | None:
    """Until when something may be reported about it; None where it is not delivered. No query."""
    if order.status != OrderStatus.DELIVERED or order.delivered_at is None:
        return None
    return order.delivered_at + dt.timedelta(days=settings.PROBLEM_DAYS)


def left_to_report(*, order: Order, items: list[OrderItem]) -> dict[int, Decimal]:
    """How much of each charged line can still be reported, by line: what is neither given back nor
    reported before. One query."""
    reported: dict[int, Decimal] = {}
    rows = ProblemItem.objects.filter(report__order=order).exclude(status=ProblemStatus.REFUNDED)
    for item_id, quantity in rows.values_list("item_id", "quantity"):
        reported[item_id] = reported.get(item_id, Decimal(0)) + quantity
    left = {}
    for item in items:
        rest = item.packed - item.refunded_quantity - reported.get(item.pk, Decimal(0))
        left[item.pk] = max(rest, Decimal(0)) if item.charged > item.refunded_amount else Decimal(0)
    return left


def problems_by(*, user_id: int, limit: int = 20) -> list[ProblemReport]:
    """A person's reports, newest first, with their lines and orders. Two queries."""
    rows = _whole(ProblemReport.objects.filter(user_id=user_id)).select_related("order")
    return list(rows.order_by("-pk")[:limit])


def automatic_refunds(*, user_id: int, now: dt.datetime) -> int:
    """How many of a person's reports were given back at once in the last 90 days. One query."""
    rows = ProblemReport.objects.filter(user_id=user_id, is_automatic=True)
    return rows.filter(created_at__gt=now - AUTOMATIC_FOR).count()


def given_back(report: ProblemReport) -> Decimal:
    """What was given back for a report (₪). No query."""
    return sum((row.given for row in report.items.all()), ZERO)


def asked_for(report: ProblemReport) -> Decimal:
    """What the reported goods cost (₪). No query."""
    return sum((row.amount for row in report.items.all()), ZERO)


def _whole(rows: QuerySet[ProblemReport]) -> QuerySet[ProblemReport]:
    lines = ProblemItem.objects.select_related("item__product__category")
    return rows.prefetch_related(Prefetch("items", queryset=lines))
