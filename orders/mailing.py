"""What a mail about an order says, looked up when it is sent.

Named by `notifications.events`; each takes the message's own keys.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from billing.selectors import stored_pdf
from billing.services import draw_document
from branches.selectors import DayHours, hours_of
from branches.windows import ends_at
from core import clock
from core.clock import shop_date
from core.money import ZERO
from notifications.errors import Obsolete
from notifications.letters import Attachment
from orders.change_models import OrderChange, OrderQuestion
from orders.line_changes import line_changes
from orders.models import FulfillmentType, Order, OrderStatus
from orders.problem_reports import given_back, problem
from orders.refund_models import RefundLine
from orders.schedule import closes_at
from orders.selectors import due_as_it_stands, edits_of, questions_of
from orders.status import FINAL
from orders.told_changes import told_changes
from payments.choices import PaymentState
from payments.declines import decline_words
from payments.refunds import refunds_of

SHARED_PDF = "application/pdf"
MOST_DAYS = 3
"""Of opening hours in one letter."""


def order_context(*, order_id: int) -> dict[str, Any]:
    """The order with its lines, window and card. Two queries. Raises Obsolete when it is gone."""
    order = (
        Order.objects.select_related(
            "user", "dated_slot__slot", "branch", "payment", "pickup", "delivery", "placed_by"
        )
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise Obsolete
    return {
        "order": order,
        "placed_by": order.placed_by.full_name if order.placed_by else "",
        "lines": list(order.items.all()),
        "window": order.dated_slot,
        "payment": order.payment,
        "change_until": closes_at(order),
        "path": f"/orders/{order.order_number}/",
    }


def changed_context(
    *, order_id: int, version: int, was: str = "", slot: int = 0, total: str = ""
) -> dict[str, Any]:
    """As `order_context`, with who changed it, why, and what is another one.

    `was` are the lines before (see `orders.told_changes`), `slot` the key of the window before, `total`
    what it came to. Raises Obsolete after a later change.
    """
    context = order_context(order_id=order_id)
    order = context["order"]
    if order.version != version:
        raise Obsolete
    change = order.change_requests.filter(
        version=version - 1, status=OrderChange.Status.DONE
    ).last()
    by_us = change is not None and change.actor_id != order.user_id
    return {
        **context,
        "by_us": by_us,
        "reason": change.reason if change and by_us else "",
        "moved": bool(total) and slot != (order.dated_slot_id or 0),
        "edits": told_changes(was=was, items=context["lines"]) if total else [],
        "total_before": Decimal(total) if total else None,
    }


def missing_context(*, order_id: int) -> dict[str, Any]:
    """As `order_context`, with what is not as ordered and what the order costs now."""
    context = order_context(order_id=order_id)
    order = context["order"]
    changes = line_changes(context["lines"], edits_of(order=order))
    return {**context, "changes": changes, "due": due_as_it_stands(order=order)}


def question_context(*, order_id: int, question_id: int) -> dict[str, Any]:
    """As `order_context`, with the question. Raises Obsolete once it is closed."""
    context = order_context(order_id=order_id)
    asked = [one for one in questions_of(order=context["order"]) if one.pk == question_id]
    if not asked or asked[0].status != OrderQuestion.Status.OPEN:
        raise Obsolete
    return {**context, "question": asked[0], "offers": list(asked[0].offers.all())}


def window_context(*, order_id: int, version: int) -> dict[str, Any]:
    """As `order_context`, with the reason staff gave. Raises Obsolete after a later change."""
    context = order_context(order_id=order_id)
    if context["order"].version != version:
        raise Obsolete
    return {**context, "reason": context["order"].timeline.last().reason}


def recall_context(
    *, order_id: int, item_id: int, reason_he: str = "", reason_en: str = ""
) -> dict[str, Any]:
    """As `order_context`, with the line that is called back and why. Raises Obsolete when either is
    gone."""
    context = order_context(order_id=order_id)
    item = next((line for line in context["lines"] if line.pk == item_id), None)
    if item is None:
        raise Obsolete
    return {**context, "recalled": item, "recall_he": reason_he, "recall_en": reason_en}


def status_context(*, order_id: int, status: str) -> dict[str, Any]:
    """As `order_context`, with the `status` to tell: CAME_BACK of a delivery that could not be handed over.

    `arrives` in its window, which is not over; `comes_again` in another one that is known by now;
    `hours` in which it can be collected. Raises Obsolete when it has passed."""
    context = order_context(order_id=order_id)
    order, window, now = context["order"], context["window"], clock.now()
    if order.status != status and status not in FINAL:
        raise Obsolete
    is_pickup = order.fulfillment_type == FulfillmentType.PICKUP
    is_to_come = window is not None and now < ends_at(window.slot, window.date)
    context |= {
        "arrives": status == "OUT_FOR_DELIVERY" and is_to_come,
        "comes_again": status == "DELAYED" and is_to_come and _was_moved_since(order),
        "hours": _hours(order, now) if status == "READY" and is_pickup else [],
    }
    if status == "DELAYED" and order.left_at is not None:
        status = "CAME_BACK"
    return {**context, "status": status}


def _was_moved_since(order: Order) -> bool:
    """Whether a delayed order was given another window since: a change leaves its note. One query."""
    notes = list(order.timeline.all())
    return len(notes) > 1 and notes[-1].status == notes[-2].status == OrderStatus.DELAYED


def _hours(order: Order, now: dt.datetime) -> list[DayHours]:
    """When the branch is open on the days on which an order can be collected. One query."""
    window, today = order.dated_slot, shop_date(now)
    last = window.date if window else shop_date(order.due_at)
    first = max(today, last) if window else today
    days = min(max((last - first).days + 1, 1), MOST_DAYS)
    return hours_of(branch=order.branch, start=first, days=days)


def document_context(*, document_id: int, order_id: int) -> dict[str, Any]:
    """A new paper: its number, its addresses in both languages, and the PDF where its reader agreed
    to computerised documents. Raises Obsolete when the order is gone. Draws it where that was not
    done yet."""
    context = order_context(order_id=order_id)
    user = context["order"].user
    draw_document(document_id=document_id, now=clock.now())
    language = "en" if user.language == "en" else "he"
    pdf = stored_pdf(order_id=order_id, document_id=document_id, language=language)
    files = [Attachment(name=f"{pdf.number}.pdf", content=pdf.content, media_type=SHARED_PDF)]
    base = f"{context['path']}documents/{document_id}/"
    return {
        **context,
        "number": pdf.number,
        "is_credit": pdf.number.startswith("C"),
        "document_path": f"{base}?lang={language}",
        "other_path": f"{base}?lang={'he' if language == 'en' else 'en'}",
        "attachments": files if user.documents_consent else [],
    }


def refund_context(*, order_id: int, refund_id: int) -> dict[str, Any]:
    """What was given back, for what, and on which card. Raises Obsolete when the order is gone."""
    context = order_context(order_id=order_id)
    lines = RefundLine.objects.filter(refund_id=refund_id).select_related("item").order_by("pk")
    found = list(lines)
    total = sum((line.amount for line in found), ZERO)
    rows = refunds_of(payment_id=context["order"].payment_id)
    given = next((row for row in rows if row.id == refund_id), None)
    return {
        **context,
        "refund_lines": found,
        "refunded": total,
        "reason_label": given.reason_label if given and given.reason_code != "OTHER" else "",
        "reason": given.reason if given else "",
    }


def problem_context(*, order_id: int, problem_id: int) -> dict[str, Any]:
    """As `order_context`, with a report and what was given back for it."""
    report = problem(problem_id=problem_id)
    rows = list(report.items.all())
    context = order_context(order_id=order_id)
    return {**context, "report": report, "rows": rows, "given": given_back(report)}


def held_context(*, order_id: int) -> dict[str, Any]:
    """As `order_context`, with the card. Raises Obsolete once nothing is held any more."""
    context = order_context(order_id=order_id)
    payment = context["payment"]
    if payment.state in (PaymentState.UNPAID, PaymentState.VOIDED):
        raise Obsolete
    return {**context, "card": f"{payment.brand.title()} {payment.last4}"}


def unpaid_context(*, order_id: int) -> dict[str, Any]:
    """As `order_context`, with why the money is not held and where to pay. Raises Obsolete when it
    is paid, or nobody has to pay any more."""
    context = order_context(order_id=order_id)
    payment = context["payment"]
    if (
        payment.state not in (PaymentState.UNPAID, PaymentState.AUTHORIZED)
        or payment.asked_at is None
    ):
        raise Obsolete
    return {
        **context,
        "reason": decline_words(payment.failure) if payment.failure else "",
        "pay_path": f"/orders/{context['order'].order_number}/pay/",
    }
