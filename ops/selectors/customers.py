"""A customer as whoever answers the phone sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Role, User
from accounts.selectors import people_meant
from core.errors import NotFound
from orders.models import Order, OrderStatus
from orders.problem_models import ProblemReport
from orders.problem_reports import automatic_refunds, problems_by
from orders.selectors import notes_about
from orders.staff_models import StaffNote
from payments.disputes import DisputeRow, disputes_of
from payments.selectors import refunded_of

MOST_ORDERS = 20
MOST_FOUND = 50
LATELY = dt.timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What matters about one customer: the last orders, counts over all of them, money in ₪."""

    customer: User
    orders: Sequence[Order]
    orders_count: int
    canceled_count: int
    refunded_total: Decimal
    notes: Sequence[StaffNote]
    disputes: Sequence[DisputeRow]
    problems: Sequence[ProblemReport]
    automatic_refunds: int


@dataclass(frozen=True, kw_only=True)
class Tally:
    """A customer in three figures: orders, those cancelled, and what was refunded lately (₪)."""

    orders: int
    canceled: int
    refunded: Decimal


def customers_meant(*, text: str) -> list[User]:
    """Customers whose e-mail, name or phone `text` is or is part of, with `orders_count`.

    At most MOST_FOUND, those who ordered first. Two queries, or three.
    """
    found = _customers().filter(pk__in=people_meant(text=text))
    return list(found.order_by("-orders_count", "full_name", "pk")[:MOST_FOUND])


def customer(*, customer_id: int) -> User:
    """One customer. Raises NotFound. One query."""
    found = _customers().filter(pk=customer_id).first()
    if found is None:
        raise NotFound
    return found


def glance(*, customer: User, now: dt.datetime) -> Glance:
    """Everything about a customer on one page. Eight queries."""
    orders = Order.objects.filter(user=customer)
    counted = _counted(customer.pk)
    newest = orders.select_related("payment", "dated_slot__slot").order_by("-created_at", "-id")
    return Glance(
        customer=customer,
        orders=list(newest[:MOST_ORDERS]),
        orders_count=counted["all"],
        canceled_count=counted["canceled"],
        refunded_total=refunded_of(user_id=customer.pk),
        notes=notes_about(customer_id=customer.pk),
        disputes=disputes_of(user_id=customer.pk),
        problems=problems_by(user_id=customer.pk),
        automatic_refunds=automatic_refunds(user_id=customer.pk, now=now),
    )


def tally(*, customer_id: int, now: dt.datetime) -> Tally:
    """What to know of a customer beside one of their orders. Two queries."""
    counted = _counted(customer_id)
    return Tally(
        orders=counted["all"],
        canceled=counted["canceled"],
        refunded=refunded_of(user_id=customer_id, since=now - LATELY),
    )


def _counted(customer_id: int) -> dict[str, int]:
    return Order.objects.filter(user=customer_id).aggregate(
        all=Count("pk"), canceled=Count("pk", filter=Q(status=OrderStatus.CANCELED))
    )


def _customers() -> QuerySet[Any]:
    """Those who shop here: customers, and staff who have ordered."""
    people = User.objects.annotate(orders_count=Count("orders"))
    return people.filter(Q(role=Role.CUSTOMER) | Q(orders_count__gt=0))
