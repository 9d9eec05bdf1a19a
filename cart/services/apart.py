"""A basket beside the customer's own: said on the phone, or a date of a standing order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from accounts.models import User
from cart.models import Cart, CartItem, CartStatus, Substitution
from catalog.models import Product
from core.errors import NotFound
from core.transactions import require_transaction

Wanted = Mapping[int, tuple[Decimal, str | None]]


def fill_apart(*, user: User, wanted: Wanted, notes: Mapping[int, str] | None = None) -> Cart:
    """A basket of `user` with quantity, choice and note by product, in the caller's transaction.

    It is nobody's active basket: the customer's own stays as it is. Raises NotFound (product).
    """
    require_transaction()
    prices = dict(Product.objects.filter(pk__in=wanted).values_list("pk", "price"))
    if len(prices) != len(wanted):
        raise NotFound(field="lines")
    cart = Cart.objects.create(user=user, status=CartStatus.ABANDONED)
    CartItem.objects.bulk_create(
        CartItem(
            cart=cart,
            product_id=key,
            quantity=quantity,
            price_when_added=prices[key],
            substitution=choice or Substitution.BEST_MATCH,
            note=(notes or {}).get(key, ""),
        )
        for key, (quantity, choice) in wanted.items()
    )
    return cart


def check_out_apart(*, cart_id: int, now: dt.datetime) -> bool:
    """Close such a basket once it is ordered, in the caller's transaction; False when it was before."""
    require_transaction()
    found = Cart.objects.filter(pk=cart_id, status=CartStatus.ABANDONED)
    return bool(found.update(status=CartStatus.CHECKED_OUT, updated_at=now))
