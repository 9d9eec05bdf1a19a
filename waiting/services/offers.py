"""Offering places of full windows to those who wait for them, one after the other."""

from __future__ import annotations

import datetime as dt

import structlog

from branches.locks import lock_dated_slot_row
from branches.models import DatedSlot
from branches.selectors import SHUT_REASONS, line_until, reason_closed
from branches.services import free_for_line, hold_place, keep_line_until
from branches.windows import OFFER
from core.errors import DomainError
from core.transactions import write_transaction
from notifications.services import queue
from waiting.locks import lock_line_of_window
from waiting.models import OPEN, State, WaitingEntry
from waiting.night import is_night
from waiting.services.joining import close, holder_of, tell_trail

log = structlog.get_logger(__name__)


def offer_all(*, now: dt.datetime) -> int:
    """Look at every window somebody waits for; how many offers were made."""
    keys = WaitingEntry.objects.filter(state__in=OPEN, dated_slot__isnull=False)
    made = 0
    for key in sorted(set(keys.values_list("dated_slot_id", flat=True))):
        try:
            made += offer_places(dated_slot_id=key or 0, now=now)
        except DomainError as refusal:  # the others shall have their places all the same
            log.warning("places_not_offered", dated_slot_id=key, code=refusal.code)
    return made


def offer_places(*, dated_slot_id: int, now: dt.datetime) -> int:
    """End offers that nobody took, and offer what is free to the next in line; how many.

    Nobody is woken at night: the places wait with the line. From half an hour before orders end
    there are no offers; who still waits then waits no longer. Raises NotFound, Busy.
    """
    with write_transaction():
        dated = lock_dated_slot_row(dated_slot_id=dated_slot_id)
        line = lock_line_of_window(dated_slot_id=dated_slot_id)
        for entry in line:
            if entry.state == State.OFFERED and (entry.offer_until or now) <= now:
                close(entry, State.PASSED, now)
        waiting = [entry for entry in line if entry.state == State.WAITING]
        until = line_until(dated_slot=dated)
        if now >= until or not (dated.slot.is_active and dated.slot.branch.is_active):
            for entry in waiting:
                close(entry, State.ENDED, now)
            return 0
        keep_line_until(dated_slot=dated, references=[one.pk for one in waiting], until=until)
        shut = reason_closed(dated_slot=dated, now=now) in SHUT_REASONS
        if shut or is_night(now) or not waiting:
            return 0
        offered = sum(entry.state == State.OFFERED for entry in line)
        free = max(0, free_for_line(dated_slot=dated, now=now) - offered)
        for entry in waiting[:free]:
            _offer(dated, entry, now)
        return len(waiting[:free])


def _offer(dated: DatedSlot, entry: WaitingEntry, now: dt.datetime) -> None:
    entry.state, entry.offered_at, entry.offer_until = State.OFFERED, now, now + OFFER
    entry.save(update_fields=["state", "offered_at", "offer_until"])
    hold_place(dated_slot=dated, holder=holder_of(entry), until=entry.offer_until)
    tell_trail(entry, State.WAITING)
    tell(entry)


def tell(entry: WaitingEntry) -> None:
    """Owe the message of an offer, in its transaction."""
    assert entry.offered_at is not None  # noqa: S101 - offered just now
    queue(
        user_id=entry.user_id,
        kind="waiting_offer",
        context={"entry_id": entry.pk},
        dedupe_key=f"waiting-{entry.pk}-{int(entry.offered_at.timestamp())}",
    )
