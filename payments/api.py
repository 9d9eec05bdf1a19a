"""Saved cards in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from api.pagination import Page, by_cursor
from api.queries import bounds
from api.views import ApiView
from core import clock
from core.keyset import walk
from core.replica import from_replica, pinned
from core.spreadsheets import stream_csv
from core.typed_requests import PersonApiRequest
from payments import errors, selectors, services
from payments.cards import CardToken
from payments.serializers import CardIn, CardOut, CaseOut, ReconciliationQuery
from payments.webhooks import read_stripe_event

TAG = "Accounts"
NEWEST_FIRST = ("-created_at", "-id")


class PaymentTokens(ApiView):
    @operation(tag=TAG, summary="My saved cards", answer=CardOut, many=True)
    def get(self, request: PersonApiRequest) -> Any:
        return services.tokens_of(user_id=request.user.pk)

    @operation(
        tag=TAG,
        summary="Save a card",
        description="The first one is the default. The same card again is one card.",
        body=CardIn,
        answer=CardOut,
        status=201,
        refusals=[errors.CardNumberRefused, errors.PaymentUnavailable],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> Any:
        return services.save_token(actor=request.user, card=CardToken(**body))


class PaymentToken(ApiView):
    @operation(tag=TAG, summary="Forget a card", status=204)
    def delete(self, request: PersonApiRequest, token_id: int) -> None:
        services.delete_token(actor=request.user, token_id=token_id)


class PaymentTokenDefault(ApiView):
    @operation(tag=TAG, summary="Make a card the default", status=204)
    def post(self, request: PersonApiRequest, token_id: int) -> None:
        services.set_default_token(actor=request.user, token_id=token_id)


class StripeWebhook(ApiView):
    """Stripe's own door: no token, but a signature over the whole body."""

    authentication_classes = ()
    schema = None  # type: ignore[assignment]

    def post(self, request: Request) -> Response:
        event = read_stripe_event(
            body=request._request.body, signature=request.headers.get("Stripe-Signature", "")
        )
        services.receive_event(
            provider="stripe",
            event_id=event.event_id,
            kind=event.kind,
            reference=event.reference,
            key=event.key,
            now=clock.now(),
        )
        return Response({"received": True})


class Reconciliation(ApiView):
    @operation(
        tag="Administration",
        summary="Payments whose provider and order disagree, or did",
        description="Newest first. `export=csv` gives the whole result as a file.",
        query=ReconciliationQuery,
        answer=CaseOut,
        page=True,
        other_media_types=["text/csv"],
    )
    @from_replica
    def get(self, request: Request, query: dict[str, Any]) -> Page | HttpResponseBase:
        found = pinned(
            selectors.reconciliation_cases(status=query.get("status", ""), **bounds(query))
        )
        if "export" in query:
            told = (CaseOut().to_representation(c) for c in walk(found, keys=NEWEST_FIRST))
            return stream_csv(
                "reconciliation.csv",
                header=list(CaseOut().fields),
                rows=(list(row.values()) for row in told),
            )
        return by_cursor(found, keys=NEWEST_FIRST, **query)
