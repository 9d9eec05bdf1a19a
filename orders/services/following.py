"""What a finished capture or refund means for its order: charged lines, papers, shares given back.

The provider's word is booked on the payment, which knows nothing of orders. This follows it, right
after the call in the process that asked, else by the job: forward only, once, in one transaction
with the papers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import structlog
from django.db import transaction

from accounts.models import User
from billing import services as billing
from billing.papers import Paper
from billing.selectors import credited, invoice_of
from core import clock, faults
from core.clock import shop_date
from core.money import ZERO
from core.transactions import write_transaction
from notifications.services import queue
from orders import selectors
from orders.crediting import credit_rows, credit_vat
from orders.document_content import snapshot
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem
from orders.refund_models import RefundLine
from orders.services.charging import book_capture, tell_of_paper
from orders.services.refund_parts import (
    RefundPart,
    RefundRequest,
    lines_of,
    priced,
    write_lines,
    write_shares,
)
from orders.services.reopening import reopen_refused
from payments import services as payments
from payments.refunds import FinishedCall, call_to_follow, calls_to_follow

log = structlog.get_logger(__name__)


def follow_calls(*, now: dt.datetime, limit: int = 100) -> int:
    """Follow every finished call that nobody followed yet; the number followed."""
    waiting = calls_to_follow(limit=limit)
    for call_id in waiting:
        try:
            follow_call(call_id=call_id, now=now)
        except Exception:  # one bad row must not keep the others waiting
            log.exception("call_not_followed", call_id=call_id)
    return len(waiting)


def follow_after_commit(*, call_id: int) -> None:
    """Follow a call that this transaction asks for, once it was performed."""
    transaction.on_commit(lambda: _follow_now(call_id), robust=True)


def follow_call(*, call_id: int, now: dt.datetime) -> None:
    """Write the order's side of a call, if it is finished and was not followed. Safe to repeat."""
    call = call_to_follow(call_id=call_id)
    if call is None:
        return
    faults.point("paper_between_agreed_and_note")
    with write_transaction():
        order = Order.objects.filter(order_number=call.order_number).only("pk").first()
        if order is not None:
            _follow(call, order.pk, now)
        payments.mark_followed(call_id=call.id)


def _follow(call: FinishedCall, order_id: int, now: dt.datetime) -> None:
    order = lock_order(order_id=order_id)
    items = lock_items(order_id=order.pk)
    if call_to_follow(call_id=call.id) is None:
        return  # somebody else was here first
    if order.payment_id != call.payment_id:
        return
    actor = User.objects.filter(pk=call.actor_id or 0).first()
    if call.kind == "CAPTURE":
        if call.is_done:
            book_capture(actor=actor, order=order, items=items, now=now)
        return
    book_capture(actor=None, order=order, items=items, now=now)
    if not call.is_done:
        # The provider said no: what was counted as given back may be refunded again.
        write_shares(order=order, parts=lines_of(refund_id=call.refund_id), sign=-1)
        reopen_refused(refund_id=call.refund_id)
        return
    if not RefundLine.objects.filter(refund_id=call.refund_id).exists():
        _spread_foreign(order, items, call)
    _credit(actor, order, call, now)


def _spread_foreign(order: Order, items: Sequence[OrderItem], call: FinishedCall) -> None:
    """Money given back on the provider's own screens belongs to no line: to each by its size."""
    parts = priced(
        order=order,
        items=items,
        charges=selectors.charges_of(order=order),
        request=RefundRequest(amount=call.amount),
    )
    write_shares(order=order, parts=parts, sign=1)
    write_lines(order=order, parts=parts, call_id=call.id)


def _credit(actor: User | None, order: Order, call: FinishedCall, now: dt.datetime) -> None:
    """The credit note of a refund the provider agreed to, and the mail that says so."""
    issue_credit_note(
        actor=actor,
        order=order,
        parts=lines_of(refund_id=call.refund_id),
        reason_code=call.reason_code,
        reason=call.reason,
        refund_id=call.refund_id,
        now=now,
    )
    queue(
        user_id=order.user_id,
        kind="refund_issued",
        context={"order_id": order.pk, "refund_id": call.refund_id},
        dedupe_key=f"refund_issued:{call.refund_id}",
    )


def issue_credit_note(
    *,
    actor: User | None,
    order: Order,
    parts: Sequence[RefundPart],
    reason_code: str,
    reason: str,
    now: dt.datetime,
    refund_id: int | None = None,
) -> Paper:
    """Credit `parts` of the invoice of a locked order, in the caller's transaction.

    The VAT of each rate is what all credited so far contains, less what was credited before: an
    invoice that is credited whole has exactly its VAT credited.
    """
    invoice = invoice_of(order_id=order.pk)
    if invoice is None:
        raise RuntimeError(f"order {order.pk} has no invoice to credit")
    rows = credit_rows(order=order, parts=parts)
    before, _total = credited(invoice_id=invoice.id)
    paper = billing.issue(
        type="CREDIT_NOTE",
        order_id=order.pk,
        content=snapshot(
            order=order,
            rows=rows,
            supplied_on=order.captured_at and shop_date(order.captured_at),
            reason_code=reason_code,
            reason=reason,
        ),
        total=sum((row.amount for row in rows), ZERO),
        vat=credit_vat(rows=rows, before=before),
        now=now,
        corrects=invoice,
        refund_id=refund_id,
    )
    tell_of_paper(
        actor=actor,
        order=order,
        paper_id=paper.id,
        told={"credit_note": paper.number, "amount": paper.total},
    )
    return paper


def _follow_now(call_id: int) -> None:
    """In the process that asked; the job follows whatever happens here."""
    follow_call(call_id=call_id, now=clock.now())
