"""The last step of a change: written once its money is held, else everything given back.

May be tried by several processes: the first one decides, the others find it decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import structlog
from django.db.models import Q

from checkout import idempotency
from core import faults
from core.errors import DomainError
from core.transactions import write_transaction
from orders.change_models import OrderChange
from orders.locks import lock_items, lock_order
from orders.services.changing import write_change
from orders.services.releasing import close_change, release_change
from payments import services as payments
from payments.payment_results import (
    NO_ANSWER,
    NOT_CONFIRMED,
    UNREACHABLE,
    Outcome,
    Verdict,
)

log = structlog.get_logger(__name__)
Status = OrderChange.Status


def finish_change(*, change_id: int, outcome: Outcome, now: dt.datetime) -> bool:
    """Write an open change whose money is held, else give back what it holds. Safe to repeat.

    True when the order is changed now, or was before. Held money of a change that was given up
    meanwhile (a cancelled order) is let go.
    """
    order_id = OrderChange.objects.values_list("order_id", flat=True).get(pk=change_id)
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        items = lock_items(order_id=order.pk)
        found = OrderChange.objects.select_related("actor", "question").get(pk=change_id)
        payment_id = found.payment_id
        if found.status != Status.OPEN or not outcome.is_authorized or payment_id is None:
            if outcome.is_authorized and found.status == Status.RELEASED and payment_id:
                payments.record_orphan(payment_id=payment_id, outcome=outcome, now=now)
            if found.status == Status.OPEN:
                release_change(order=order, now=now, reason=_reason(outcome))
                _free(found)
            return found.status == Status.DONE
        plan, body = found.plan, {"order_id": order.pk}
        payments.record_authorised(payment_id=payment_id, outcome=outcome)
        write_change(
            actor=found.actor,
            order=order,
            items=items,
            plan=plan,
            reason=found.reason,
            payment_id=payment_id,
            now=now,
            question=found.question,
        )
        close_change(change=found, status=Status.DONE, now=now)
        if found.key_id is not None:
            idempotency.store_response(key_id=found.key_id, status=200, body=body)
        faults.point("before_change_committed")
    return True


def recover_changes(*, now: dt.datetime, limit: int = 100) -> int:
    """Finish open changes whose request is no longer running; returns how many were finished.

    The provider decides, as for a checkout. No transaction may be open.
    """
    rows = list(
        OrderChange.objects.filter(Q(lease_expires_at__lte=now), status=Status.OPEN)
        .order_by("lease_expires_at", "id")
        .values_list("pk", "payment_id", "expires_at")[:limit]
    )
    finished = 0
    for change_id, payment_id, expires_at in rows:
        outcome = payments.ask(payment_id=payment_id, now=now)
        faults.point("job_between_ask_and_finish")
        waits = outcome.verdict in (Verdict.UNKNOWN, Verdict.ACTION_REQUIRED)
        if waits and expires_at > now:
            continue
        try:
            finish_change(change_id=change_id, outcome=outcome, now=now)
        except DomainError as refusal:  # somebody holds a lock: next time
            log.info("recovery_postponed", change_id=change_id, code=refusal.code)
        else:
            finished += 1
    return finished


def _free(change: OrderChange) -> None:
    if change.key_id is not None:
        idempotency.free(key_id=change.key_id)


def _reason(outcome: Outcome) -> str:
    """Why the payment of a change is given up."""
    reasons: Mapping[Verdict, str] = {
        Verdict.UNREACHABLE: UNREACHABLE,
        Verdict.ACTION_REQUIRED: NOT_CONFIRMED,
    }
    if outcome.verdict is Verdict.DECLINED:
        return outcome.reason or "declined"
    return reasons.get(outcome.verdict, NO_ANSWER)
