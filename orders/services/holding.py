"""Keeping an order's money held until it leaves: at its time, renewed, or asked for anew.

One payment a transaction; whatever a dead process left is found by the next round. The order is
locked before its payment, and nobody is asked while a lock is held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db.models import F, Q, QuerySet

from core import faults
from core.errors import DomainError
from core.transactions import write_transaction
from notifications.services import queue
from orders.locks import lock_order
from orders.models import Order, OrderStatus
from orders.schedule import ASK_BEFORE, hold_time, must_live_until
from orders.services.unpaid import ask_to_pay, cancel_unpaid, lose_hold
from payments import services as payments
from payments.choices import PaymentState
from payments.payment_results import NO_ANSWER, NOT_CONFIRMED, Outcome, Verdict
from payments.provider import ProviderFailure
from payments.selectors import Standing, standing

log = structlog.get_logger(__name__)

RENEWABLE = (PaymentState.AUTHORIZED, PaymentState.UNPAID)
UNPICKED = (OrderStatus.CREATED, OrderStatus.DELAYED)
AT_BANK = dt.timedelta(minutes=10)
"""How long a cardholder may take to confirm at their bank."""
LOOK_AGAIN = dt.timedelta(seconds=10)


def keep_held(*, now: dt.datetime, limit: int = 50) -> int:
    """One round over all open orders whose money needs something; the number of orders looked at."""
    steps: list[tuple[QuerySet[Order], Callable[..., object]]] = [
        (_scheduled(now), hold_scheduled),
        (_run_out(now), look_again),
        (_to_renew(now), renew),
        (_to_warn(now), warn),
        (_untold(), tell_unpaid),
        (_overdue(now), cancel_unpaid),
    ]
    looked_at = 0
    for orders, step in steps:
        for order_id in list(orders.order_by("pk").values_list("pk", flat=True)[:limit]):
            looked_at += 1
            _carefully(step, order_id, now)
    for payment_id, number in payments.abandoned_attempts(now=now, limit=limit):
        looked_at += 1
        _carefully(settle_abandoned, payment_id, now, number=number)
    return looked_at


def hold_scheduled(*, order_id: int, now: dt.datetime) -> None:
    """Hold the money of an order that was to be held later, without its cardholder.

    Declined: unpaid, and the customer is asked. No answer: asked again.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.status not in UNPICKED or order.left_at is not None:
            return
        hold = payments.begin_scheduled(payment_id=order.payment_id, now=now)
    if hold is None:
        return
    faults.point("hold_between_record_and_call")
    outcome = payments.ask_later(hold=hold, metadata={"user_id": str(order.user_id)}, now=now)
    faults.point("hold_between_call_and_record")
    with write_transaction(durable=True):
        _record(lock_order(order_id=order_id), hold.handle.id, outcome, now)


def _record(order: Order, payment_id: int, outcome: Outcome, now: dt.datetime) -> None:
    """What became of the hold of a locked order."""
    is_current = order.payment_id == payment_id and order.status != OrderStatus.CANCELED
    if outcome.is_authorized:
        if not is_current or not payments.record_authorised(
            payment_id=payment_id, outcome=outcome, now=now
        ):
            payments.record_orphan(payment_id=payment_id, outcome=outcome, now=now)
            return
        _tell(order, "order_held", payment_id)
    elif outcome.verdict in (Verdict.DECLINED, Verdict.ACTION_REQUIRED):
        reason = outcome.reason or "authentication_required"
        payments.refuse_scheduled(payment_id=payment_id, reason=reason, now=now)
        if is_current:
            lose_hold(order=order, reason=reason, now=now)
    else:
        payments.postpone(payment_id=payment_id, now=now)


def look_again(*, order_id: int, now: dt.datetime) -> None:
    """Ask the provider about a hold whose time is over; lost, it is unpaid and its customer is asked."""
    order = Order.objects.get(pk=order_id)
    payments.sync_payment(payment_id=order.payment_id, now=now)
    tell_unpaid(order_id=order_id, now=now)


def tell_unpaid(*, order_id: int, now: dt.datetime) -> None:
    """Tell the customer of an unpaid order that was not told yet."""
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        found = standing(payment_id=order.payment_id)
        if found.state == "UNPAID" and found.pay_until is None and order.left_at is None:
            ask_to_pay(order=order, now=now)


def warn(*, order_id: int, now: dt.datetime) -> None:
    """A hold nears its end and nobody agreed that it is renewed: ask the customer."""
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        found = standing(payment_id=order.payment_id)
        if (
            found.state == PaymentState.AUTHORIZED
            and found.asked_at is None
            and _is_short(order, found)
        ):
            ask_to_pay(order=order, now=now)


def renew(*, order_id: int, now: dt.datetime) -> None:
    """Hold the money again on the same card before the first hold runs out, then let that one go.

    Declined: the first hold stands as long as it lives, and the customer is asked.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        found = standing(payment_id=order.payment_id)
        card = payments.mandate_of(payment_id=order.payment_id)
        waits = payments.waiting_attempts(order_number=order.order_number)
        if order.leaving_to or waits or card is None or not _needs_renewal(order, found, now):
            return
    renew_on_mandate(order_id=order_id, now=now)


def renew_on_mandate(*, order_id: int, now: dt.datetime) -> bool:
    """Hold the money of an open order on the card its customer agreed to; True when it is held.

    Declined: the customer is asked.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        card = payments.mandate_of(payment_id=order.payment_id)
        found = standing(payment_id=order.payment_id)
        waits = payments.waiting_attempts(order_number=order.order_number)
        if card is None or waits or order.leaving_to or found.state not in RENEWABLE:
            return False
        handle = payments.open_payment(
            user_id=order.user_id,
            order_number=order.order_number,
            amount=order.total_amount,
            card=card,
            now=now,
            attempt=payments.next_attempt(order_number=order.order_number),
            is_renewal=True,
        )
    faults.point("renewal_between_record_and_call")
    outcome = payments.authorise(
        payment=handle, metadata={"user_id": str(order.user_id)}, off_session=True
    )
    faults.point("renewal_between_call_and_record")
    return settle_attempt(order_id=order_id, payment_id=handle.id, outcome=outcome, now=now)


def settle_attempt(*, order_id: int, payment_id: int, outcome: Outcome, now: dt.datetime) -> bool:
    """Record how a later hold of an order went; True when it is the order's money now.

    An order that was cancelled, is leaving, or has left meanwhile lets it go again. A renewal,
    whoever settles it, keeps the agreement of the hold before it and is told only to who was asked
    to pay; the customer is asked where the bank says no, and where it says nothing of an order that
    is unpaid already: nobody asks for that one again by himself. Safe to repeat.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.payment_id == payment_id:
            return True
        renewal = payments.attempt_of(payment_id=payment_id).is_renewal
        if outcome.is_agreed:
            return _take_over(order, payment_id, outcome, now, renewal=renewal)
        if outcome.verdict is Verdict.ACTION_REQUIRED and not renewal:
            payments.record_reference(payment_id=payment_id, outcome=outcome)
            payments.postpone(payment_id=payment_id, now=now, wait=LOOK_AGAIN)
        elif outcome.verdict is Verdict.UNKNOWN:
            payments.postpone(payment_id=payment_id, now=now, wait=LOOK_AGAIN)
        else:
            reason = outcome.reason or outcome.verdict.value.lower()
            payments.drop_attempt(payment_id=payment_id, reason=reason, now=now)
            silent = outcome.verdict is Verdict.UNREACHABLE or reason == NO_ANSWER
            if renewal and (not silent or _is_unpaid(order)):
                ask_to_pay(order=order, now=now)
    return False


def _take_over(
    order: Order, payment_id: int, outcome: Outcome, now: dt.datetime, *, renewal: bool
) -> bool:
    """Point a locked order at the payment that is held (or kept) now."""
    old = standing(payment_id=order.payment_id)
    wanted = (
        old.state in (PaymentState.UNPAID, PaymentState.SCHEDULED, PaymentState.AUTHORIZED)
        and order.status not in (OrderStatus.CANCELED, OrderStatus.DELIVERED)
        and order.left_at is None
        and not order.leaving_to
    )
    enough = not outcome.is_authorized or outcome.amount >= order.total_amount
    if not wanted or not enough:
        if outcome.is_authorized:
            payments.record_orphan(payment_id=payment_id, outcome=outcome, now=now)
        else:
            payments.drop_attempt(payment_id=payment_id, reason="not_wanted", now=now)
        return False
    if not payments.record_agreed(payment_id=payment_id, outcome=outcome, now=now):
        if outcome.is_authorized:
            payments.record_orphan(payment_id=payment_id, outcome=outcome, now=now)
        return False
    swap_hold(order=order, payment_id=payment_id, now=now, inherit=renewal)
    was_asked = not renewal or old.state == PaymentState.UNPAID
    if was_asked and outcome.is_authorized:
        _tell(order, "order_paid", payment_id)
    return True


def swap_hold(*, order: Order, payment_id: int, now: dt.datetime, inherit: bool = False) -> None:
    """Make `payment_id` the money of a locked order, in the caller's transaction; what was held (or
    was to be held) before is let go. Cases of a lost hold end as AUTHORIZED_AGAIN."""
    old_id, order.payment_id = order.payment_id, payment_id
    order.save(update_fields=["payment", "updated_at"])
    payments.replace_payment(old_id=old_id, new_id=payment_id, now=now, inherit=inherit)
    payments.resolve_lost(order_number=order.order_number, resolution="AUTHORIZED_AGAIN", now=now)


def settle_abandoned(*, payment_id: int, number: str, now: dt.datetime) -> None:
    """Finish an attempt whose process died, or whose cardholder was sent to the bank."""
    order = Order.objects.get(order_number=number)
    outcome = payments.ask(payment_id=payment_id, now=now)
    late = now - payments.attempt_of(payment_id=payment_id).opened_at >= AT_BANK
    if outcome.verdict is Verdict.ACTION_REQUIRED and late:
        outcome = Outcome(verdict=Verdict.DECLINED, reason=NOT_CONFIRMED)
    elif outcome.verdict is Verdict.NOTHING or (outcome.verdict is Verdict.UNKNOWN and late):
        outcome = Outcome(verdict=Verdict.DECLINED, reason=NO_ANSWER)
    settle_attempt(order_id=order.pk, payment_id=payment_id, outcome=outcome, now=now)


def _carefully(step: Callable[..., object], key: int, now: dt.datetime, **more: object) -> None:
    """One bad order must not keep the others waiting."""
    name = "payment_id" if more else "order_id"
    try:
        step(**{name: key}, now=now, **more)
    except (DomainError, ProviderFailure) as failure:
        log.info("hold_postponed", key=key, what=str(failure))
    except Exception:
        log.exception("hold_failed", key=key)


def _tell(order: Order, kind: str, payment_id: int) -> None:
    queue(
        user_id=order.user_id,
        kind=kind,
        context={"order_id": order.pk},
        dedupe_key=f"{kind}:{payment_id}",
    )


def _is_unpaid(order: Order) -> bool:
    return standing(payment_id=order.payment_id).state == PaymentState.UNPAID


def _is_short(order: Order, found: Standing) -> bool:
    """Whether a hold runs out before its window is over."""
    ends = found.hold_expires_at
    return ends is not None and ends < must_live_until(order)


def _needs_renewal(order: Order, found: Standing, now: dt.datetime) -> bool:
    state, ends = found.state, found.hold_expires_at
    asked = found.asked_at is not None
    if state != PaymentState.AUTHORIZED or asked or ends is None or not _is_short(order, found):
        return False
    return now >= hold_time(order.due_at) or ends - now <= ASK_BEFORE


def _open() -> QuerySet[Order]:
    return Order.objects.filter(
        left_at__isnull=True, leaving_to="", is_being_changed=False
    ).exclude(status__in=[OrderStatus.DELIVERED, OrderStatus.CANCELED])


def _scheduled(now: dt.datetime) -> QuerySet[Order]:
    return _open().filter(
        payment__state="SCHEDULED", payment__authorize_at__lte=now, status__in=UNPICKED
    )


def _run_out(now: dt.datetime) -> QuerySet[Order]:
    return _open().filter(payment__state=PaymentState.AUTHORIZED, payment__hold_expires_at__lte=now)


def _short_holds() -> QuerySet[Order]:
    """A window is at most so long; what it is exactly is asked of each order."""
    margin = dt.timedelta(hours=settings.HOLD_SLACK_HOURS + 24)
    return _open().filter(
        payment__state=PaymentState.AUTHORIZED,
        payment__hold_expires_at__lt=F("due_at") + margin,
        payment__asked_at__isnull=True,
    )


def _to_renew(now: dt.datetime) -> QuerySet[Order]:
    due = Q(due_at__lte=now + dt.timedelta(hours=settings.AUTHORIZE_HOURS_BEFORE))
    due |= Q(payment__hold_expires_at__lte=now + ASK_BEFORE)
    return _short_holds().filter(payments.with_mandate(), due, payment__hold_expires_at__gt=now)


def _to_warn(now: dt.datetime) -> QuerySet[Order]:
    soon = now + ASK_BEFORE
    return (
        _short_holds()
        .exclude(payments.with_mandate())
        .filter(payment__hold_expires_at__gt=now, payment__hold_expires_at__lte=soon)
    )


def _untold() -> QuerySet[Order]:
    return _open().filter(payment__state="UNPAID", payment__pay_until__isnull=True)


def _overdue(now: dt.datetime) -> QuerySet[Order]:
    return _open().filter(payment__state="UNPAID", payment__pay_until__lte=now, status__in=UNPICKED)
