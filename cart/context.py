"""The basket on every page, read only when a template asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from branches.chosen_place import destination
from cart.selectors import CartView, cart_view
from cart.session import owner_or_none


def basket(request: HttpRequest) -> dict[str, Any]:
    """`basket`: the visitor's CartView. At most five queries, once a page."""
    return {"basket": SimpleLazyObject(lambda: basket_of(request))}


def basket_of(request: HttpRequest) -> CartView:
    """The visitor's basket, read once a request unless a change put a newer one there."""
    view: CartView | None = getattr(request, "basket", None)
    if view is None:
        owner = owner_or_none(request) if hasattr(request, "user") else None
        view = cart_view(actor=owner) if owner else CartView()
        remember(request, view)
        view = request.basket  # type: ignore[attr-defined]
    return view


def remember(request: HttpRequest, view: CartView) -> None:
    """Let the rest of the page show this state of the basket."""
    area = destination(request).area
    request.basket = replace(view, area=area) if area else view  # type: ignore[attr-defined]
