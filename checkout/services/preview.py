"""Telling a customer what confirming would agree on. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from accounts.models import User
from branches.models import Branch
from branches.selectors import SlotChoice, pickup_until
from cart.errors import EmptyCart
from cart.models import Cart
from checkout import destinations, quotes
from checkout.errors import CartAlreadyOrdered, CartShort
from checkout.quote_bodies import missing_items, preview_body
from checkout.quotes import Preview
from checkout.requests import CheckoutRequest
from core.clock import shop_date
from core.errors import NotFound
from inventory.selectors import availability
from orders import pricing
from orders.selectors import number_of_cart


def preview(
    *, actor: User, request: CheckoutRequest, now: dt.datetime, require_address: bool = True
) -> Preview:
    """The quote of the actor's basket. Nothing is changed and nothing is kept.

    `require_address=False` is for a page that shows the sum before it asks where to. Raises
    InvalidInput, NotFound (branch, slot, address, basket), EmptyCart, ProductInactive,
    QuantityNotAllowed, BranchClosed, AddressRequired, AreaNotServed, InvalidSlot, SameDayNotServed,
    SlotFull, SlotClosed, BelowMinimum (with the quote), OrderTooLarge, BasketShort (with the quote), CartAlreadyOrdered.
    """
    request.check()
    return quote_cart(
        actor=actor,
        request=request,
        cart=active_cart(actor, request),
        now=now,
        require_address=require_address,
    )


def quote_cart(
    *,
    actor: User,
    request: CheckoutRequest,
    cart: Cart,
    now: dt.datetime,
    require_address: bool = True,
) -> Preview:
    """`preview` of a basket that is at hand, with its refusals."""
    day = quotes.day_of_supply(request=request, now=now)
    basket = quotes.basket(cart_id=cart.pk, day=day)
    goal = destinations.NOWHERE
    if request.is_delivery and (require_address or request.address or request.address_id):
        goal = destinations.resolve_goal(actor=actor, request=request)
    branch = destinations.resolve_branch(request=request, destination=goal.destination)
    slot = quotes.choose_slot(
        request=request, branch=branch, cart_id=cart.pk, now=now, destination=goal.destination
    )
    ready_until = _ready_until(request, branch, now)
    if slot is not None:
        quotes.check_passover(basket, begin=slot.starts_at, end=slot.ends_at, branch=branch)
    elif ready_until is not None:
        quotes.check_passover(basket, begin=ready_until, branch=branch)
    basket = quotes.rated(basket, day=_supplied(slot, ready_until, now), was=day)
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
            charges=basket.charges,
            area=goal.area,
        ),
        slot=slot,
        address=goal.address,
        area=goal.area,
        cart_version=basket.version,
        ready_until=ready_until,
    )
    quotes.check_minimum(found, told=preview_body)
    pricing.check_size(found.totals.total)
    if found.short_lines:
        raise short(found)
    return found


def _ready_until(request: CheckoutRequest, branch: Branch, now: dt.datetime) -> dt.datetime | None:
    """Until when a pickup without a window can be collected. Raises BranchClosed."""
    if request.is_delivery or request.delivery_slot_id is not None:
        return None
    return pickup_until(branch=branch, now=now)


def _supplied(
    slot: SlotChoice | None, ready_until: dt.datetime | None, now: dt.datetime
) -> dt.date:
    """The day whose VAT law counts: of the window, or of the branch's closing for a pickup without."""
    return slot.date if slot is not None else shop_date(ready_until or now)


def short(found: Preview) -> CartShort:
    """The refusal of a basket that the branch cannot fill."""
    details = {
        "missing_items": missing_items(found.lines),
        "preview": preview_body(found),
    }
    return CartShort(found, details)


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
