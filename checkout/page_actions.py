"""The small steps of the checkout page around the order itself."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import User
from accounts.services import consent_to_documents
from branches.errors import InvalidSlot
from cart import services as cart
from cart.forms import SlotForm
from cart.selectors import CartView
from checkout.forms import CheckoutForm
from core import capabilities
from core.days import read_day
from core.errors import DomainError, InvalidInput
from waiting import services as waiting

FIX = re.compile(r"(take|drop)-([0-9]{1,18})(?:-([0-9]{1,3}(?:\.[0-9]{1,3})?))?")


def fix(*, actor: User, what: str) -> CartView:
    """`take-12-1.5` sets product 12 to 1.5, `drop-12` takes it out.

    Raises NotFound and the basket's refusals; InvalidInput for anything else.
    """
    match = FIX.fullmatch(what)
    if match is None:
        raise InvalidInput(fields={})
    kind, product_id, amount = match.groups()
    quantity = Decimal(amount or 0) if kind == "take" else Decimal(0)
    return cart.set_quantity(actor=actor, product_id=int(product_id), quantity=quantity)


def keep_documents_answer(*, actor: User, form: CheckoutForm, now: dt.datetime) -> None:
    """Keep whether papers may come by e-mail, where the page asked for it: once in a life."""
    answer = form.documents_answer()
    if answer is not None and actor.documents_consent is None:
        consent_to_documents(actor=actor, given=answer, now=now)


def keep_window(*, actor: User, form: CheckoutForm, now: dt.datetime) -> DomainError | None:
    """Keep the chosen delivery window for an hour; returns the refusal where that failed."""
    form.is_valid()  # what is not chosen yet is no mistake here
    slot = form.cleaned_data.get("slot")
    if not slot or form.cleaned_data.get("where") == "pickup":
        return None
    try:
        cart.hold_slot(actor=actor, slot_id=slot[0], date=slot[1], now=now)
    except InvalidSlot:
        return None  # chosen for another place: the page shows that none is chosen now
    except DomainError as refusal:
        return refusal
    return None


def wait_for_window(*, actor: User, what: str, now: dt.datetime) -> str:
    """“Tell me” at a full window, written `12@2026-11-24`: what is said to it; "" for nothing asked, or
    where nobody new may wait."""
    asked = SlotForm({"slot": what})
    if not what or not asked.is_valid() or not capabilities.is_on("waiting_list"):
        return ""
    slot_id, date = asked.cleaned_data["slot"]
    try:
        waiting.wait_for_window(actor=actor, slot_id=slot_id, date=date, now=now)
    except DomainError as refusal:
        return str(refusal.message)
    return _("You are in the line. We tell you when a place comes free.")


def keep_address(*, actor: User, form: CheckoutForm) -> None:
    """Add a new address to the customer's, when asked; the order stands without it."""
    if form.cleaned_data["where"] != "new" or not form.cleaned_data["save_address"]:
        return
    # Fifty addresses are enough, and the order has its own copy.
    with contextlib.suppress(DomainError):
        accounts.add_address(actor=actor, data=form.new_address())


def day_of(text: str | None) -> dt.date | None:
    """A day chip's date; None for none or nonsense."""
    try:
        return read_day(text or "")
    except ValueError:
        return None
