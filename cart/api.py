"""The basket in the JSON API, and the delivery windows as it sees them."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from accounts.models import User
from api.operations import operation
from api.views import ApiView
from branches import selectors as branches
from branches.areas import EVERYWHERE, destination_of
from branches.serializers import AvailableQuery
from cart import errors, selectors, services
from cart.selectors import CartView
from cart.serializers import AddItemIn, CartOut, SetQuantityIn, WindowOut
from cart.windows import Window, windows
from core import clock
from core.errors import Busy, NotFound
from core.typed_requests import PersonApiRequest

TAG = "Basket"


class Cart(ApiView):
    @operation(tag=TAG, summary="My basket", answer=CartOut)
    def get(self, request: PersonApiRequest) -> CartView:
        cart = selectors.cart_view(actor=request.user)
        return cart if cart.id else services.open_cart(actor=request.user)

    @operation(tag=TAG, summary="Empty my basket", answer=CartOut, refusals=[Busy])
    def delete(self, request: PersonApiRequest) -> CartView:
        cart = services.clear(actor=request.user)
        return cart if cart.id else services.open_cart(actor=request.user)


class CartItems(ApiView):
    @operation(
        tag=TAG,
        summary="Put something in",
        description="Adds to what is already in the basket of it.",
        body=AddItemIn,
        answer=CartOut,
        status=201,
        refusals=[NotFound, errors.ProductInactive, errors.OutOfStockAnywhere, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> CartView:
        return services.add_item(actor=request.user, **body)


class CartItem(ApiView):
    @operation(
        tag=TAG,
        summary="Change a line",
        description="Any of amount, choice and note; what is left out stays.",
        body=SetQuantityIn,
        answer=CartOut,
        refusals=[errors.ProductInactive, Busy],
    )
    def put(self, request: PersonApiRequest, body: dict[str, Any], item_id: int) -> CartView:
        return services.set_quantity(actor=request.user, item_id=item_id, **body)

    @operation(tag=TAG, summary="Take it out", answer=CartOut, refusals=[Busy])
    def delete(self, request: PersonApiRequest, item_id: int) -> CartView:
        return services.remove_item(actor=request.user, item_id=item_id)


class AvailableSlots(ApiView):
    @operation(
        tag="Branches",
        summary="Delivery windows on their dates",
        description="Full and closed ones are listed with `is_open: false`.",
        query=AvailableQuery,
        answer=WindowOut,
        many=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[Window]:
        if "branch_id" in query:
            branches.branch(branch_id=query["branch_id"])
        code = query.pop("locality_code", None)
        to = EVERYWHERE if code is None else destination_of(code=code)
        return windows(basket=_basket_of(request), now=clock.now(), to=to, **query)


def _basket_of(request: Request) -> CartView:
    """The caller's basket, an empty one for strangers and staff."""
    if isinstance(request.user, User) and not request.user.is_employee:
        return selectors.cart_view(actor=request.user)
    return CartView()
