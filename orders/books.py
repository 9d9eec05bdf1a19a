"""What must be true of orders, their lines, their story and their money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from audit.books import without_entry
from mami.books import Finding, Rule
from mami.money import ZERO
from orders import selectors
from orders.models import (
    FulfillmentType,
    Invoice,
    InvoiceSeries,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
)
from orders.pricing import picked_line
from orders.selectors import line_of

S = OrderStatus
# What the payment of an order may be in, by the order's status. A call to the provider may still
# be under way: then the state before it counts as well.
HELD = frozenset({"AUTHORIZED"})
TAKEN = frozenset({"CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED"})
UNDONE = frozenset({"VOIDED", "REFUNDED"})


def amounts_add_up(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Lines make the subtotal, and the VAT rows the VAT, to the agora."""
    orders = _until(as_of).prefetch_related("items")
    for order in orders.iterator(chunk_size=500):
        lines = selectors.price_lines(items=order.items.all())
        subtotal = sum((line.total for line in lines), ZERO)
        discount = sum((line.discount for line in lines), ZERO)
        vat = sum((row.vat for row in selectors.vat_rows(order=order)), ZERO)
        if (subtotal, discount, vat) != (order.subtotal, order.discount_total, order.vat_total):
            yield Finding(
                what=f"order {order.order_number}: its lines make {subtotal} less {discount} with "
                f"{vat} VAT, the order says {order.subtotal} less {order.discount_total} with "
                f"{order.vat_total}",
                repair=f"compare order {order.order_number} with its confirmation mail",
            )


def status_is_the_last_of_the_timeline(as_of: dt.datetime | None) -> Iterator[Finding]:
    last = OrderStatusChange.objects.filter(order=OuterRef("pk")).order_by("-id")
    orders = Order.objects.annotate(last=Subquery(last.values("status")[:1]))
    for order in orders.exclude(last=F("status")):
        yield Finding(
            what=f"order {order.order_number} is {order.status}, its timeline ends with {order.last}",
            repair=f"set order {order.order_number} to what its people say it is",
        )


def each_order_is_paid(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Its payment names it, holds its total, and has gone the way the order went."""
    orders = _until(as_of).select_related("payment")
    wrong = orders.filter(
        ~Q(payment__order_number=F("order_number"))
        | ~Q(payment__user=F("user"))
        | ~Q(payment__authorized=F("total_amount"))
        | Q(payment__captured__gt=F("total_amount"))
    )
    for order in wrong:
        yield Finding(
            what=f"order {order.order_number} of {order.total_amount}: its payment "
            f"{order.payment_id} is for {order.payment.order_number}, {order.payment.authorized}",
            repair=f"look up payment {order.payment_id} at the provider",
        )
    if as_of is None:
        yield from _strayed()


def _strayed() -> Iterator[Finding]:
    """Orders whose payment is in a state that does not fit, with no call under way to mend it."""
    under_way = Order.objects.filter(
        pk=OuterRef("pk"), payment__calls__state__in=["STARTED", "UNANSWERED"]
    )
    left = OrderStatusChange.objects.filter(order=OuterRef("pk"), status=S.OUT_FOR_DELIVERY)
    orders = Order.objects.select_related("payment").annotate(left=Exists(left))
    orders = orders.only("order_number", "status", "fulfillment_type", "payment__state")
    for order in orders.filter(~Exists(under_way)).iterator(chunk_size=500):
        if order.payment.state not in _fitting(order):
            yield Finding(
                what=f"order {order.order_number} is {order.status}, its payment "
                f"{order.payment.state}",
                repair=f"look at the reconciliation cases of payment {order.payment_id}",
            )


def _fitting(order: Order) -> frozenset[str]:
    if order.status == S.CANCELED:
        return UNDONE
    gone = order.left or (  # type: ignore[attr-defined]
        order.fulfillment_type == FulfillmentType.PICKUP and order.status == S.DELIVERED
    )
    return TAKEN | {"VOIDED"} if gone else HELD


def ordered_baskets_are_closed(as_of: dt.datetime | None) -> Iterator[Finding]:
    for order in Order.objects.exclude(cart__status="CHECKED_OUT").select_related("cart"):
        yield Finding(
            what=f"basket {order.cart_id} became order {order.order_number} and is still "
            f"{order.cart.status}",
            repair=f"close basket {order.cart_id}",
        )


def answers_fit_their_lines(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Nothing is on its way while a line is still to be picked."""
    gone = [S.READY, S.OUT_FOR_DELIVERY, S.DELIVERED, S.MISSING]
    for item in OrderItem.objects.filter(
        picked_status="PENDING", order__status__in=gone
    ).select_related("order"):
        yield Finding(
            what=f"order {item.order.order_number} is {item.order.status} with line {item.pk} "
            "still to be picked",
            repair=f"ask the picker of order {item.order.order_number}",
        )


def the_trail_is_complete(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each order's placement and cancellation stands in the audit trail."""
    numbers = dict(_until(as_of).values_list("pk", "order_number"))
    cancelled = set(_until(as_of).filter(status=S.CANCELED).values_list("pk", flat=True))
    for action, keys in (
        ("CREATE", set(numbers)),
        ("CANCEL", cancelled if as_of is None else set()),
    ):
        for key in without_entry(entity_type="order", action=action, entity_ids=keys):
            yield Finding(
                what=f"the audit trail does not know the {action} of order {numbers[key]}",
                repair="find out who wrote to the database past the services",
            )


def invoices_have_no_gaps(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each year's numbers run from 1 to the last one given out."""
    given = Invoice.objects.filter(year=OuterRef("year")).order_by().values("year")
    series = InvoiceSeries.objects.annotate(
        given=Subquery(given.annotate(n=Count("*")).values("n"))
    )
    for year in series.exclude(given=F("last")):
        yield Finding(
            what=f"{year.last} invoice numbers of {year.year} were given out, {year.given} stand",
            repair="find out who wrote to the database past the services",
        )


def _until(as_of: dt.datetime | None) -> QuerySet[Order]:
    orders = Order.objects.order_by("pk")
    return orders if as_of is None else orders.filter(created_at__lte=as_of)


def substitutes_cost_no_more(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What was given instead is packed, and not dearer than what of its line was not found."""
    found = OrderItem.objects.filter(substitute_for__isnull=False).select_related(
        "substitute_for", "order"
    )
    for item in found.iterator(chunk_size=500):
        line = item.substitute_for
        assert line is not None  # noqa: S101  the filter says so
        kept = picked_line(line=line_of(line), picked=line.packed).payable
        agreed = line.line_total - line.discount - kept
        dearer = item.line_total - item.discount > agreed
        if dearer or item.picked_status != "PICKED" or line.picked_status == "PENDING":
            yield Finding(
                what=f"order {item.order.order_number}: line {item.pk} ({item.picked_status}) is "
                f"given instead of line {item.substitute_for_id} and costs {item.line_total} less "
                f"{item.discount}, agreed were {agreed}",
                repair=f"ask the picker of order {item.order.order_number}",
            )


RULES = [
    Rule(name="orders = sums of their lines", check=amounts_add_up, historic=True),
    Rule(name="orders = their payments", check=each_order_is_paid, historic=True),
    Rule(name="orders = end of their timeline", check=status_is_the_last_of_the_timeline),
    Rule(name="ordered baskets are closed", check=ordered_baskets_are_closed),
    Rule(name="nothing leaves half picked", check=answers_fit_their_lines),
    Rule(name="invoice numbers have no gaps", check=invoices_have_no_gaps),
    Rule(name="substitutes never cost more", check=substitutes_cost_no_more),
    Rule(name="the audit trail of orders is complete", check=the_trail_is_complete, historic=True),
]
