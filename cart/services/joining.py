"""A guest who signs in: their basket joins the customer's, and can be taken out of it again."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.services import Action, record
from branches.models import PlaceHold
from branches.services import pass_hold, release_holds
from cart.errors import NothingToUndo
from cart.locks import lock_active_cart, lock_both, open_and_lock_cart
from cart.models import Cart, CartItem
from cart.owner import Guest
from cart.selectors import CartView, place_holder, view_of
from core.transactions import write_transaction

UNDO_LIFE = dt.timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What signing in did: products that came along (also as more of what was there), and whether
    there were two baskets.
    """

    names: list[str] = field(default_factory=list)
    joined: bool = False

    @property
    def added(self) -> int:
        return len(self.names)


def merge_guest(*, user: User, guest_key: uuid.UUID, now: dt.datetime) -> Merged:
    """Join a guest's basket into the customer's: of what stands in both, the larger amount stays.

    Never the sum: who fills the weekly basket again on another device does not want it twice. The
    customer's own line keeps its choice and note. The guest's kept window comes along when the
    customer keeps none. Repeating it does nothing; `undo_merge` takes it back.
    """
    with write_transaction():
        if not Cart.objects.active().filter(guest_key=guest_key).exists():
            return Merged()
        open_and_lock_cart(owner=user)
        owned, guest = lock_both(user=user, guest=Guest(key=guest_key))
        if owned is None or guest is None:
            return Merged()
        before, merged = _move_lines(source=guest, target=owned)
        passed = pass_hold(
            giver=place_holder(cart_id=guest.pk), taker=place_holder(cart_id=owned.pk), now=now
        )
        release_holds(kind=PlaceHold.Kind.CART, references=[guest.pk])
        owned.before_join = {**before, "at": now.isoformat(), "window": passed}
        owned.save(update_fields=["updated_at", "before_join"])
        context = {"merged_cart_id": guest.pk}
        guest.delete()
        record(
            actor=user,
            entity_type="cart",
            entity_id=owned.pk,
            action=Action.UPDATE,
            new={"lines_added": merged.added, "lines_before": len(before["own"])},
            context=context,
        )
    return merged


def undo_merge(*, actor: User, now: dt.datetime) -> CartView:
    """Put the basket back as it was before a guest's joined it.

    The customer's own lines have their old amounts again, the guest's are gone, and so is a window
    that came with them; what was put in since then stays. Raises NothingToUndo, with nothing
    changed: none joined it, more than 24 hours ago, undone before, or the basket is ordered.
    """
    with write_transaction():
        cart = lock_active_cart(user=actor)
        before = cart.before_join if cart else None
        if cart is None or before is None:
            raise NothingToUndo
        if dt.datetime.fromisoformat(before["at"]) + UNDO_LIFE <= now:
            raise NothingToUndo
        items = {item.product_id: item for item in CartItem.objects.filter(cart=cart)}
        for line in before["own"]:
            _put_back(cart, items.get(line["product_id"]), line)
        gone = CartItem.objects.filter(cart=cart, product_id__in=before["guest"]).delete()[0]
        if before["window"] and cart.hold_slot_id == before["window"]:
            release_holds(kind=PlaceHold.Kind.CART, references=[cart.pk])
            cart.hold_slot_id, cart.hold_until = None, None
        cart.before_join = None
        cart.save(update_fields=["updated_at", "before_join"])
        record(
            actor=actor,
            entity_type="cart",
            entity_id=cart.pk,
            action=Action.UPDATE,
            new={"join_undone": True, "lines_removed": gone},
        )
    return view_of(cart=cart, now=now)


def _move_lines(*, source: Cart, target: Cart) -> tuple[dict[str, Any], Merged]:
    own = {item.product_id: item for item in CartItem.objects.filter(cart=target)}
    own_before = [_kept(item) for item in own.values()]
    guests: list[int] = []
    names = []
    lines = CartItem.objects.filter(cart=source).select_related("product")
    for item in lines.order_by("pk"):
        twin = own.get(item.product_id)
        if twin is None:
            guests.append(item.product_id)
            item.cart = target
            item.save(update_fields=["cart"])
        elif item.quantity > twin.quantity:
            twin.quantity = item.quantity
            twin.save(update_fields=["quantity"])
        else:
            continue
        names.append(item.product.name)
    before = {"own": own_before, "guest": guests}
    return before, Merged(names=names, joined=bool(own))


def _kept(item: CartItem) -> dict[str, Any]:
    return {
        "product_id": item.product_id,
        "quantity": str(item.quantity),
        "price_when_added": str(item.price_when_added),
        "substitution": item.substitution,
        "note": item.note,
    }


def _put_back(cart: Cart, item: CartItem | None, line: dict[str, Any]) -> None:
    quantity = Decimal(line["quantity"])
    if item is None:
        price = Decimal(line["price_when_added"])
        CartItem.objects.create(
            cart=cart, **{**line, "quantity": quantity, "price_when_added": price}
        )
    elif item.quantity != quantity:
        item.quantity = quantity
        item.save(update_fields=["quantity"])
