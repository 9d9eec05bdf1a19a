"""Checkout in the JSON API: ask what it would cost, then order."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from branches import errors as branches
from cart import errors as cart
from checkout import errors, services
from checkout.limits import limited_confirm
from checkout.quoting import Preview
from checkout.serializers import (
    CheckoutIn,
    ConfirmedOut,
    ConfirmIn,
    PreviewOut,
    checkout_request,
    confirm_request,
)
from inventory.errors import InsufficientStock
from mami import clock
from mami.api.operations import Answered, operation
from mami.api.views import ApiView
from mami.errors import Busy, DomainError, InvalidInput, NotFound
from mami.ratelimits import RateLimited
from mami.signed_in import PersonApiRequest
from payments import errors as payments

TAG = "Checkout"
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    pattern=r"^[\x21-\x7e]{1,128}$",
    description="One key, one outcome: the same key and body again get the same answer.",
)
PREVIEW_REFUSALS: list[type[DomainError]] = [
    NotFound,
    InvalidInput,
    branches.InvalidSlot,
    errors.AddressRequired,
    InsufficientStock,
    branches.SlotFull,
    branches.SlotClosed,
    cart.EmptyCart,
    cart.ProductInactive,
    errors.CartAlreadyOrdered,
]


class PreviewCheckout(ApiView):
    @operation(
        tag=TAG,
        summary="What the order would be",
        description="Changes nothing. INSUFFICIENT_STOCK carries `missing_items` and `preview`.",
        body=CheckoutIn,
        answer=PreviewOut,
        refusals=PREVIEW_REFUSALS,
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> Preview:
        return services.preview(actor=request.user, request=checkout_request(body), now=clock.now())


class ConfirmCheckout(ApiView):
    @operation(
        tag=TAG,
        summary="Order and pay",
        description=(
            "A refusal leaves stock, window, basket and money as they were, and the same key may "
            "be tried again. The money is held now and charged when the order leaves the shop."
        ),
        body=ConfirmIn,
        answer=ConfirmedOut,
        status=201,
        also={200: "The same key and body again: the same answer."},
        headers=[KEY],
        refusals=[
            *PREVIEW_REFUSALS,
            errors.MissingIdempotencyKey,
            errors.SlotRequired,
            payments.PaymentRequired,
            payments.CardNumberRefused,
            payments.PaymentDeclined,
            payments.PaymentActionRequired,
            payments.PaymentTokenNotFound,
            errors.IdempotencyKeyReuseMismatch,
            errors.IdempotencyInProgress,
            errors.PriceChanged,
            payments.PaymentPending,
            payments.PaymentUnavailable,
            Busy,
            RateLimited,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> Answered:
        result = limited_confirm(
            actor=request.user,
            key=request.headers.get("Idempotency-Key", ""),
            request=confirm_request(body),
            request_id=request.request_id,
            now=clock.now(),
        )
        return Answered(result.body(), status=200 if result.replayed else 201)
