"""Figures and refunds."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from checkout.api import KEY
from checkout.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReuseMismatch,
    MissingIdempotencyKey,
)
from mami import clock
from mami.api.operations import Answered, operation
from mami.api.queries import DateRange
from mami.api.views import ApiView
from mami.errors import Busy
from mami.signed_in import PersonApiRequest
from ops import services
from ops.selectors.performance import performance
from ops.serializers import PerformanceOut, RefundIn, RefundOut
from payments.errors import PaymentNotHeld, RefundExceedsCapture


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
        description="An `amount`, or `items` at what was paid for them; never more than was charged.",
        body=RefundIn,
        answer=RefundOut,
        status=201,
        also={200: "The same key and body again: the same answer."},
        headers=[KEY],
        refusals=[
            MissingIdempotencyKey,
            IdempotencyKeyReuseMismatch,
            IdempotencyInProgress,
            RefundExceedsCapture,
            PaymentNotHeld,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> Answered:
        result = services.refund_once(
            actor=request.user,
            order_id=order_id,
            amount=body.get("amount"),
            items={item["id"]: item["quantity"] for item in body.get("items") or ()} or None,
            reason=body["reason"],
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )
        return Answered(result.summary, status=200 if result.replayed else 201)
