"""Figures and refunds."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from checkout.api import KEY
from checkout.errors import MissingIdempotencyKey
from checkout.keys import check_key
from mami import clock
from mami.api.operations import Answered, operation
from mami.api.queries import DateRange
from mami.api.views import ApiView
from mami.errors import Busy
from mami.signed_in import PersonApiRequest
from ops.selectors.performance import performance
from ops.serializers import PerformanceOut, RefundIn, RefundOut
from orders import services
from payments.errors import PaymentNotHeld, RefundExceedsCapture, RefundKeyReused
from payments.selectors import refund_made_at, refund_summary


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
        also={200: "The same key and body again: the same refund."},
        headers=[KEY],
        refusals=[
            MissingIdempotencyKey,
            RefundExceedsCapture,
            RefundKeyReused,
            PaymentNotHeld,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> Answered:
        key, now = request.headers.get("Idempotency-Key", ""), clock.now()
        check_key(key)
        call_id = services.refund(
            actor=request.user,
            order_id=order_id,
            amount=body.get("amount"),
            items={item["id"]: item["quantity"] for item in body.get("items") or ()} or None,
            reason=body["reason"],
            key=key,
            now=now,
        )
        is_new = refund_made_at(call_id=call_id) >= now
        return Answered(refund_summary(call_id=call_id), status=201 if is_new else 200)
