"""Taking what is offered: the place into the basket, or one step of the product."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from accounts.models import User
from branches.errors import InvalidSlot, SlotClosed
from branches.locks import lock_dated_slot_row
from branches.selectors import reason_closed
from branches.services import hold_place
from cart.locks import open_and_lock_cart
from cart.models import Cart
from cart.selectors import CartView, place_holder, view_of
from cart.services import add_item
from cart.sql import buyable_product
from core.transactions import write_transaction
from waiting.errors import OfferOver
from waiting.locks import lock_entry
from waiting.models import State, WaitingEntry
from waiting.services.joining import close, entry_of, holder_of


def accept(*, actor: User, entry_id: int, now: dt.datetime) -> CartView:
    """Keep the offered place for the actor's basket, or put one step of the product in it.

    A second time, while the basket still has it, does no harm. Raises NotFound, OfferOver,
    SlotClosed, InvalidSlot.
    """
    found = entry_of(actor=actor, entry_id=entry_id)
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        if found.dated_slot_id is not None:
            _take_place(actor, cart, found, now)
        else:
            _take_product(actor, cart, found, now)
    return view_of(cart=cart, now=now)


def _take_place(actor: User, cart: Cart, found: WaitingEntry, now: dt.datetime) -> None:
    dated = lock_dated_slot_row(dated_slot_id=found.dated_slot_id or 0)
    entry = lock_entry(entry_id=found.pk)
    keeps = cart.hold_until is not None and cart.hold_until > now
    keeps = keeps and cart.hold_slot_id == dated.pk
    if entry is not None and entry.state == State.TAKEN and keeps:
        return
    if entry is None or entry.state != State.OFFERED or (entry.offer_until or now) <= now:
        raise OfferOver
    # It is kept for this entry: that the window is full, or has a line, is nothing to it.
    reason = reason_closed(dated_slot=dated, now=now, but_for=holder_of(entry))
    if reason not in ("", "FULL"):
        raise InvalidSlot if reason == "NOT_OFFERED" else SlotClosed
    close(entry, State.TAKEN, now, actor=actor)
    until = now + dt.timedelta(minutes=settings.SLOT_HOLD_MINUTES)
    hold_place(dated_slot=dated, holder=place_holder(cart_id=cart.pk), until=until)
    cart.hold_slot_id, cart.hold_until = dated.pk, until
    cart.save(update_fields=["updated_at"])


def _take_product(actor: User, cart: Cart, found: WaitingEntry, now: dt.datetime) -> None:
    product_id = found.product_id or 0
    entry = lock_entry(entry_id=found.pk)
    has_it = cart.items.filter(product_id=product_id).exists()
    if entry is not None and entry.state == State.TAKEN and has_it:
        return
    if entry is None or entry.state != State.OFFERED:
        raise OfferOver
    offer = buyable_product(product_id=product_id)
    if not offer.is_sold or offer.available < offer.step:
        raise OfferOver
    add_item(actor=actor, product_id=product_id, quantity=None, fit=True, now=now)
    close(entry, State.TAKEN, now, actor=actor)
