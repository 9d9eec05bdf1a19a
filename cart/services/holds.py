"""Keeping a delivery window for a basket while it is being filled."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from branches.areas import delivers
from branches.errors import InvalidSlot
from branches.locks import lock_dated_slot
from branches.models import PlaceHold
from branches.services import check_open, hold_place, release_holds
from cart.locks import lock_active_cart, open_and_lock_cart
from cart.owner import Owner
from cart.selectors import CartView, place_holder, view_of
from core.transactions import write_transaction


def hold_slot(*, actor: Owner, slot_id: int, date: dt.date, now: dt.datetime) -> CartView:
    """Keep the window for SLOT_HOLD_MINUTES; a window kept before is let go.

    The place counts against the window's capacity until the hold ends, by itself, by an order or
    by another choice. Raises NotFound, InvalidSlot, SlotFull, SlotClosed; the old hold then stays.
    """
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        dated = lock_dated_slot(slot_id=slot_id, date=date, now=now)
        if not delivers(branch=dated.slot.branch):
            raise InvalidSlot
        holder = place_holder(cart_id=cart.pk)
        check_open(dated_slot=dated, now=now, but_for=holder)
        until = now + dt.timedelta(minutes=settings.SLOT_HOLD_MINUTES)
        hold_place(dated_slot=dated, holder=holder, until=until)
        cart.hold_slot_id, cart.hold_until = dated.pk, until
        cart.save(update_fields=["updated_at"])
    return view_of(cart=cart, now=now)


def release_hold(*, actor: Owner, now: dt.datetime) -> CartView:
    """Let the kept window go; without one nothing changes."""
    with write_transaction():
        cart = lock_active_cart(user=actor)
        if cart is not None and release_holds(kind=PlaceHold.Kind.CART, references=[cart.pk]):
            cart.hold_slot_id, cart.hold_until = None, None
            cart.save(update_fields=["updated_at"])
    return view_of(cart=cart, now=now) if cart else CartView()
