"""Contested charges: noted from the provider's word, answered or accepted, told until it has heard.

A row is written from what the provider says whenever it is asked, so late, doubled and overtaken
news end in the same row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import structlog

from audit import services as audit
from core.errors import NotFound
from core.transactions import require_transaction, write_transaction
from payments.choices import DisputeStatus
from payments.dispute_models import Dispute
from payments.errors import DisputeClosed
from payments.locks import lock_payment
from payments.models import Payment
from payments.provider import ProviderDispute, ProviderFailure, ProviderRefused
from payments.providers import ADAPTERS, active_name, provider
from payments.services.cases import open_case
from payments.services.holding import assert_no_transaction

log = structlog.get_logger(__name__)
Status = DisputeStatus

LOOK_BACK = dt.timedelta(days=120)
RECENT = dt.timedelta(days=2)
OURS = (Status.ANSWERED, Status.ACCEPTED)
DECIDED = (Status.WON, Status.LOST, Status.WARNING)


def sync_disputes(*, now: dt.datetime, everything: bool = False) -> int:
    """Ask the providers what is contested, lately or at all; the number of rows looked at.

    Raises RuntimeError in a transaction.
    """
    assert_no_transaction()
    since, looked = now - (LOOK_BACK if everything else RECENT), 0
    names = sorted(ADAPTERS) if everything else [active_name()]
    for name in names:
        if not Payment.objects.filter(provider=name).exists():
            continue
        try:
            found = provider(name).disputes(since=since)
        except ProviderFailure as failure:
            log.warning("disputes_not_listed", provider=name, what=str(failure))
            continue
        for one in found:
            note_dispute(provider_name=name, found=one, now=now)
        looked += len(found)
    return looked


def note_dispute(*, provider_name: str, found: ProviderDispute, now: dt.datetime) -> None:
    """Write down what the provider says of one contested charge. Safe to repeat, in any order."""
    payment_id = (
        Payment.objects.filter(provider=provider_name, provider_reference=found.payment_reference)
        .exclude(provider_reference="")
        .values_list("pk", flat=True)
        .first()
    )
    if payment_id is None:
        log.error("dispute_of_no_payment", provider=provider_name)
        return
    with write_transaction():
        payment = lock_payment(payment_id=payment_id)
        row = Dispute.objects.filter(payment=payment, provider_reference=found.reference).first()
        if row is None:
            _open(payment, found)
        else:
            _follow(row, found, now)


def _open(payment: Payment, found: ProviderDispute) -> None:
    row = Dispute.objects.create(
        payment=payment,
        provider_reference=found.reference,
        amount=found.amount,
        fee=found.fee,
        reason=found.reason,
        status=found.status,
        opened_at=found.opened_at,
        answer_by=found.answer_by,
        closed_at=found.closed_at,
    )
    open_case(payment_id=payment.pk, kind="DISPUTED")
    _record(None, row, audit.Action.CREATE, old=None)


def _follow(row: Dispute, found: ProviderDispute, now: dt.datetime) -> None:
    """Only a decision moves a row: what we said ourselves is known here before it is there."""
    old, changed = row.status, []
    if row.fee != found.fee:
        row.fee = found.fee
        changed.append("fee")
    if found.status in DECIDED and row.status not in (found.status, Status.ACCEPTED):
        row.status, row.closed_at = found.status, found.closed_at or now
        changed += ["status", "closed_at"]
    elif found.status in OURS and row.status == Status.OPEN:
        row.status = found.status  # done on the provider's own screens
        row.answered_at, row.told_at = now, now
        changed += ["status", "answered_at", "told_at"]
    if changed:
        row.save(update_fields=changed)
    if row.status != old:
        _record(None, row, audit.Action.UPDATE, old=old)


def wish_answer(
    *,
    actor: Any,
    dispute_id: int,
    text: str,
    included: Sequence[str],
    evidence: bytes,
    copy: bytes,
    now: dt.datetime,
) -> None:
    """Answer an open dispute, in the caller's transaction; `tell_provider` says it afterwards.

    `evidence` is the provider's file, `copy` the shop's. Raises NotFound, DisputeClosed.
    """
    row = _open_one(dispute_id)
    row.status, row.answered_at, row.actor_id = Status.ANSWERED, now, actor.pk
    row.answer_text, row.included = text, list(included)
    row.evidence, row.copy = evidence, copy
    row.save()
    _record(actor, row, audit.Action.UPDATE, old=Status.OPEN)


def wish_accept(*, actor: Any, dispute_id: int, now: dt.datetime) -> None:
    """Give in to an open dispute, in the caller's transaction. Raises NotFound, DisputeClosed."""
    row = _open_one(dispute_id)
    row.status, row.closed_at, row.actor_id = Status.ACCEPTED, now, actor.pk
    row.save()
    _record(actor, row, audit.Action.UPDATE, old=Status.OPEN)


def mark_credited(*, dispute_id: int) -> None:
    """A credit note stands for a lost or accepted dispute, in the caller's transaction.

    Raises NotFound, DisputeClosed where it had one or is neither.
    """
    row = _locked(dispute_id)
    if row.is_credited or row.status not in (Status.LOST, Status.ACCEPTED):
        raise DisputeClosed(status=row.status)
    row.is_credited = True
    row.save(update_fields=["is_credited"])


def tell_provider(*, dispute_id: int, now: dt.datetime) -> bool:
    """Say an answer or acceptance to the provider; True once it has heard. Safe to repeat."""
    assert_no_transaction()
    row = Dispute.objects.select_related("payment").get(pk=dispute_id)
    if row.told_at is not None or row.status not in OURS:
        return row.told_at is not None
    adapter = provider(row.payment.provider)
    key = f"{row.payment.order_number}:dispute:{row.pk}"
    try:
        if row.status == Status.ANSWERED:
            adapter.answer_dispute(
                reference=row.provider_reference,
                text=row.answer_text,
                file=bytes(row.evidence or b""),
                idempotency_key=f"{key}:answer",
            )
        else:
            adapter.accept_dispute(
                reference=row.provider_reference, idempotency_key=f"{key}:accept"
            )
    except ProviderFailure as failure:
        log.warning("dispute_not_told", dispute_id=row.pk, what=str(failure))
        return False
    except ProviderRefused as refused:
        log.error("dispute_refused", dispute_id=row.pk, code=refused.code)
    Dispute.objects.filter(pk=row.pk, told_at__isnull=True).update(told_at=now)
    return True


def tell_open(*, now: dt.datetime, limit: int = 50) -> int:
    """Tell whatever the provider has not heard yet; the number tried."""
    rows = Dispute.objects.filter(status__in=OURS, told_at__isnull=True).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:limit])
    for key in keys:
        tell_provider(dispute_id=key, now=now)
    return len(keys)


def _locked(dispute_id: int) -> Dispute:
    require_transaction()
    found = Dispute.objects.filter(pk=dispute_id).values_list("payment_id", flat=True).first()
    if found is None:
        raise NotFound
    lock_payment(payment_id=found)
    return Dispute.objects.select_related("payment").get(pk=dispute_id)


def _open_one(dispute_id: int) -> Dispute:
    row = _locked(dispute_id)
    if row.status != Status.OPEN:
        raise DisputeClosed(status=row.status)
    return row


def _record(actor: Any, row: Dispute, action: audit.Action, *, old: str | None) -> None:
    audit.record(
        actor=actor,
        entity_type="dispute",
        entity_id=row.pk,
        action=action,
        old=None if old is None else {"status": old},
        new={"status": row.status, "amount": row.amount},
        context={"order_number": row.payment.order_number},
    )
