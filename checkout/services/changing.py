"""Changing a placed order: reserve what is added, ask for the money, write it; each in its own time.

Where nothing more has to be held, all of it is one transaction. A process that dies between the
steps leaves an open change, which the same request or the job finishes.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.models import User
from branches.models import DatedSlot
from branches.selectors import SlotChoice, any_slot
from checkout import idempotency
from checkout.errors import BelowMinimum
from checkout.quote_bodies import preview_body
from checkout.quotes import Preview, QuotedLine
from checkout.requests import ChangeRequest
from checkout.services.change_finishing import finish_change
from checkout.services.change_quotes import (
    Place,
    check_may_change,
    check_minimum,
    details_of,
    place_of,
    plan_of,
    window_seen,
)
from checkout.services.change_reserving import (
    AskedChange,
    check_person,
    check_version,
    has_mandate,
    must_hold,
    reserve_change,
)
from core import clock, faults, retry
from core.errors import Busy, PermissionRefused
from core.request_keys import check_key
from inventory.errors import InsufficientStock
from inventory.selectors import availability
from orders import selectors
from orders.change_models import OrderChange
from orders.change_plan import ChangePlan, moves_of
from orders.errors import OrderNotChangeable
from orders.models import Order, OrderItem
from orders.repricing import ChangedLine
from orders.services.changing import LEASE
from payments import services as payments
from payments.errors import (
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
)
from payments.payment_results import (
    Outcome,
    PaymentHandle,
    Verdict,
)

Status = OrderChange.Status
RETRY_AFTER_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    """What a change would come to. `lines` that are short name what is free of them (`available`).

    `difference` is the new total less the old one, in ₪.
    """

    order: Order
    plan: ChangePlan
    place: Place
    slot: SlotChoice | None
    needs_new_hold: bool
    needs_customer: bool = False
    """Staff cannot hold the new sum: its customer has to agree, and to pay."""

    @property
    def difference(self) -> Decimal:
        return self.plan.totals.total - self.order.total_amount


def change_preview_body(found: ChangePreview) -> dict[str, Any]:
    """As the API tells it: checkout's preview, and how it differs from the order."""
    plan = found.plan
    preview = Preview(
        branch=found.place.branch,
        fulfillment_type=plan.fulfillment_type,
        lines=[_quoted(line) for line in plan.lines],
        totals=plan.totals,
        slot=found.slot,
        area=found.place.area,
        ready_until=plan.due_at if plan.dated_slot_id is None and not found.place.asked else None,
    )
    body = preview_body(preview)
    del body["cart_version"]
    return {
        **body,
        "version": found.order.version,
        "total_before": str(found.order.total_amount),
        "difference": str(found.difference),
        "needs_new_hold": found.needs_new_hold,
    }


def _quoted(line: ChangedLine) -> QuotedLine:
    return QuotedLine(
        item_id=line.item_id,
        product_id=line.product_id,
        name_he=line.name_he,
        name_en=line.name_en,
        sku=line.sku,
        sold_by=line.sold_by,
        vat_class=line.vat_class,
        quantity=line.quantity,
        price=line.price,
        substitution=line.substitution,
        note=line.note,
    )


def preview_change(
    *,
    actor: User,
    order_id: int,
    request: ChangeRequest,
    now: dt.datetime,
    by_staff: bool = False,
) -> ChangePreview:
    """What `change` would make of an order; nothing is changed and nothing is kept.

    Raises NotFound, PermissionRefused, InvalidInput, OrderNotChangeable, OrderChanged (another
    version than expected), ProductInactive, QuantityNotAllowed, BelowMinimum (with what it would come
    to), InsufficientStock and the refusals of a window and an address.
    """
    request.check(by_staff=by_staff, is_preview=True)
    order = _seen(actor, order_id, by_staff)
    check_version(order, request)
    items = list(order.items.all())
    found = _previewed(order, items, request, now, by_staff)
    _check_minimum(found)
    _check_free(order, items, found.plan)
    return found


def _previewed(
    order: Order, items: list[OrderItem], request: ChangeRequest, now: dt.datetime, by_staff: bool
) -> ChangePreview:
    """What a change would come to, whatever the goods are worth and whether they are there."""
    check_may_change(order=order, request=request, by_staff=by_staff, now=now)
    place = place_of(order=order, items=items, request=request, now=now)
    choice = window_seen(place, now) if place.asked and not by_staff else None
    slot = order.dated_slot if place.keeps_slot else as_dated(place)
    plan = plan_of(order=order, items=items, request=request, place=place, slot=slot, now=now)
    return ChangePreview(
        order=order,
        plan=plan,
        place=place,
        slot=choice,
        needs_new_hold=must_hold(order, plan),
        needs_customer=by_staff and must_hold(order, plan) and not has_mandate(order),
    )


def change(
    *,
    actor: User,
    order_id: int,
    key: str,
    request: ChangeRequest,
    request_id: str,
    now: dt.datetime,
    by_staff: bool = False,
    agreed: int | None = None,
) -> int:
    """Change an order: its lines, window, place or kind; once for one key. Returns its id.

    The money comes first: a higher total is held before anything is written, and the old hold is
    let go after. A refusal leaves the order, its stock, place and money as they were, and the key
    may be used again. `agreed` is the question in which staff proposed it to its customer (see
    `agreeing`). Raises what `preview_change` raises, MissingIdempotencyKey, the refusals of
    keys, PriceChanged, ExceedsHold (staff, without a card for more), PaymentRequired,
    PaymentTokenNotFound, CardNumberRefused, PaymentDeclined, PaymentActionRequired, PaymentPending,
    PaymentUnavailable, Busy. Raises RuntimeError inside a transaction.
    """
    check_key(key)
    if by_staff and not actor.is_manager:
        raise PermissionRefused
    request.check(by_staff=by_staff)
    started = time.monotonic()
    try:
        asked = retry.retry(
            lambda: reserve_change(actor, order_id, key, request, now, by_staff, agreed)
        )
    except BelowMinimum:  # with what it would come to, now that nothing is locked
        order = _seen(actor, order_id, by_staff)
        as_staff = by_staff or agreed is not None
        _check_minimum(_previewed(order, list(order.items.all()), request, now, as_staff))
        raise
    faults.point("after_change_reserved")
    if asked is None:
        return order_id
    if asked.payment is None:  # an earlier request with this key died: what became of its money?
        outcome = payments.ask(payment_id=asked.payment_id, now=clock.now())
        if outcome.verdict is Verdict.NOTHING:
            finish_change(change_id=asked.change_id, outcome=outcome, now=now)
            return change(
                actor=actor,
                order_id=order_id,
                key=key,
                request=request,
                request_id=request_id,
                now=now,
                by_staff=by_staff,
                agreed=agreed,
            )
    else:
        outcome = _pay(asked.payment, request_id, started, by_staff)
    _settle(asked, outcome, now)
    return order_id


def resume_change(*, actor: User, order_number: str, now: dt.datetime) -> bool:
    """Finish the actor's open change whose bank wanted them to confirm; False where none waits.

    Raises PaymentActionRequired (not yet), PaymentDeclined, PaymentPending, PaymentUnavailable.
    """
    waiting = OrderChange.objects.filter(
        order__order_number=order_number, order__user=actor, status=Status.OPEN
    )
    row = waiting.values_list("pk", "key_id", "payment_id").first()
    if row is None or row[2] is None:
        return False
    asked = AskedChange(
        change_id=row[0],
        key_id=row[1],
        payment=None,
        payment_id=row[2],
        order_number=order_number,
    )
    _settle(asked, payments.ask(payment_id=row[2], now=clock.now()), now)
    return True


def _seen(actor: User, order_id: int, by_staff: bool) -> Order:
    order = selectors.order_by_id(order_id=order_id)
    check_person(actor, order, by_staff)
    return order


def _check_minimum(found: ChangePreview) -> None:
    check_minimum(
        found.order, found.place, found.plan.totals, told=lambda: change_preview_body(found)
    )


def _check_free(order: Order, items: list[OrderItem], plan: ChangePlan) -> None:
    """`promise` for the preview: reads only."""
    added, _removed = moves_of(order, items, lines=plan.lines, branch_id=plan.branch_id)
    free = availability(branch_id=plan.branch_id, product_ids=added) if added else {}
    short = [
        {
            "product_id": key,
            "requested_quantity": float(amount),
            "available_quantity": float(free[key]),
        }
        for key, amount in added.items()
        if free[key] < amount
    ]
    if short:
        raise InsufficientStock(**details_of({"missing_items": short}, plan.lines))


def _pay(payment: PaymentHandle, request_id: str, started: float, by_staff: bool) -> Outcome:
    """Ask the provider, with no transaction open; not at all when the lease could run out on it.

    By staff the cardholder is not there, so nobody can confirm it at a bank.
    """
    faults.point("before_provider_call")
    left = LEASE.total_seconds() - (time.monotonic() - started)
    if left < settings.PAYMENT_TIMEOUT_SECONDS + 2:
        return Outcome(verdict=Verdict.UNREACHABLE)
    outcome = payments.authorise(
        payment=payment,
        metadata={"user_id": str(payment.user_id), "request_id": request_id},
        off_session=by_staff,
    )
    if by_staff and outcome.verdict is Verdict.ACTION_REQUIRED:
        outcome = Outcome(verdict=Verdict.DECLINED, reason="authentication_required")
    faults.point("after_provider_call_before_record")
    return outcome


def _settle(asked: AskedChange, outcome: Outcome, now: dt.datetime) -> None:
    """Finish the change, or say what became of it."""
    if outcome.verdict is Verdict.UNKNOWN:
        _end_lease(asked, now)
        raise PaymentPending(retry_after=RETRY_AFTER_SECONDS)
    if outcome.verdict is Verdict.ACTION_REQUIRED:
        payments.record_reference(payment_id=asked.payment_id, outcome=outcome)
        _end_lease(asked, now)
        raise PaymentActionRequired(
            redirect_url=outcome.redirect_url, order_number=asked.order_number
        )
    try:
        done = retry.retry(
            lambda: finish_change(change_id=asked.change_id, outcome=outcome, now=now)
        )
    except Busy:
        if not outcome.is_authorized:
            raise
        _end_lease(asked, now)
        raise PaymentPending(retry_after=RETRY_AFTER_SECONDS) from None
    if done:
        return
    if outcome.verdict is Verdict.DECLINED:
        raise PaymentDeclined(reason=outcome.reason)
    if outcome.is_authorized:  # it was cancelled meanwhile: the money is let go
        raise OrderNotChangeable(reason="CANCELED")
    raise PaymentUnavailable


def _end_lease(asked: AskedChange, now: dt.datetime) -> None:
    OrderChange.objects.filter(pk=asked.change_id, status=Status.OPEN).update(lease_expires_at=now)
    if asked.key_id is not None:
        idempotency.end_lease(key_id=asked.key_id, now=now)


def as_dated(place: Place) -> DatedSlot | None:
    """The window asked for, as the plan needs it; a row that is not there yet is made up."""
    if place.asked is None:
        return None
    slot_id, date = place.asked
    found = DatedSlot.objects.select_related("slot").filter(slot_id=slot_id, date=date).first()
    return found or DatedSlot(slot=any_slot(slot_id=slot_id), date=date)
