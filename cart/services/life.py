"""What becomes of a basket: joined to another, ordered, forgotten."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from accounts.models import User
from audit.services import Action, record
from cart.errors import BasketClosed
from cart.locks import lock_both, lock_cart, lock_stale, open_and_lock_cart
from cart.models import Cart, CartItem, CartStatus
from cart.owner import Guest
from cart.services.lines import MOST
from mami.transactions import write_transaction

GUEST_LIFE = dt.timedelta(days=30)
CUSTOMER_LIFE = dt.timedelta(days=180)
# By hand: every order ends a basket with it.
CLOSE = """
UPDATE cart_cart
SET status = 'CHECKED_OUT', held_slot_id = NULL, hold_expires_at = NULL, updated_at = %s
WHERE id = %s AND status = 'ACTIVE' AND updated_at = %s
"""


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What signing in did: lines that came along, of them doubles, and whether there were two."""

    added: int = 0
    doubled: int = 0
    joined: bool = False


def merge_guest(*, user: User, guest_key: uuid.UUID, now: dt.datetime) -> Merged:
    """Join a guest's basket into the customer's: nothing is lost, quantities add up to 999.

    The guest's kept window comes along when the customer keeps none. Repeating it does nothing.
    """
    with write_transaction():
        if not Cart.objects.active().filter(guest_key=guest_key).exists():
            return Merged()
        open_and_lock_cart(owner=user)
        owned, guest = lock_both(user=user, guest=Guest(key=guest_key))
        if owned is None or guest is None:
            return Merged()
        merged = _move_lines(source=guest, target=owned)
        _move_hold(source=guest, target=owned, now=now)
        context = {"merged_cart_id": guest.pk}
        guest.delete()
        record(
            actor=user,
            entity_type="cart",
            entity_id=owned.pk,
            action=Action.UPDATE,
            new={"lines_added": merged.added, "lines_doubled": merged.doubled},
            context=context,
        )
    return merged


def check_out(
    *,
    cart_id: int,
    ordered: Mapping[int, Decimal],
    now: dt.datetime,
    unchanged_since: dt.datetime | None = None,
) -> None:
    """Close the basket that became an order, in the caller's transaction; it is locked from then on.

    What was put in after the order was reserved (more of a product, or other products) is not
    lost: it moves to a new basket of the same customer. Raises BasketClosed. A basket not touched since
    `unchanged_since` (its `updated_at` then) has no such surplus: one statement.
    """
    if unchanged_since is not None and _close(cart_id, now, unchanged_since):
        return
    cart = lock_cart(cart_id=cart_id)
    if cart is None or cart.status != CartStatus.ACTIVE:
        raise BasketClosed
    _close(cart_id, now, cart.updated_at)
    surplus = [
        (item, item.quantity - ordered.get(item.product_id, Decimal(0)))
        for item in CartItem.objects.filter(cart=cart)
    ]
    surplus = [(item, left) for item, left in surplus if left > 0]
    if surplus and cart.user is not None:
        fresh = open_and_lock_cart(owner=cart.user)
        CartItem.objects.bulk_create(
            CartItem(
                cart=fresh,
                product_id=item.product_id,
                quantity=left,
                price_when_added=item.price_when_added,
                substitution=item.substitution,
            )
            for item, left in surplus
        )


def _close(cart_id: int, now: dt.datetime, unchanged_since: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [now, cart_id, unchanged_since])
        return cursor.rowcount == 1


def abandon_stale(*, now: dt.datetime, limit: int = 500) -> int:
    """Put aside baskets nobody touched for long; returns how many.

    A guest's after 30 days, when its session has ended too; a customer's after half a year.
    Baskets in an open checkout stay.
    """
    with write_transaction():
        rows = lock_stale(
            guests_before=now - GUEST_LIFE, customers_before=now - CUSTOMER_LIFE, limit=limit
        )
        # Asked after the locks, in a new snapshot: a checkout that began meanwhile is seen.
        idle = list(
            Cart.objects.filter(pk__in=[row.pk for row in rows])
            .exclude(reservations__status="ACTIVE")
            .values_list("pk", flat=True)
        )
        return Cart.objects.filter(pk__in=idle).update(
            status=CartStatus.ABANDONED, held_slot=None, hold_expires_at=None
        )


def forget_holds(*, now: dt.datetime) -> int:
    """Empty the hold of baskets whose hour is over; returns how many.

    Only tidies: a hold that is over counts nowhere.
    """
    return Cart.objects.filter(
        status=CartStatus.ACTIVE, held_slot__isnull=False, hold_expires_at__lte=now
    ).update(held_slot=None, hold_expires_at=None)


def _move_lines(*, source: Cart, target: Cart) -> Merged:
    own = {item.product_id: item for item in CartItem.objects.filter(cart=target)}
    doubles = 0
    for item in CartItem.objects.filter(cart=source).select_related("product"):
        twin = own.get(item.product_id)
        if twin is None:
            item.cart = target
            item.save(update_fields=["cart"])
            continue
        doubles += 1
        most = MOST - MOST % item.product.quantity_step
        twin.quantity = min(most, twin.quantity + item.quantity)
        twin.save(update_fields=["quantity"])
    moved = CartItem.objects.filter(cart=target).count() - len(own)
    return Merged(added=moved + doubles, doubled=doubles, joined=bool(own))


def _move_hold(*, source: Cart, target: Cart, now: dt.datetime) -> None:
    """Both rows are locked and the place stays the same one, so its capacity needs no look."""
    kept = target.hold_expires_at is not None and target.hold_expires_at > now
    if source.held_slot_id is not None and not kept:
        target.held_slot_id, target.hold_expires_at = source.held_slot_id, source.hold_expires_at
    target.save(update_fields=["held_slot", "hold_expires_at", "updated_at"])
