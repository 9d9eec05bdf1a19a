"""Payments whose provider and order disagreed. A case stays listed once it is resolved."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import transaction

from accounts.models import User
from audit import services as audit
from core.errors import NotFound, PermissionRefused
from core.transactions import write_transaction
from payments.models import ReconciliationCase

log = structlog.get_logger(__name__)

NOT_COMMITTED = "PAYMENT_CAPTURED_NOT_COMMITTED"
Resolution = ReconciliationCase.Resolution


def open_case(*, payment_id: int, kind: str = NOT_COMMITTED) -> bool:
    """List the payment and log `kind` as an error; False when it was listed before.

    In the caller's transaction.
    """
    _, created = ReconciliationCase.objects.get_or_create(payment_id=payment_id, kind=kind)
    if created:
        transaction.on_commit(lambda: log.error(kind, payment_id=payment_id), robust=True)
    return created


def found_uncommitted(*, payment_id: int) -> None:
    """Money is held and its order is not written yet: list it, in a transaction of its own."""
    with write_transaction():
        open_case(payment_id=payment_id)


def record_recovered(*, payment_id: int, now: dt.datetime) -> None:
    """The missing order was written after all: the case is listed as ORDER_COMPLETED.

    In the caller's transaction, with the order.
    """
    open_case(payment_id=payment_id)
    resolve_case(payment_id=payment_id, resolution=Resolution.ORDER_COMPLETED, now=now)


def resolve_completed(*, now: dt.datetime) -> int:
    """Resolve what is listed as held without an order and has its order by now; the number resolved.

    For whoever died, or came second, between listing a payment and writing its order.
    """
    open_ones = ReconciliationCase.objects.filter(
        kind=NOT_COMMITTED,
        status=ReconciliationCase.Status.OPEN,
        payment__order__isnull=False,
    )
    return sum(
        resolve_case(payment_id=payment_id, resolution=Resolution.ORDER_COMPLETED, now=now)
        for payment_id in open_ones.values_list("payment_id", flat=True)[:100]
    )


def resolve_case(
    *, payment_id: int, resolution: str, now: dt.datetime, kind: str = NOT_COMMITTED
) -> bool:
    """Mark the payment's open case of `kind` as settled by `resolution`; False when there is none."""
    resolved = ReconciliationCase.objects.filter(
        payment_id=payment_id, kind=kind, status=ReconciliationCase.Status.OPEN
    ).update(
        status=ReconciliationCase.Status.RESOLVED,
        resolution=ReconciliationCase.Resolution(resolution),
        resolved_at=now,
    )
    if resolved:
        transaction.on_commit(
            lambda: log.info(
                "payment_case_resolved", payment_id=payment_id, kind=kind, resolution=resolution
            ),
            robust=True,
        )
    return bool(resolved)


def close_case(*, actor: User, case_id: int, resolution: str, now: dt.datetime) -> None:
    """A manager has looked into a case and says how it ended. Audited on the payment.

    Raises PermissionRefused, NotFound for a case that is unknown or closed.
    """
    if not actor.is_manager:
        raise PermissionRefused
    with write_transaction():
        case = ReconciliationCase.objects.filter(
            pk=case_id, status=ReconciliationCase.Status.OPEN
        ).first()
        if case is None or not resolve_case(
            payment_id=case.payment_id, resolution=resolution, now=now, kind=case.kind
        ):
            raise NotFound
        audit.record(
            actor=actor,
            entity_type="payment",
            entity_id=case.payment_id,
            action=audit.Action.UPDATE,
            old={"case": case.kind, "status": "OPEN"},
            new={"case": case.kind, "status": "RESOLVED", "resolution": resolution},
        )
