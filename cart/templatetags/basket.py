"""What templates ask about the basket."""

from __future__ import annotations

from django import template

from cart.selectors import CartLine, CartView
from catalog.models import Product

register = template.Library()


@register.filter
def line_of(basket: CartView, product: Product) -> CartLine | None:
    """The line of a product in the basket, if it is there."""
    return basket.line_of(product.pk) if basket else None
