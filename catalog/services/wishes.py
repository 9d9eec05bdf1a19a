"""Products that a customer wants to find again. Personal, so the trail does not tell of them."""

from __future__ import annotations

from accounts.models import User
from catalog.models import Product, WishlistItem
from mami.errors import NotFound
from mami.transactions import write_transaction


def save_wish(*, actor: User, product_id: int) -> WishlistItem:
    """Remember a product; once is enough. Raises NotFound."""
    with write_transaction():
        if not Product.objects.active().filter(pk=product_id).exists():
            raise NotFound
        item, _made = WishlistItem.objects.get_or_create(user=actor, product_id=product_id)
    return item


def forget_wish(*, actor: User, product_id: int) -> None:
    """Forget a product, remembered or not."""
    WishlistItem.objects.filter(user=actor, product_id=product_id).delete()
