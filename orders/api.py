"""A customer's orders in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from mami import clock
from mami.api.operations import operation
from mami.api.pagination import Page, by_cursor
from mami.api.views import ApiView
from mami.errors import Busy
from mami.signed_in import PersonApiRequest
from orders import errors, selectors, services
from orders.models import Order
from orders.printing import print_order
from orders.serializers import OrderOut, OrdersQuery, ReorderedOut
from orders.services.reordering import Reordered

TAG = "Orders"
NEWEST_FIRST = ("-created_at", "-id")


class Orders(ApiView):
    @operation(
        tag=TAG,
        summary="My orders",
        description="Newest first. Staff find orders under `/ops/orders`.",
        query=OrdersQuery,
        answer=OrderOut,
        page=True,
    )
    def get(self, request: PersonApiRequest, query: dict[str, Any]) -> Page:
        found = selectors.orders_of(actor=request.user, statuses=query.get("status", ()))
        return by_cursor(found, keys=NEWEST_FIRST, **query)


class OrderDetail(ApiView):
    @operation(tag=TAG, summary="One of my orders", answer=OrderOut)
    def get(self, request: PersonApiRequest, order_id: int) -> Order:
        return selectors.order_for(actor=request.user, order_id=order_id)


class CancelOrder(ApiView):
    @operation(
        tag=TAG,
        summary="Cancel an order that nobody has begun to pick",
        description="Stock and place become free, the held money is let go.",
        answer=OrderOut,
        refusals=[errors.OrderNotCancelable, Busy],
    )
    def post(self, request: PersonApiRequest, order_id: int) -> Order:
        services.cancel(actor=request.user, order_id=order_id, now=clock.now())
        return selectors.order_for(actor=request.user, order_id=order_id)


class Reorder(ApiView):
    @operation(
        tag=TAG,
        summary="Put the goods of an order into the basket again",
        description="At today's prices; `notices` tell what could not be added.",
        answer=ReorderedOut,
        refusals=[Busy],
    )
    def post(self, request: PersonApiRequest, order_id: int) -> Reordered:
        return services.reorder(actor=request.user, order_id=order_id, now=clock.now())


class OrderInvoice(ApiView):
    @operation(
        tag=TAG,
        summary="The invoice of one of my orders",
        description=(
            "At every status, titled for it: an order confirmation first, a tax invoice once the "
            "goods have changed hands, a receipt once the money was taken."
        ),
        media_type="application/pdf",
    )
    def get(self, request: PersonApiRequest, order_id: int) -> HttpResponse:
        order = selectors.order_for(actor=request.user, order_id=order_id)
        return print_order(order=order).answer()
