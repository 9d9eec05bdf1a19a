"""Row locks of baskets. The order of all locks: docs/locking.md."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from branches.models import PlaceHold
from branches.sql import kept_place
from cart.models import Cart, CartStatus
from cart.owner import Owner, person
from core.model_rows import ModelRows
from core.transactions import require_transaction

_HOLD = kept_place(kind=PlaceHold.Kind.CART, reference="cart_cart.id")
TOUCH = f"""
UPDATE cart_cart SET updated_at = clock_timestamp()
WHERE status = '{CartStatus.ACTIVE}' AND {{owner}} = %s RETURNING {{columns}}, {{hold}}
"""  # noqa: S608 - words of ours
_CARTS = ModelRows(Cart)


def lock_active_cart(*, user: Owner) -> Cart | None:
    """The owner's active basket, locked; None where there is none."""
    require_transaction()
    customer = person(user)
    column = "user_id" if customer else "guest_key"
    value = customer.pk if customer else user.key  # type: ignore[union-attr]
    # By hand: every change of a basket and every order begins here.
    sql = (
        f"SELECT {_CARTS.columns}, {_HOLD} FROM cart_cart WHERE {column} = %s"  # noqa: S608
        f" AND status = '{CartStatus.ACTIVE}' FOR UPDATE OF cart_cart"
    )
    return _read(sql, value)


def _read(sql: str, owner: int | UUID) -> Cart | None:
    found = _CARTS.first(sql, [owner])
    if found is None:
        return None
    cart, hold = found
    cart.hold_slot_id, cart.hold_until = hold
    return cart


def lock_cart(*, cart_id: int) -> Cart | None:
    """A basket by its key, in whatever state, locked; None where there is none."""
    return Cart.objects.select_for_update(of=("self",)).filter(pk=cart_id).first()


def open_and_lock_cart(*, owner: Owner) -> Cart:
    """The owner's active basket, made when there is none, locked.

    Two first visits race at the insert; the partial unique index lets one of them win and both
    then lock the same row. Checked out while we waited for its lock: the next round makes a new one.
    """
    user = person(owner)
    key = None if user else owner.key  # type: ignore[union-attr]
    while True:
        cart = lock_active_cart(user=owner)
        if cart is not None:
            return cart
        Cart.objects.bulk_create([Cart(user=user, guest_key=key)], ignore_conflicts=True)


def open_and_touch_cart(*, owner: Owner) -> Cart:
    """`open_and_lock_cart`, and remember that somebody uses the basket, in one statement.

    An update takes the row's lock as a `select_for_update` does, and likewise looks again at a row
    that it waited for. The database's own clock, read once the lock is there.
    """
    column, key = ("user_id", owner.pk) if isinstance(owner, User) else ("guest_key", owner.key)
    cart = _read(TOUCH.format(owner=column, columns=_CARTS.columns, hold=_HOLD), key)
    if cart is not None:
        return cart
    cart = open_and_lock_cart(owner=owner)
    cart.save(update_fields=["updated_at"])
    return cart


def lock_both(*, user: Owner, guest: Owner) -> tuple[Cart | None, Cart | None]:
    """The active baskets of a customer and of a guest, locked in the order of their keys."""
    ids = [
        pk
        for owner in (user, guest)
        for pk in Cart.objects.active().owned_by(owner).values_list("pk", flat=True)
    ]
    rows = list(
        Cart.objects.active().filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    )
    owned = next((row for row in rows if row.user_id is not None), None)
    anonymous = next((row for row in rows if row.user_id is None), None)
    return owned, anonymous


def lock_carts_of(*, user_id: int) -> list[Cart]:
    """All baskets of a person, in whatever state, locked."""
    carts = Cart.objects.select_for_update(of=("self",)).filter(user_id=user_id)
    return list(carts.order_by("pk"))


def lock_stale(
    *, guests_before: dt.datetime, customers_before: dt.datetime, limit: int
) -> list[Cart]:
    """Active baskets nobody touched since then, locked; those in use just now are left out."""
    return list(
        Cart.objects.active()
        .filter(
            Q(guest_key__isnull=False, updated_at__lt=guests_before)
            | Q(user__isnull=False, updated_at__lt=customers_before)
        )
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("updated_at")[:limit]
    )
