"""Giving money of a charged order back, line by line, never more of a line than it cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from billing.selectors import credited, invoice_of
from core.errors import InvalidInput, PermissionRefused
from core.money import ZERO
from core.transactions import require_transaction, write_transaction
from inventory import services as inventory
from inventory.locks import lock_stocks
from orders import selectors
from orders.crediting import credit_rows, credit_vat
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem
from orders.services.charging import book_capture
from orders.services.following import follow_call
from orders.services.refund_parts import (
    NOTHING,
    RefundPart,
    RefundRequest,
    check_shape,
    priced,
    write_lines,
    write_shares,
)
from orders.status import refuse_own
from payments import services as payments
from payments.errors import RefundExceedsCapture, RefundKeyReused
from payments.refunds import REASONS, refund_of_key


def refund(
    *, actor: User, order_id: int, request: RefundRequest, key: str, now: dt.datetime
) -> int:
    """Ask for what `request` names to be given back.

    Returns the id of the provider call (`orders.selectors.refund_summary`); the same `key` of the
    same person again returns the first one and changes nothing. Raises PermissionRefused, OwnOrder,
    NotFound (order, line, charge), InvalidInput, RefundExceedsLine, RefundExceedsCapture,
    RefundKeyReused.
    """
    if not actor.is_manager:
        raise PermissionRefused
    check_request(request)
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        refuse_own(order, actor)
        items = lock_items(order_id=order.pk)
        call_id = refund_within(
            actor=actor, order=order, items=items, request=request, key=key, now=now
        )
    follow_call(call_id=call_id, now=now)
    return call_id


def preview_refund(*, actor: User, order_id: int, request: RefundRequest) -> list[RefundPart]:
    """What `refund` would give back, part by part. Changes nothing. Refusals as `refund`."""
    if not actor.is_manager:
        raise PermissionRefused
    check_request(request)
    order = selectors.order_by_id(order_id=order_id)
    refuse_own(order, actor)
    if order.captured_at is None:
        raise RefundExceedsCapture(captured="0.00", refundable="0.00")
    return priced(
        order=order,
        items=list(order.items.all()),
        charges=selectors.charges_of(order=order),
        request=request,
    )


def vat_of_refund(*, order: Order, parts: Sequence[RefundPart]) -> Decimal:
    """The VAT that the credit note of these parts would have (₪). Two queries."""
    invoice = invoice_of(order_id=order.pk)
    if invoice is None:
        return ZERO
    before, _total = credited(invoice_id=invoice.id)
    rows = credit_vat(rows=credit_rows(order=order, parts=parts), before=before)
    return sum((row.vat for row in rows), ZERO)


def refund_within(
    *,
    actor: User | None,
    order: Order,
    items: Sequence[OrderItem],
    request: RefundRequest,
    key: str,
    now: dt.datetime,
    context: Mapping[str, Any] | None = None,
) -> int:
    """`refund` of a locked order as part of the caller's transaction, without asking who may.

    `context` is added to the audit row.

    The caller follows the call after its commit (`orders.services.following.follow_call`); the job
    does where it dies. Refusals as `refund`.
    """
    require_transaction()
    check_request(request)
    earlier = refund_of_key(payment_id=order.payment_id, actor=actor, key=key)
    if earlier is not None:
        if earlier.body_hash not in ("", request.fingerprint()):
            raise RefundKeyReused
        return earlier.call_id
    book_capture(actor=None, order=order, items=items, now=now)
    if order.captured_at is None:
        raise RefundExceedsCapture(captured="0.00", refundable="0.00")
    charges = selectors.charges_of(order=order)
    parts = priced(order=order, items=items, charges=charges, request=request)
    total = sum((part.amount for part in parts), ZERO)
    if total <= ZERO:
        raise InvalidInput(fields={"amount": [_("An amount above zero, to the agora.")]})
    _restock(actor, order, items, request)
    write_shares(order=order, parts=parts, sign=1)
    call_id = payments.request_refund(
        payment_id=order.payment_id,
        amount=total,
        reason_code=request.reason_code,
        reason=request.reason.strip(),
        body_hash=request.fingerprint(),
        actor=actor,
        key=key,
        now=now,
    )
    write_lines(order=order, parts=parts, call_id=call_id)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.REFUND,
        new={"amount": total, "reason_code": request.reason_code},
        context={"call_id": call_id, **(context or {})},
    )
    return call_id


def _restock(
    actor: User | None, order: Order, items: Sequence[OrderItem], request: RefundRequest
) -> None:
    """Put units back on the shelf: whole ones, of goods that are counted."""
    by_id = {item.pk: item for item in items}
    back: dict[int, Decimal] = {}
    for one in request.items:
        if one.restock and one.quantity is not None:
            item = by_id[one.id]
            if item.sold_by != "UNIT":
                raise InvalidInput(fields={"items": [_("Only counted goods return to the shelf.")]})
            back[item.product_id] = back.get(item.product_id, NOTHING) + one.quantity
    if not back:
        return
    lock_stocks(branch_id=order.branch_id, product_ids=list(back))
    inventory.take_return(
        actor=actor,
        branch_id=order.branch_id,
        quantities=back,
        reference=f"order:{order.order_number}",
    )


def check_request(request: RefundRequest) -> None:
    """What can be said before any order is looked at. Raises InvalidInput."""
    if request.reason_code not in REASONS:
        raise InvalidInput(fields={"reason_code": [_("There is no such reason.")]})
    if request.reason_code == "OTHER" and not request.reason.strip():
        raise InvalidInput(fields={"reason": [_("Please say why.")]})
    check_shape(request)
