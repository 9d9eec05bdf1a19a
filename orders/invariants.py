"""What must be true of orders, their lines, their story and their money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import (
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Now

from audit.invariants import without_entry
from cart.models import CartStatus
from core import clock
from core.invariants import Finding, Rule
from core.money import ZERO
from orders import selectors
from orders.models import (
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
    PickedStatus,
)
from orders.pricing import picked_line
from orders.problem_models import ProblemItem
from orders.refund_models import OrderCharge, RefundLine
from orders.schedule import ASK_BEFORE, must_live_until
from orders.selectors import line_of
from payments.choices import SECURED, TAKEN, PaymentState

S = OrderStatus
# What the payment of an order may be in, by the order's status. A call to the provider may still
# be under way: then the state before it counts as well.
GONE = TAKEN | {PaymentState.VOIDED, PaymentState.NONE}
UNDONE = frozenset({PaymentState.VOIDED, PaymentState.REFUNDED, PaymentState.NONE})
NOT_BEGUN = SECURED | {PaymentState.SCHEDULED, PaymentState.UNPAID}
BEGUN = SECURED | {PaymentState.UNPAID}


def amounts_add_up(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Lines make the subtotal, and the VAT rows the VAT, to the agora."""
    orders = _until(as_of).prefetch_related("items", "charges__item")
    for order in orders.iterator(chunk_size=500):
        lines = selectors.price_lines(items=order.items.all())
        subtotal = sum((line.total for line in lines), ZERO)
        discount = sum((line.discount for line in lines), ZERO)
        vat = sum((row.vat for row in selectors.vat_rows(order=order)), ZERO)
        charges = selectors.agreed_charges(selectors.charges_of(order=order))
        extras = sum((one.amount for one in charges), ZERO)
        if extras != order.charges_total:
            yield Finding(
                what=f"order {order.order_number}: its deposits and bags make {extras}, the order "
                f"says {order.charges_total}",
                repair=f"compare order {order.order_number} with its confirmation mail",
            )
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
    """Its payment names it, holds its total at least, and has gone the way the order went."""
    orders = _until(as_of).select_related("payment")
    wrong = orders.filter(
        ~Q(payment__order_number=F("order_number"))
        | ~Q(payment__user=F("user"))
        | Q(
            payment__state__in=[*TAKEN, PaymentState.AUTHORIZED],
            payment__authorized__lt=F("total_amount"),
        )
        | (Q(payment__state=PaymentState.NONE) & ~Q(total_amount=0))
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
    elsewhere = Order.objects.filter(
        pk=OuterRef("pk"), payment__cases__kind="CAPTURED_ELSEWHERE", payment__cases__status="OPEN"
    )
    orders = Order.objects.select_related("payment").filter(~Exists(elsewhere), leaving_to="")
    orders = orders.only("order_number", "status", "left_at", "payment__state")
    for order in orders.filter(~Exists(under_way)).iterator(chunk_size=500):
        if order.payment.state not in _fitting(order):
            yield Finding(
                what=f"order {order.order_number} is {order.status}, its payment "
                f"{order.payment.state}",
                repair=f"look at the reconciliation cases of payment {order.payment_id}",
            )


def _fitting(order: Order) -> frozenset[str]:
    """The cells of the table order × payment (docs/payments.md); money taken at the provider's own
    screens stands in a case until staff have solved it."""
    if order.status == S.CANCELED:
        return UNDONE
    if order.left_at is not None:
        return GONE
    return NOT_BEGUN if order.status in (S.CREATED, S.DELAYED) else BEGUN


def ordered_baskets_are_closed(as_of: dt.datetime | None) -> Iterator[Finding]:
    for order in Order.objects.exclude(cart__status=CartStatus.CHECKED_OUT).select_related("cart"):
        yield Finding(
            what=f"basket {order.cart_id} became order {order.order_number} and is still "
            f"{order.cart.status}",
            repair=f"close basket {order.cart_id}",
        )


def answers_fit_their_lines(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Nothing is on its way while a line is still to be picked."""
    gone = [S.READY, S.OUT_FOR_DELIVERY, S.DELIVERED, S.MISSING]
    for item in OrderItem.objects.filter(
        picked_status=PickedStatus.PENDING, order__status__in=gone
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


def _until(as_of: dt.datetime | None) -> QuerySet[Order]:
    orders = Order.objects.order_by("pk")
    return orders if as_of is None else orders.filter(created_at__lte=as_of)


def substitutes_cost_no_more(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What was given instead is packed, and not dearer than what of its line was not found."""
    found = OrderItem.objects.filter(substitute_for__isnull=False).select_related(
        "substitute_for", "order"
    )
    cost: dict[int | None, Decimal] = {}
    for key, total, discount in found.values_list("substitute_for_id", "line_total", "discount"):
        cost[key] = cost.get(key, Decimal(0)) + total - discount
    for item in found.iterator(chunk_size=500):
        line = item.substitute_for
        assert line is not None  # noqa: S101  the filter says so
        kept = picked_line(line=line_of(line), picked=line.packed).payable
        agreed = line.line_total - line.discount - kept
        dearer = cost[line.pk] > agreed
        if (
            dearer
            or item.picked_status == PickedStatus.MISSING
            or line.picked_status == PickedStatus.PENDING
        ):
            yield Finding(
                what=f"order {item.order.order_number}: line {item.pk} ({item.picked_status}) is "
                f"given instead of line {item.substitute_for_id} and costs {item.line_total} less "
                f"{item.discount}, agreed were {agreed}",
                repair=f"ask the picker of order {item.order.order_number}",
            )


PATIENCE = dt.timedelta(minutes=2)
FORGOTTEN = dt.timedelta(minutes=15)
"""The provider may be away for a while."""
MONEY = DecimalField(max_digits=12, decimal_places=2)


def charged_is_captured(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What was charged of the lines, the fee and the charges makes the captured sum."""
    orders = Order.objects.filter(captured_at__isnull=False).annotate(
        lines=_sum(OrderItem.objects, "charged"), extras=_sum(OrderCharge.objects, "charged")
    )
    wrong = orders.filter(
        ~Q(captured_total=F("payment__captured"))
        | ~Q(charged_goods=F("lines"))
        | ~Q(charged_extras=F("extras"))
    ).select_related("payment")
    for order in wrong:
        yield Finding(
            what=f"order {order.order_number} says {order.captured_total} charged, its payment "
            f"{order.payment.captured}; goods {order.charged_goods} with lines of {order.lines}, "
            f"charges {order.charged_extras} with {order.extras}",
            repair="find out who wrote to the database past the services",
        )


def refund_lines_are_refunds(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What counts as given back of the lines is what the refunds say, line by line and in all.

    A refund that came back days later keeps its note and its lines: the debt is somebody's case.
    """
    counts = RefundLine.objects.exclude(
        ~Q(refund__call__failure="failed_later"),
        refund__call__state="REFUSED",
        refund__call__is_followed=True,
    )
    orders = Order.objects.filter(captured_at__isnull=False).annotate(
        given=_sum(counts, "amount"),
        counted=F("refunded_fee")
        + _sum(OrderItem.objects, "refunded_amount")
        + _sum(OrderCharge.objects, "refunded_amount"),
    )
    for order in orders.exclude(given=F("counted")):
        yield Finding(
            what=f"order {order.order_number}: its refund lines make {order.given}, its lines "
            f"count {order.counted}",
            repair="find out who wrote to the database past the services",
        )
    refunds = (
        RefundLine.objects.filter(refund__call__state="SUCCEEDED")
        .order_by()
        .values_list("refund_id", "refund__amount")
        .annotate(total=Sum("amount"))
        .exclude(total=F("refund__amount"))
    )
    for refund, amount, lines in refunds:
        yield Finding(
            what=f"refund {refund} of {amount} has lines of {lines}",
            repair="find out who wrote to the database past the services",
        )


def money_has_its_papers(as_of: dt.datetime | None) -> Iterator[Finding]:
    """One invoice for each capture, one credit note for each refund the provider agreed to."""
    late = Now() - PATIENCE
    invoiced = Order.objects.filter(pk=OuterRef("pk"), documents__type="TAX_INVOICE_RECEIPT")
    captured = Order.objects.filter(
        ~Exists(invoiced),
        payment__calls__kind="CAPTURE",
        payment__calls__state="SUCCEEDED",
        payment__calls__finished_at__lt=late,
    )
    refunded = Order.objects.filter(
        payment__refunds__call__state="SUCCEEDED",
        payment__refunds__call__finished_at__lt=late,
        payment__refunds__document__isnull=True,
    )
    for kind, orders in (("CAPTURE", captured), ("REFUND", refunded)):
        for number in orders.order_by().values_list("order_number", flat=True):
            yield Finding(
                what=f"the {kind} of order {number} has no paper",
                repair="see that the worker runs; `follow_calls` issues what is missing",
            )


def holds_outlive_their_windows(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The hold of an open order lives past its window, or somebody was asked, or a job still will.

    The job renews, asks or gives up within seconds of its time; a hold that ran out minutes ago and
    still counts as held, or one that ends within a day while nobody was asked, was forgotten.
    """
    now = clock.now()
    held = Order.objects.filter(
        payment__state=PaymentState.AUTHORIZED,
        left_at__isnull=True,
        leaving_to="",
        is_being_changed=False,
    ).exclude(status__in=[S.DELIVERED, S.CANCELED])
    gone = held.filter(payment__hold_expires_at__lt=now - FORGOTTEN)
    soon = held.filter(
        payment__hold_expires_at__lt=now + ASK_BEFORE - FORGOTTEN,
        payment__hold_expires_at__gte=now - FORGOTTEN,
        payment__asked_at__isnull=True,
    )
    found = soon.select_related("payment", "dated_slot__slot").iterator(chunk_size=500)
    short = [order for order in found if _ends(order) < must_live_until(order)]
    for order in [*gone.select_related("payment"), *short]:
        yield Finding(
            what=f"order {order.order_number} is held until {order.payment.hold_expires_at:%d.%m %H:%M}"
            " only, and nobody was asked",
            repair="see that the worker runs; `hold_scheduled` renews the hold or asks its customer",
        )


def _ends(order: Order) -> dt.datetime:
    ends: dt.datetime = order.payment.hold_expires_at  # type: ignore[assignment]
    return ends


def money_to_come_has_its_time(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What is to be held later is asked for at its time; what is unpaid was asked for."""
    late = clock.now() - FORGOTTEN
    open_ones = Order.objects.exclude(status__in=[S.DELIVERED, S.CANCELED]).filter(
        left_at__isnull=True
    )
    waiting = open_ones.filter(
        Q(payment__state=PaymentState.SCHEDULED, payment__authorize_at__lt=late)
        | Q(
            payment__state=PaymentState.UNPAID,
            payment__pay_until=None,
            payment__updated_at__lt=late,
        )
    )
    for order in waiting.select_related("payment"):
        yield Finding(
            what=f"order {order.order_number}: its payment is {order.payment.state} and nobody has "
            "asked for the money",
            repair="see that the worker runs; `hold_scheduled` asks",
        )


def reports_are_what_was_given(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What a report says was given back is what its refunds gave, and no line more than once."""
    rows = ProblemItem.objects.exclude(refund=None).order_by().values("refund_id")
    for row in rows.annotate(given=Sum("given"), asked=F("refund__amount")).exclude(
        given=F("asked")
    ):
        yield Finding(
            what=f"reports say that refund {row['refund_id']} of {row['asked']} gave {row['given']}",
            repair="find out who wrote to the database past the services",
        )


def _sum(rows: Any, column: str) -> Coalesce:
    found = rows.filter(order=OuterRef("pk")).order_by().values("order")
    total = found.annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(total), Value(ZERO), output_field=MONEY)


RULES = [
    Rule(name="orders = sums of their lines", check=amounts_add_up, historic=True),
    Rule(name="orders = their payments", check=each_order_is_paid, historic=True),
    Rule(name="orders = end of their timeline", check=status_is_the_last_of_the_timeline),
    Rule(name="ordered baskets are closed", check=ordered_baskets_are_closed),
    Rule(name="nothing leaves half picked", check=answers_fit_their_lines),
    Rule(name="charged = captured", check=charged_is_captured),
    Rule(name="refund lines = refunds", check=refund_lines_are_refunds),
    Rule(name="money taken and given back has its papers", check=money_has_its_papers),
    Rule(name="holds outlive their windows", check=holds_outlive_their_windows),
    Rule(name="money to come has its time", check=money_to_come_has_its_time),
    Rule(name="reports = what they gave back", check=reports_are_what_was_given),
    Rule(name="substitutes never cost more", check=substitutes_cost_no_more),
    Rule(name="the audit trail of orders is complete", check=the_trail_is_complete, historic=True),
]
