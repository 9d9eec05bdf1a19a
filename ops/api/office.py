"""Figures and refunds."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import KEY, WithStatus, operation
from api.queries import DateRange
from api.views import ApiView
from checkout.errors import IdempotencyInProgress
from core import clock
from core.errors import Busy, IdempotencyKeyReuseMismatch, MissingIdempotencyKey, NotFound
from core.typed_requests import PersonApiRequest
from ops import services
from ops.api.orders import shown
from ops.refund_serializers import RefundIn, RefundOut, refund_request
from ops.selectors.performance import performance
from ops.serializers import OpsOrder, OpsOrderOut, PerformanceOut
from orders import services as orders
from orders.errors import OwnOrder, RefundExceedsLine
from payments.errors import (
    AlreadyAsked,
    PaymentAlreadyHeld,
    PaymentClosed,
    RefundExceedsCapture,
)


class Performance(ApiView):
    @operation(
        tag="Staff",
        summary="How we did",
        description="Orders due on the days asked for; the last seven unless told otherwise.",
        query=DateRange,
        answer=PerformanceOut,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Any:
        return performance(first=query.get("date_from"), last=query.get("date_to"), now=clock.now())


class Refund(ApiView):
    @operation(
        tag="Administration",
        summary="Give money of a charged order back",
        description=(
            "An `amount`, or `items` at what was charged for them, the `fee` and `charges` together; "
            "never more of a line than is left of it. Each gets its credit note."
        ),
        body=RefundIn,
        answer=RefundOut,
        status=201,
        also={200: "The same key and body again: the same answer."},
        headers=[KEY],
        refusals=[
            MissingIdempotencyKey,
            IdempotencyKeyReuseMismatch,
            IdempotencyInProgress,
            RefundExceedsLine,
            RefundExceedsCapture,
            OwnOrder,
            NotFound,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> WithStatus:
        result = services.refund_once(
            actor=request.user,
            order_id=order_id,
            request=refund_request(body),
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )
        return WithStatus(result.summary, status=200 if result.replayed else 201)


class RequestPayment(ApiView):
    @operation(
        tag="Administration",
        summary="Ask for the money of an order again",
        description=(
            "Held at once where its customer agreed to that; else, and when that fails, the customer "
            "gets the letter again, at most once in ten minutes."
        ),
        answer=OpsOrderOut,
        refusals=[
            NotFound,
            OwnOrder,
            PaymentAlreadyHeld,
            PaymentClosed,
            AlreadyAsked,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, order_id: int) -> OpsOrder:
        orders.request_payment(actor=request.user, order_id=order_id, now=clock.now())
        return shown(request.user, order_id)
