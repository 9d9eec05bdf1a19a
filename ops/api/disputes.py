"""Contested charges: the list, what we know, our answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.request import Request

from api.fields import Id, Instant, Money, Text, instant, money
from api.operations import KEY, operation
from api.pagination import Page, paged
from api.queries import Paging, Query
from api.views import ApiView
from billing.errors import DocumentNotDrawn
from checkout.errors import IdempotencyInProgress
from core import clock
from core.errors import Busy, IdempotencyKeyReuseMismatch, MissingIdempotencyKey, NotFound
from core.typed_requests import PersonApiRequest
from ops import services
from orders import services as orders
from orders.errors import OwnOrder
from orders.evidence import PARTS
from payments.disputes import REASONS, STATUSES, DisputeRow, dispute, disputes, row_of
from payments.errors import DisputeClosed

TAG = "Administration"
REFUSALS = [
    MissingIdempotencyKey,
    IdempotencyKeyReuseMismatch,
    IdempotencyInProgress,
    NotFound,
    OwnOrder,
    DisputeClosed,
    DocumentNotDrawn,
    Busy,
]


class DisputesQuery(Paging):
    status = serializers.ChoiceField(choices=STATUSES, required=False)


class LanguageQuery(Query):
    lang = serializers.ChoiceField(choices=["he", "en"], required=False)


class DisputeOut(serializers.Serializer[Any]):
    id = Id()
    order_id = Id(allow_null=True)
    order_number = serializers.CharField()
    provider_reference = serializers.CharField()
    amount = Money()
    fee = Money()
    reason = serializers.ChoiceField(choices=REASONS)
    status = serializers.ChoiceField(choices=STATUSES)
    opened_at = Instant()
    answer_by = Instant()
    answered_at = Instant(allow_null=True)
    closed_at = Instant(allow_null=True)

    def to_representation(self, row: Any) -> dict[str, Any]:
        found = row if isinstance(row, DisputeRow) else row_of(row)
        return {
            "id": found.id,
            "order_id": found.order_id,
            "order_number": found.order_number,
            "provider_reference": found.provider_reference,
            "amount": money(found.amount),
            "fee": money(found.fee),
            "reason": found.reason,
            "status": found.status,
            "opened_at": instant(found.opened_at),
            "answer_by": instant(found.answer_by),
            "answered_at": instant(found.answered_at),
            "closed_at": instant(found.closed_at),
        }


class DisputeAnswerIn(serializers.Serializer[Any]):
    text = Text(max_length=5000)
    include = serializers.ListField(
        child=serializers.ChoiceField(choices=PARTS), min_length=1, max_length=len(PARTS)
    )


class AcceptIn(serializers.Serializer[Any]):
    credit_note = serializers.BooleanField(required=False, default=False)


class Disputes(ApiView):
    @operation(
        tag=TAG,
        summary="Charges that banks contest",
        description="By the day they must be answered.",
        query=DisputesQuery,
        answer=DisputeOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(disputes(status=query.pop("status", "")), **query)


class OneDispute(ApiView):
    @operation(tag=TAG, summary="A contested charge", answer=DisputeOut, refusals=[NotFound])
    def get(self, request: Request, dispute_id: int) -> DisputeRow:
        return dispute(dispute_id=dispute_id)


class AnswerDispute(ApiView):
    @operation(
        tag=TAG,
        summary="Hand our side in",
        description="Words and one PDF of the parts `include`; once, while the dispute is OPEN.",
        body=DisputeAnswerIn,
        answer=DisputeOut,
        headers=[KEY],
        refusals=REFUSALS,
    )
    def post(self, request: PersonApiRequest, dispute_id: int, body: dict[str, Any]) -> DisputeRow:
        return services.answer_once(
            actor=request.user,
            dispute_id=dispute_id,
            text=body["text"],
            include=body["include"],
            language=get_language() or "he",
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )


class AcceptDispute(ApiView):
    @operation(
        tag=TAG,
        summary="Give in to an open dispute",
        description="`credit_note`: credit the amount on paper as well.",
        body=AcceptIn,
        answer=DisputeOut,
        headers=[KEY],
        refusals=REFUSALS,
    )
    def post(self, request: PersonApiRequest, dispute_id: int, body: dict[str, Any]) -> DisputeRow:
        return services.accept_once(
            actor=request.user,
            dispute_id=dispute_id,
            credit_note=body["credit_note"],
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )


class CreditDispute(ApiView):
    @operation(
        tag=TAG,
        summary="Credit a lost dispute on paper, once",
        answer=DisputeOut,
        headers=[KEY],
        refusals=REFUSALS,
    )
    def post(self, request: PersonApiRequest, dispute_id: int) -> DisputeRow:
        return services.credit_once(
            actor=request.user,
            dispute_id=dispute_id,
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )


class Evidence(ApiView):
    @operation(
        tag=TAG,
        summary="What we know of a contested charge, as the shop's own copy",
        description="Drawn from what stands; after the answer, the bytes of what was sent.",
        query=LanguageQuery,
        media_type="application/pdf",
        refusals=[NotFound, DocumentNotDrawn],
    )
    def get(
        self, request: PersonApiRequest, query: dict[str, Any], dispute_id: int
    ) -> HttpResponse:
        content = orders.evidence_of(
            actor=request.user,
            dispute_id=dispute_id,
            language=query.get("lang") or get_language() or "he",
        )
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="dispute-{dispute_id}.pdf"'
        response["Cache-Control"] = "no-store"
        return response
