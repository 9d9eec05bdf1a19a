"""Ordering for a customer who rings: the same steps as their own order, with staff as the actor.

The customer's own basket is not touched. They are never asked for a card number: a saved card with
their consent, or a link by which they pay by themselves.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import User
from accounts.selectors import person
from cart.services import fill_apart
from checkout.quotes import Preview
from checkout.requests import PhoneRequest
from checkout.services.confirm import ConfirmResult, confirm
from checkout.services.preview import quote_cart
from core.errors import PermissionRefused
from core.transactions import write_transaction
from orders.errors import OwnOrder
from payments.services import check_token


def order_by_phone(
    *, actor: User, key: str, request: PhoneRequest, request_id: str, now: dt.datetime
) -> ConfirmResult:
    """Order for a customer: one order for one key of the actor.

    With a saved card it is held as always; without, the order is UNPAID and its customer gets a
    link. Raises PermissionRefused (no manager), OwnOrder, NotFound, and what `confirm` raises.
    """
    customer = _customer(actor, request)
    return confirm(
        actor=customer,
        key=key,
        request=request,
        request_id=request_id,
        now=now,
        placed_by=actor,
    )


def preview_by_phone(*, actor: User, request: PhoneRequest, now: dt.datetime) -> Preview:
    """What `order_by_phone` would agree on; nothing is kept. Raises what it raises but for money."""
    customer = _customer(actor, request)
    request.check()
    with write_transaction():
        cart = fill_apart(user=customer, wanted=request.wanted, notes=request.line_notes)
        found = quote_cart(actor=customer, request=request, cart=cart, now=now)
        transaction.set_rollback(True)
    return found


def _customer(actor: User, request: PhoneRequest) -> User:
    if not actor.is_manager:
        raise PermissionRefused
    if request.customer_id == actor.pk:
        raise OwnOrder
    if request.payment is not None:
        check_token(request.payment)  # says CARD_NUMBER_REFUSED before anything else
    return person(user_id=request.customer_id)
