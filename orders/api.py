"""A customer's orders in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language

from api.operations import operation
from api.pagination import Page, by_cursor
from api.queries import bounds
from api.views import ApiView
from billing.errors import DocumentNotDrawn
from billing.papers import Paper
from billing.selectors import documents_of, stored_pdf
from billing.serializers import DocumentOut, DocumentQuery
from core import clock
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from lists.errors import DuplicateListName, TooManyItems, TooManyLists
from lists.selectors import ListView, list_view
from lists.serializers import ListNameIn, ListOut
from orders import errors, selectors, services
from orders.history import found_in
from orders.invoice_pdf import print_order, print_stored
from orders.models import Order
from orders.reorder_serializers import ReorderedOut
from orders.serializers import ArrivedIn, BusinessIn, OrderOut, OrdersQuery
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
        mine = selectors.orders_of(actor=request.user, statuses=query.get("status", ()))
        found = found_in(mine, q=query.get("q", ""), **bounds(query))
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


class ToList(ApiView):
    @operation(
        tag=TAG,
        summary="Keep what I ordered as a list",
        body=ListNameIn,
        answer=ListOut,
        status=201,
        refusals=[
            NotFound,
            InvalidInput,
            DuplicateListName,
            TooManyLists,
            TooManyItems,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> ListView:
        list_id = services.order_to_list(
            actor=request.user, order_id=order_id, **body, now=clock.now()
        )
        return list_view(actor=request.user, list_id=list_id)


class OrderInvoice(ApiView):
    @operation(
        tag=TAG,
        summary="The invoice of one of my orders",
        description=(
            "The tax invoice and receipt as it was issued; before the money is taken, the "
            "confirmation of the order."
        ),
        media_type="application/pdf",
        refusals=[DocumentNotDrawn],
    )
    def get(self, request: PersonApiRequest, order_id: int) -> HttpResponse:
        order = selectors.order_for(actor=request.user, order_id=order_id)
        return print_order(order=order).answer(request)


class Documents(ApiView):
    @operation(
        tag=TAG,
        summary="The papers of one of my orders",
        description="The tax invoice and a credit note for each refund, newest first.",
        answer=DocumentOut,
        many=True,
    )
    def get(self, request: PersonApiRequest, order_id: int) -> list[Paper]:
        selectors.check_readable(actor=request.user, order_id=order_id)
        return documents_of(order_id=order_id)


class DocumentFile(ApiView):
    @operation(
        tag=TAG,
        summary="One paper of one of my orders",
        description="The same bytes for ever; `ETag` is their hash. `lang`: he or en, else mine.",
        query=DocumentQuery,
        media_type="application/pdf",
        refusals=[NotFound, DocumentNotDrawn],
    )
    def get(
        self, request: PersonApiRequest, query: dict[str, Any], order_id: int, document_id: int
    ) -> HttpResponse:
        pdf = stored_pdf(
            order_id=order_id,
            document_id=document_id,
            language=query.get("lang") or get_language() or "he",
            owner_id=None if request.user.is_admin else request.user.pk,
        )
        return print_stored(pdf).answer(request)


class Arrived(ApiView):
    @operation(
        tag=TAG,
        summary="Say that I am there to collect my order",
        description="`bay` is where I parked. Saying it again keeps my place in the line.",
        body=ArrivedIn,
        answer=OrderOut,
        refusals=[errors.OrderNotReady, NotFound, InvalidInput, Busy],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> Order:
        services.arrive(
            actor=request.user, order_id=order_id, bay=body.get("bay", ""), now=clock.now()
        )
        return selectors.order_for(actor=request.user, order_id=order_id)


class BillBusiness(ApiView):
    @operation(
        tag=TAG,
        summary="Put a business on the invoice of my order",
        description="Until the money is taken. Both empty: the invoice is mine again.",
        body=BusinessIn,
        answer=OrderOut,
        refusals=[errors.OrderNotChangeable, NotFound, InvalidInput, Busy],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> Order:
        services.bill_business(actor=request.user, order_id=order_id, **body)
        return selectors.order_for(actor=request.user, order_id=order_id)
