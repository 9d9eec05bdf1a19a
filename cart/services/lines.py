"""Putting things in the basket and taking them out. Every change holds the basket's row lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.translation import gettext as _

from audit.services import Action, record
from cart.additions import Offer, add_line, offer_of
from cart.errors import InvalidQuantity, OutOfStockAnywhere, ProductInactive
from cart.locks import lock_active_cart, open_and_lock_cart, open_and_touch_cart
from cart.models import Cart, CartItem, Substitution
from cart.owner import Owner, person
from cart.selectors import CartView, is_sold, view_of
from catalog.models import Product
from mami import clock
from mami.errors import InvalidInput, NotFound
from mami.transactions import write_transaction

MOST = Decimal(999)
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
    now: dt.datetime | None = None,
) -> CartView:
    """Add `quantity` (units or kg; None is one step) of a product to what is in the basket of it.

    With `fit`, an amount above what deliveries can promise is lowered to that and told in
    `put_instead`. `substitution` says what to do when it runs out; None leaves that as it is.
    Raises NotFound, ProductInactive, OutOfStockAnywhere, InvalidQuantity, InvalidInput.
    """
    _check_substitution(substitution)
    offer = offer_of(product_id=product_id)
    if not offer.is_sold:
        raise ProductInactive(product_ids=[product_id])
    more = offer.step if quantity is None else quantity
    _check_quantity(offer.step, more)
    if not offer.is_anywhere:
        raise OutOfStockAnywhere(product_ids=[product_id])
    with write_transaction():
        cart = open_and_touch_cart(owner=actor)
        old, put = add_line(
            cart=cart, offer=offer, more=more, most=_possible(offer) if fit else MOST
        )
        if old != put:
            _audit(actor, cart, product_id, old=old, new=put)
        _choose(actor, cart, substitution, product_id=product_id)
    return _after(cart, now, put_instead=put if put < old + more else None)


def add_many(
    *, actor: Owner, quantities: Mapping[int, Decimal], now: dt.datetime | None = None
) -> tuple[CartView, list[int]]:
    """Add several products at once, as an order is repeated; what cannot be added is skipped.

    Returns the basket and the ids of the products that were left out: unknown, no longer sold or
    sold out everywhere. Amounts end at 999.
    """
    products = {
        product.pk: product
        for product in Product.objects.filter(pk__in=quantities).active().in_stock()
    }
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        items = {item.product_id: item for item in CartItem.objects.filter(cart=cart)}
        for product_id, quantity in quantities.items():
            product, item = products.get(product_id), items.get(product_id)
            if product is None:
                continue
            wanted = quantity + (item.quantity if item else ZERO)
            amount = _down_to_step(product.quantity_step, min(wanted, MOST))
            if amount > 0:
                _put(actor=actor, cart=cart, item=item, product=product, quantity=amount)
    return _after(cart, now), [pk for pk in quantities if pk not in products]


def set_quantity(
    *,
    actor: Owner,
    quantity: Decimal,
    item_id: int | None = None,
    product_id: int | None = None,
    fit: bool = False,
    substitution: str | None = None,
    now: dt.datetime | None = None,
) -> CartView:
    """Set how much of a product is in the basket, named by its line or by itself; 0 removes it.

    By product, a line that is not there is made. `substitution` says what to do when it runs out;
    None leaves that as it is. Raises NotFound (line, product), InvalidQuantity, InvalidInput, and
    for more of it ProductInactive.
    """
    _check_substitution(substitution)
    if quantity == 0:
        return remove_item(actor=actor, item_id=item_id, product_id=product_id, now=now)
    with write_transaction():
        cart = open_and_lock_cart(owner=actor)
        item = _line(cart, item_id=item_id, product_id=product_id)
        if item is None and item_id is not None:
            raise NotFound
        product = item.product if item else _product(product_id)
        _check_quantity(product.quantity_step, quantity)
        if not is_sold(product) and (item is None or quantity > item.quantity):
            raise ProductInactive(product_ids=[product.pk])
        put = _fitting(product, quantity) if fit else quantity
        _put(actor=actor, cart=cart, item=item, product=product, quantity=put)
        _choose(actor, cart, substitution, product_id=product.pk)
    return _after(cart, now, put_instead=put if put < quantity else None)


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


def _product(product_id: int | None) -> Product:
    products = Product.objects.select_related("category")
    product = products.filter(pk=product_id).first() if product_id is not None else None
    if product is None:
        raise NotFound
    return product


def _check_quantity(step: Decimal, quantity: Decimal) -> None:
    if not quantity.is_finite() or not step <= quantity <= MOST or quantity % step:
        raise InvalidQuantity(step=step)


def _fitting(product: Product, wanted: Decimal) -> Decimal:
    """`wanted`, or the most of it that deliveries can promise right now.

    Sold out for delivery altogether, it stays as wanted: a branch may have it for pick-up, and
    the basket says that it cannot be delivered.
    """
    return min(wanted, _possible(offer_of(product_id=product.pk)))


def _possible(offer: Offer) -> Decimal:
    possible = _down_to_step(offer.step, offer.available)
    return possible if possible > 0 else MOST


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


def _after(cart: Cart, now: dt.datetime | None, *, put_instead: Decimal | None = None) -> CartView:
    return view_of(cart=cart, now=now or clock.now(), put_instead=put_instead)


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
