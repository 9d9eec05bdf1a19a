"""News from a provider: noted once, then the provider itself is asked what is true.

Events come late, twice, in any order and before our own commit. Because an event only says which
payment to look at, none of that matters.
"""

from __future__ import annotations

import datetime as dt

import structlog
from django.db.models import Q

from payments.models import Payment, ProviderEvent
from payments.provider import ProviderFailure, ProviderRefused
from payments.providers import provider
from payments.services.disputes import note_dispute
from payments.services.syncing import sync_payment

log = structlog.get_logger(__name__)

AGAIN = [dt.timedelta(seconds=s) for s in (5, 30, 120, 600, 3600)]


def receive_event(
    *, provider: str, event_id: str, kind: str, reference: str, key: str, now: dt.datetime
) -> None:
    """Note an event whose signature was checked; the same event again changes nothing.

    One statement. `reference` and `key` are the provider's and our name of the payment, as far as
    the event tells them. `handle_events` does the rest.
    """
    ProviderEvent.objects.bulk_create(
        [
            ProviderEvent(
                provider=provider,
                event_id=event_id,
                kind=kind[:60],
                reference=reference[:100],
                key=key[:80],
                next_attempt_at=now,
                received_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def handle_events(*, now: dt.datetime, limit: int = 100) -> int:
    """Look at the payments of the noted events; the number of events done with.

    Raises RuntimeError in a transaction.
    """
    waiting = ProviderEvent.objects.filter(
        state=ProviderEvent.State.NEW, next_attempt_at__lte=now
    ).order_by("next_attempt_at", "id")[:limit]
    done = 0
    for event in list(waiting):
        try:
            done += _handle(event, now)
        except Exception:  # one bad event must not keep the others waiting
            log.exception("provider_event_failed", event_id=event.event_id)
            _postpone(event, now)
    return done


def _handle(event: ProviderEvent, now: dt.datetime) -> bool:
    payment = _payment_of(event)
    if payment is None:
        _finish(event, ProviderEvent.State.UNKNOWN)
        return True
    try:
        sync_payment(
            payment_id=payment.pk,
            reference=event.reference,
            disputed=event.kind.startswith("charge.dispute."),
            now=now,
        )
        if event.kind.startswith("charge.dispute."):
            _note_disputes(payment, now)
    except ProviderFailure:
        _postpone(event, now)
        return False
    _finish(event, ProviderEvent.State.DONE)
    return True


def _note_disputes(payment: Payment, now: dt.datetime) -> None:
    """What the provider says is contested of this payment. Raises ProviderFailure."""
    try:
        listed = provider(payment.provider).disputes(since=payment.created_at)
    except ProviderRefused as refused:
        log.error("disputes_not_listed", provider=payment.provider, code=refused.code)
        return
    for found in listed:
        if found.payment_reference == payment.provider_reference:
            note_dispute(provider_name=payment.provider, found=found, now=now)


def _payment_of(event: ProviderEvent) -> Payment | None:
    """By our own key, which the event carries even before we know the provider's reference."""
    wanted = Q(pk__in=[])
    if event.key:
        wanted |= Q(idempotency_key=event.key)
    if event.reference:
        wanted |= Q(provider_reference=event.reference)
    return Payment.objects.filter(wanted, provider=event.provider).first()


def _postpone(event: ProviderEvent, now: dt.datetime) -> None:
    if event.attempts >= len(AGAIN):  # the daily round asks about every open payment anyway
        _finish(event, ProviderEvent.State.DONE)
        return
    ProviderEvent.objects.filter(pk=event.pk).update(
        attempts=event.attempts + 1, next_attempt_at=now + AGAIN[event.attempts]
    )


def _finish(event: ProviderEvent, state: str) -> None:
    ProviderEvent.objects.filter(pk=event.pk, state=ProviderEvent.State.NEW).update(state=state)
