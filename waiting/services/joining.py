"""Getting into a line and out of it."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.locks import lock_customer
from accounts.models import User
from audit.services import Action, record
from branches.errors import InvalidSlot
from branches.locks import lock_dated_slot, lock_dated_slot_row
from branches.models import Holder, PlaceHold
from branches.selectors import line_until, reason_closed
from branches.services import hold_place, release_holds
from cart.sql import buyable_product
from core.constraints import refused_by
from core.errors import NotFound
from core.transactions import write_transaction
from waiting.errors import AlreadyAvailable, AlreadyWaiting, WaitingLimit
from waiting.locks import lock_entry
from waiting.models import OPEN, State, WaitingEntry

MOST_ENTRIES = 30


def wait_for_product(*, actor: User, product_id: int, now: dt.datetime) -> WaitingEntry:
    """Be told when a sold-out product can be delivered again.

    Raises NotFound (also for what is no longer sold), AlreadyAvailable, AlreadyWaiting, WaitingLimit.
    """
    offer = buyable_product(product_id=product_id)
    if not offer.is_sold:
        raise NotFound
    if offer.available >= offer.step:
        raise AlreadyAvailable
    with write_transaction():
        _check_room(actor)
        return _enter(actor, now, product_id=product_id)


def wait_for_window(*, actor: User, slot_id: int, date: dt.date, now: dt.datetime) -> WaitingEntry:
    """Stand in the line for a full window, of deliveries or of pickups: its places are offered in
    the order of the line.

    Raises NotFound, InvalidSlot (no window of ours then, or one that takes no more orders),
    AlreadyAvailable, AlreadyWaiting, WaitingLimit.
    """
    with write_transaction():
        _check_room(actor)
        dated = lock_dated_slot(slot_id=slot_id, date=date, now=now)
        reason, until = reason_closed(dated_slot=dated, now=now), line_until(dated_slot=dated)
        if not reason:
            raise AlreadyAvailable
        if reason != "FULL" or until <= now:
            raise InvalidSlot(
                _("That window takes no more orders, so there is nothing to wait for.")
            )
        entry = _enter(actor, now, dated_slot_id=dated.pk)
        hold_place(dated_slot=dated, holder=holder_of(entry), until=until)
    return entry


def leave(*, actor: User, entry_id: int, now: dt.datetime) -> None:
    """Wait no longer; what was offered goes to the next. Again it does no harm. Raises NotFound."""
    found = entry_of(actor=actor, entry_id=entry_id)
    with write_transaction():
        if found.dated_slot_id is not None:
            lock_dated_slot_row(dated_slot_id=found.dated_slot_id)
        entry = lock_entry(entry_id=entry_id)
        if entry is not None and entry.is_open:
            close(entry, State.CANCELED, now, actor=actor)


def entry_of(*, actor: User, entry_id: int) -> WaitingEntry:
    """One of the actor's own. Raises NotFound."""
    found = WaitingEntry.objects.filter(pk=entry_id, user=actor).first()
    if found is None:
        raise NotFound
    return found


def holder_of(entry: WaitingEntry) -> Holder:
    """As whom `branches` knows an entry for a window."""
    return Holder(PlaceHold.Kind.WAITING, entry.pk)


def close(
    entry: WaitingEntry, state: State, now: dt.datetime, *, actor: User | None = None
) -> None:
    """End a locked entry; its place in the line, or the one it was offered, is let go."""
    old = entry.state
    entry.state, entry.ended_at = state, now
    entry.save(update_fields=["state", "ended_at"])
    if entry.dated_slot_id is not None:
        release_holds(kind=PlaceHold.Kind.WAITING, references=[entry.pk])
    tell_trail(entry, old, actor=actor)


def tell_trail(entry: WaitingEntry, old: str, *, actor: User | None = None) -> None:
    """Say in the trail what became of an entry."""
    record(
        actor=actor,
        entity_type="waiting_entry",
        entity_id=entry.pk,
        action=Action.UPDATE,
        old={"state": old},
        new={"state": entry.state},
    )


def _check_room(actor: User) -> None:
    lock_customer(user_id=actor.pk)
    if WaitingEntry.objects.filter(user=actor, state__in=OPEN).count() >= MOST_ENTRIES:
        raise WaitingLimit(limit=MOST_ENTRIES)


def _enter(actor: User, now: dt.datetime, **what: int) -> WaitingEntry:
    once = {"waiting_product_once": AlreadyWaiting, "waiting_window_once": AlreadyWaiting}
    with refused_by(once):
        entry = WaitingEntry.objects.create(user=actor, created_at=now, **what)
    record(
        actor=actor,
        entity_type="waiting_entry",
        entity_id=entry.pk,
        action=Action.CREATE,
        new={**what, "state": entry.state},
    )
    return entry
