"""Telling a customer what confirming would agree on. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from accounts.models import User
from cart.errors import EmptyCart
from cart.models import Cart
from checkout import quoting
from checkout.errors import BasketShort, CartAlreadyOrdered
from checkout.quoting import Preview
from checkout.requests import CheckoutRequest
from inventory.selectors import availability
from mami.errors import NotFound
from orders import pricing
from orders.selectors import number_of_cart


def preview(
    *, actor: User, request: CheckoutRequest, now: dt.datetime, require_address: bool = True
) -> Preview:
    """The quote of the actor's basket. Nothing is changed and nothing is kept.

    `require_address=False` is for a page that shows the sum before it asks where to. Raises
    InvalidInput, NotFound (branch, slot, address, basket), EmptyCart, ProductInactive,
    AddressRequired, InvalidSlot, SlotFull, SlotClosed, BasketShort (with the quote), CartAlreadyOrdered.
    """
    request.check()
    cart = active_cart(actor, request)
    basket = quoting.basket(cart_id=cart.pk, now=now)
    branch = quoting.resolve_branch(request=request)
    address = {}
    if request.is_delivery and (require_address or request.address or request.address_id):
        address = quoting.resolve_address(actor=actor, request=request)
    slot = quoting.choose_slot(request=request, branch=branch, cart_id=cart.pk, now=now)
    free = availability(branch_id=branch.pk, product_ids=[line.product_id for line in basket.lines])
    lines = [replace(line, available=free[line.product_id]) for line in basket.lines]
    found = Preview(
        branch=branch,
        fulfillment_type=request.fulfillment_type,
        lines=lines,
        totals=pricing.quote(
            lines=[line.price for line in lines],
            fulfillment_type=request.fulfillment_type,
            slot_fee=slot.fee if slot else None,
            fee_vat_rate=basket.fee_vat_rate,
        ),
        slot=slot,
        address=address,
    )
    if found.short_lines:
        raise short(found)
    return found


def short(found: Preview) -> BasketShort:
    """The refusal of a basket that the branch cannot fill."""
    details = {
        "missing_items": quoting.missing_items(found.lines),
        "preview": quoting.preview_body(found),
    }
    return BasketShort(found, details)


def active_cart(actor: User, request: CheckoutRequest) -> Cart:
    """The actor's active basket, which must be `request.cart_id` where that is given.

    Raises EmptyCart where there is none, CartAlreadyOrdered, NotFound (foreign, unknown).
    """
    cart = Cart.objects.active().owned_by(actor).order_by("pk").first()
    check_asked_cart(actor, request, cart)
    if cart is None:
        raise EmptyCart
    return cart


def check_asked_cart(actor: User, request: CheckoutRequest, active: Cart | None) -> None:
    """Raises CartAlreadyOrdered or NotFound when the request names another basket than the active."""
    if request.cart_id is None or (active is not None and request.cart_id == active.pk):
        return
    if not Cart.objects.filter(pk=request.cart_id, user=actor).exists():
        raise NotFound(field="cart_id")
    number = number_of_cart(cart_id=request.cart_id)
    if not number:
        raise NotFound(field="cart_id")
    raise CartAlreadyOrdered(order_number=number)
