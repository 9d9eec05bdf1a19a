"""Putting things in the basket and taking them out. Every change holds the basket's row lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.services import Action, record
from cart.errors import InvalidQuantity, OutOfStockAnywhere, ProductInactive
from cart.locks import lock_active_cart, open_and_lock_cart, open_and_touch_cart
from cart.models import NOTE_LENGTH, Cart, CartItem, Substitution
from cart.owner import Owner, person
from cart.quantities import MAX_QUANTITY, is_allowed
from cart.selectors import CartView, is_sold, view_of
from cart.services.not_added import NotAdded
from cart.sql import BuyableProduct, add_line, buyable_product
from catalog.models import Product
from core import clock
from core.errors import InvalidInput, NotFound
from core.text import tidy, validate_text
from core.transactions import write_transaction

ZERO = Decimal(0)


def open_cart(*, actor: Owner, now: dt.datetime | None = None) -> CartView:
    """The owner's active basket, made if there is none. Parallel first calls see the same one."""
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
    return view_of(cart=cart, now=now or clock.now())


def add_item(
    *,
    actor: Owner,
    product_id: int,
    quantity: Decimal | None,
    fit: bool = False,
    substitution: str | None = None,
    note: str | None = None,
    now: dt.datetime | None = None,
) -> CartView:
    """Add `quantity` (units or kg; None is one step) of a product to what is in the basket of it.

    With `fit`, an amount above what deliveries can promise is lowered to that and told in
    `put_instead`. `substitution` says what to do when it runs out, `note` is a word for the picker
    ("" removes it); None leaves them as they are. Raises NotFound, ProductInactive, OutOfStockAnywhere, InvalidQuantity, InvalidInput.
    """
    _check_substitution(substitution)
    note = valid_note(note)
    offer = buyable_product(product_id=product_id)
    if not offer.is_sold:
        raise ProductInactive(product_ids=[product_id])
    more = offer.step if quantity is None else quantity
    _check_quantity(offer.step, more)
    if not offer.is_anywhere:
        raise OutOfStockAnywhere(product_ids=[product_id])
    with write_transaction():
        cart = open_and_touch_cart(owner=actor)
        old, put = add_line(
            cart=cart, offer=offer, more=more, most=_possible(offer) if fit else MAX_QUANTITY
        )
        if old != put:
            _audit(actor, cart, product_id, old=old, new=put)
        _choose(actor, cart, substitution, product_id=product_id)
        _note(actor, cart, note, product_id=product_id)
    return _after(cart, now, put_instead=put if put < old + more else None)


def add_many(
    *,
    actor: Owner,
    quantities: Mapping[int, Decimal],
    notes: Mapping[int, str] | None = None,
    larger: bool = False,
    now: dt.datetime | None = None,
) -> tuple[CartView, list[NotAdded]]:
    """Add several products at once, as an order is repeated: as much of each as is sold so.

    `notes` are given to lines that have none of their own. With `larger`, a line becomes the
    larger of what it is and what is asked for, not their sum.
    Returns the basket, and everything of which less was added than asked for.
    """
    found = Product.objects.filter(pk__in=quantities).active()
    products = {product.pk: product for product in found}
    stocked = set(found.in_stock().values_list("pk", flat=True))
    less = []
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        items = {item.product_id: item for item in CartItem.objects.filter(cart=cart)}
        for product_id, asked in quantities.items():
            product, item = products.get(product_id), items.get(product_id)
            before = amount = item.quantity if item else ZERO
            asked = max(asked - before, ZERO) if larger else asked
            reason = "INACTIVE"
            if product is not None and product_id in stocked:
                fits = _down_to_step(product.quantity_step, min(before + asked, MAX_QUANTITY))
                amount = max(before, fits)
                reason = "LIMIT" if before + asked > MAX_QUANTITY else "STEP"
                if amount > before:
                    _put(actor=actor, cart=cart, item=item, product=product, quantity=amount)
                    _note_first(cart, product_id, (notes or {}).get(product_id, ""))
            elif product is not None:
                reason = "SOLD_OUT"
            if (added := amount - before) < asked:
                less.append(
                    NotAdded(product_id=product_id, requested=asked, added=added, reason=reason)
                )
    return _after(cart, now), less


def set_quantity(
    *,
    actor: Owner,
    quantity: Decimal | None = None,
    item_id: int | None = None,
    product_id: int | None = None,
    fit: bool = False,
    substitution: str | None = None,
    note: str | None = None,
    now: dt.datetime | None = None,
) -> CartView:
    """Set how much of a product is in the basket, named by its line or by itself; 0 removes it.

    By product, a line that is not there is made. `substitution` says what to do when it runs out,
    `note` is a word for the picker ("" removes it); what is None stays as it is. With `fit`, an
    amount that is not sold becomes the nearest lower one that is, and one above what deliveries
    can promise that much: `put_instead` tells. Raises NotFound (line, product), InvalidQuantity,
    InvalidInput (also when nothing is given), and for more of it ProductInactive.
    """
    _check_substitution(substitution)
    note = valid_note(note)
    if quantity is None and substitution is None and note is None:
        raise InvalidInput(fields={"quantity": [_("Say an amount, a choice or a note.")]})
    if quantity == 0:
        return remove_item(actor=actor, item_id=item_id, product_id=product_id, now=now)
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        item = _line(cart, item_id=item_id, product_id=product_id)
        if item is None and item_id is not None:
            raise NotFound
        if item is None and quantity is None:
            raise NotFound
        product = item.product if item else _product(product_id)
        wanted = put = item.quantity if quantity is None and item else quantity or ZERO
        if quantity is not None:
            wanted = _sold_amount(product, quantity) if fit else quantity
            _check_quantity(product.quantity_step, wanted)
            if not is_sold(product) and (item is None or wanted > item.quantity):
                raise ProductInactive(product_ids=[product.pk])
            put = _fitting(product, wanted) if fit else wanted
            _put(actor=actor, cart=cart, item=item, product=product, quantity=put)
        _choose(actor, cart, substitution, product_id=product.pk)
        _note(actor, cart, note, product_id=product.pk)
        if quantity is None:
            _touch(cart)
    return _after(
        cart,
        now,
        put_instead=put if put < wanted else None,
        put_in_steps=wanted if quantity not in (None, wanted) else None,
    )


def remove_item(
    *,
    actor: Owner,
    item_id: int | None = None,
    product_id: int | None = None,
    now: dt.datetime | None = None,
) -> CartView:
    """Take a product out. Raises NotFound for an unknown line; by product that is no mistake."""
    with write_transaction():
        cart = lock_active_cart(user=actor)
        item = _line(cart, item_id=item_id, product_id=product_id) if cart else None
        if item is None and item_id is not None:
            raise NotFound
        if cart is not None and item is not None:
            _audit(actor, cart, item.product_id, old=item.quantity, new=ZERO)
            item.delete()
            _touch(cart)
    return _after(cart, now) if cart else CartView()


def clear(*, actor: Owner, now: dt.datetime | None = None) -> CartView:
    """Take everything out; the kept window stays. An empty basket is left as it is."""
    with write_transaction():
        cart = lock_active_cart(user=actor)
        if cart is not None:
            removed = CartItem.objects.filter(cart=cart).delete()[0]
            if removed:
                _record(actor, cart, old={"lines": removed}, new={"lines": 0})
                _touch(cart)
    return _after(cart, now) if cart else CartView()


def set_substitution(
    *,
    actor: Owner,
    substitution: str,
    product_id: int | None = None,
    now: dt.datetime | None = None,
) -> CartView:
    """Say what to do when a product runs out; without one, for every line, later ones included.

    Raises NotFound, InvalidInput.
    """
    _check_substitution(substitution)
    with write_transaction():
        cart = lock_active_cart(user=actor)
        if cart is None or (product_id is not None and not _line(cart, product_id=product_id)):
            raise NotFound
        _choose(actor, cart, substitution, product_id=product_id)
        _touch(cart)
    return _after(cart, now)


def _check_substitution(substitution: str | None) -> None:
    if substitution is not None and substitution not in Substitution.values:
        raise InvalidInput(fields={"substitution": [_("Choose one of the offered ways.")]})


def _choose(actor: Owner, cart: Cart, substitution: str | None, *, product_id: int | None) -> None:
    """Write the choice for one line, or for the basket and all its lines."""
    if substitution is None:
        return
    lines = CartItem.objects.filter(cart=cart).exclude(substitution=substitution)
    if product_id is not None:
        lines = lines.filter(product_id=product_id)
        old = lines.values_list("substitution", flat=True).first() or substitution
    else:
        old, cart.substitution = cart.substitution, substitution
        cart.save(update_fields=["substitution"])
    if lines.update(substitution=substitution) or old != substitution:
        which = {} if product_id is None else {"product_id": product_id}
        _record(
            actor,
            cart,
            old={**which, "substitution": old},
            new={**which, "substitution": substitution},
        )


def valid_note(note: str | None) -> str | None:
    """As it is kept: one line of at most 200 characters that a picker can read."""
    if note is None:
        return None
    tidied = tidy(note)
    try:
        validate_text(tidied)
    except ValidationError as error:
        raise InvalidInput(fields={"note": error.messages}) from error
    if "\n" in tidied:
        raise InvalidInput(fields={"note": [_("A note is one line.")]})
    if len(tidied) > NOTE_LENGTH:
        said = _("A note has at most %(n)s characters.") % {"n": NOTE_LENGTH}
        raise InvalidInput(fields={"note": [said]})
    return tidied


def _note(actor: Owner, cart: Cart, note: str | None, *, product_id: int) -> None:
    """Write a word for the picker on a line; the trail says that, not what."""
    if note is None:
        return
    lines = CartItem.objects.filter(cart=cart, product_id=product_id).exclude(note=note)
    if lines.update(note=note):
        which = {"product_id": product_id}
        _record(actor, cart, old=which, new={**which, "has_note": bool(note)})


def _note_first(cart: Cart, product_id: int, note: str) -> None:
    if note:
        CartItem.objects.filter(cart=cart, product_id=product_id, note="").update(note=note)


def _product(product_id: int | None) -> Product:
    products = Product.objects.select_related("category")
    product = products.filter(pk=product_id).first() if product_id is not None else None
    if product is None:
        raise NotFound
    return product


def _check_quantity(step: Decimal, quantity: Decimal) -> None:
    if not is_allowed(quantity, step=step):
        raise InvalidQuantity(step=step)


def _fitting(product: Product, wanted: Decimal) -> Decimal:
    """`wanted`, or the most of it that deliveries can promise right now.

    Sold out for delivery altogether, it stays as wanted: a branch may have it for pick-up, and
    the basket says that it cannot be delivered.
    """
    return min(wanted, _possible(buyable_product(product_id=product.pk)))


def _sold_amount(product: Product, wanted: Decimal) -> Decimal:
    """`wanted`, or the nearest lower amount that is sold; below one step it stays, to be refused."""
    return _down_to_step(product.quantity_step, wanted) or wanted


def _possible(offer: BuyableProduct) -> Decimal:
    possible = _down_to_step(offer.step, offer.available)
    return possible if possible > 0 else MAX_QUANTITY


def _down_to_step(step: Decimal, amount: Decimal) -> Decimal:
    return (amount / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step


def _line(
    cart: Cart, *, item_id: int | None = None, product_id: int | None = None
) -> CartItem | None:
    lines = CartItem.objects.filter(cart=cart).select_related("product__category")
    if item_id is not None:
        return lines.filter(pk=item_id).first()
    return lines.filter(product_id=product_id).first() if product_id is not None else None


def _put(
    *, actor: Owner, cart: Cart, item: CartItem | None, product: Product, quantity: Decimal
) -> None:
    old = item.quantity if item else ZERO
    if item is None:
        CartItem.objects.create(
            cart=cart,
            product=product,
            quantity=quantity,
            price_when_added=product.price,
            substitution=cart.substitution,
        )
    elif item.quantity != quantity:
        item.quantity = quantity
        item.save(update_fields=["quantity"])
    if old != quantity:
        _audit(actor, cart, product.pk, old=old, new=quantity)
    _touch(cart)


def _touch(cart: Cart) -> None:
    """Remember that somebody uses the basket."""
    cart.save(update_fields=["updated_at"])


def _after(cart: Cart, now: dt.datetime | None, **put: Decimal | None) -> CartView:
    return view_of(cart=cart, now=now or clock.now(), **put)


def _audit(actor: Owner, cart: Cart, product_id: int, *, old: Decimal, new: Decimal) -> None:
    _record(
        actor,
        cart,
        old={"product_id": product_id, "quantity": old},
        new={"product_id": product_id, "quantity": new},
    )


def _record(actor: Owner, cart: Cart, *, old: dict[str, Any], new: dict[str, Any]) -> None:
    record(
        actor=person(actor),
        entity_type="cart",
        entity_id=cart.pk,
        action=Action.UPDATE,
        old=old,
        new=new,
    )
