"""Putting products on a list and taking them off. What people keep there is theirs: no trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from accounts.models import User
from cart import services as cart
from cart.errors import InvalidQuantity, ProductInactive
from cart.quantities import is_allowed
from cart.selectors import CartView, cart_view, is_sold
from catalog.models import Product
from core.errors import NotFound
from core.transactions import write_transaction
from lists.errors import TooManyItems
from lists.models import ListItem, ShoppingList
from lists.services.locking import locked

MOST_ITEMS = 200


def put_on_list(
    *,
    actor: User,
    list_id: int,
    product_id: int,
    quantity: Decimal | None = None,
    note: str | None = None,
    now: dt.datetime,
) -> bool:
    """Put a product on a list (None is one step); True when it was not there before.

    The same product again: the larger of the two quantities, and a note that is given. Raises
    NotFound, ProductInactive, InvalidQuantity, InvalidInput, TooManyItems.
    """
    with write_transaction():
        return put_line(
            actor=actor,
            list_id=list_id,
            product_id=product_id,
            quantity=quantity,
            note=note,
            now=now,
        )[0]


def put_line(
    *,
    actor: User,
    list_id: int,
    product_id: int,
    quantity: Decimal | None,
    note: str | None,
    now: dt.datetime,
) -> tuple[bool, ListItem]:
    """`put_on_list` within the caller's transaction, and the line."""
    note = cart.valid_note(note)
    product = _product(product_id)
    if not is_sold(product):
        raise ProductInactive(product_ids=[product_id])
    amount = product.quantity_step if quantity is None else quantity
    _check(product, amount)
    row = locked(actor=actor, list_id=list_id)
    item = ListItem.objects.filter(list=row, product=product).first()
    if item is None:
        _check_room(row, 1)
        item = _new(row, product.pk, amount, note or "", actor, now)
        item.save()
        _touch(row)
        return True, item
    item.quantity = max(item.quantity, amount)
    item.note = item.note if note is None else note
    item.save(update_fields=["quantity", "note"])
    _touch(row)
    return False, item


def put_many(
    *,
    actor: User,
    row: ShoppingList,
    quantities: Mapping[int, Decimal],
    notes: Mapping[int, str],
    now: dt.datetime,
) -> None:
    """Fill a list just made in the caller's transaction, as an order is kept as one; products that
    are no longer sold come along. Raises TooManyItems."""
    if len(quantities) > MOST_ITEMS:
        raise TooManyItems(limit=MOST_ITEMS)
    ListItem.objects.bulk_create(
        _new(row, product_id, min(amount, Decimal(999)), notes.get(product_id, ""), actor, now)
        for product_id, amount in quantities.items()
    )


def change_item(
    *,
    actor: User,
    list_id: int,
    item_id: int,
    quantity: Decimal | None = None,
    note: str | None = None,
) -> None:
    """Another quantity or note; 0 takes it off. Raises NotFound, InvalidQuantity, InvalidInput."""
    note = cart.valid_note(note)
    with write_transaction():
        row = locked(actor=actor, list_id=list_id)
        item = ListItem.objects.filter(list=row, pk=item_id).select_related("product").first()
        if item is None:
            raise NotFound
        if quantity == 0:
            item.delete()
        else:
            if quantity is not None:
                _check(item.product, quantity)
                item.quantity = quantity
            item.note = item.note if note is None else note
            item.save(update_fields=["quantity", "note"])
        _touch(row)


def take_off(*, actor: User, list_id: int, item_id: int) -> None:
    """Take a line off. Raises NotFound."""
    change_item(actor=actor, list_id=list_id, item_id=item_id, quantity=Decimal(0))


def save_for_later(*, actor: User, list_id: int, product_id: int, now: dt.datetime) -> CartView:
    """Move a line of the basket to a list, with its amount and note. Raises NotFound, TooManyItems.

    What is no longer sold, or not in that amount, moves as well.
    """
    with write_transaction():
        row = locked(actor=actor, list_id=list_id)
        line = cart_view(actor=actor, now=now).line_of(product_id)
        if line is None:
            raise NotFound
        item = ListItem.objects.filter(list=row, product_id=product_id).first()
        if item is None:
            _check_room(row, 1)
            item = _new(row, product_id, line.quantity, line.note, actor, now)
        item.quantity = max(item.quantity, line.quantity)
        item.note = line.note or item.note
        item.save()
        _touch(row)
        return cart.remove_item(actor=actor, product_id=product_id, now=now)


def _product(product_id: int) -> Product:
    product = Product.objects.select_related("category").filter(pk=product_id).first()
    if product is None:
        raise NotFound
    return product


def _check(product: Product, quantity: Decimal) -> None:
    if not is_allowed(quantity, step=product.quantity_step):
        raise InvalidQuantity(step=product.quantity_step)


def _check_room(row: ShoppingList, more: int) -> None:
    if ListItem.objects.filter(list=row).count() + more > MOST_ITEMS:
        raise TooManyItems(limit=MOST_ITEMS)


def _new(
    row: ShoppingList, product_id: int, quantity: Decimal, note: str, actor: User, now: dt.datetime
) -> ListItem:
    return ListItem(
        list=row,
        product_id=product_id,
        quantity=quantity,
        note=note,
        added_by=actor,
        added_at=now,
    )


def _touch(row: ShoppingList) -> None:
    row.save(update_fields=["updated_at"])
