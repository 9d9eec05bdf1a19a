"""Checkout in the JSON API: ask what it would cost, then order."""

from __future__ import annotations

from typing import Any

from api.operations import KEY, WithStatus, operation
from api.views import ApiView
from branches import errors as branches
from cart import errors as cart
from checkout import errors, services
from checkout.confirm_gate import limited_confirm
from checkout.quotes import Preview
from checkout.requests import ChangeRequest
from checkout.serializers import (
    AnswerIn,
    ChangeIn,
    ChangePreviewIn,
    ChangePreviewOut,
    CheckoutIn,
    ConfirmedOut,
    ConfirmIn,
    PayIn,
    PreviewOut,
    checkout_request,
    confirm_request,
    pay_request,
)
from core import clock
from core.errors import (
    Busy,
    DomainError,
    IdempotencyKeyReuseMismatch,
    InvalidInput,
    MissingIdempotencyKey,
    NotFound,
)
from core.limits import RateLimited, client_address
from core.typed_requests import PersonApiRequest
from inventory.errors import InsufficientStock
from orders import errors as orders
from orders.models import Order
from orders.selectors import order_for
from orders.serializers import OrderOut
from payments import errors as payments

TAG = "Checkout"
PREVIEW_REFUSALS: list[type[DomainError]] = [
    NotFound,
    InvalidInput,
    branches.InvalidSlot,
    errors.AddressRequired,
    branches.AreaNotServed,
    branches.SameDayNotServed,
    errors.BelowMinimum,
    InsufficientStock,
    branches.SlotFull,
    branches.SlotClosed,
    cart.EmptyCart,
    cart.ProductInactive,
    cart.QuantityNotAllowed,
    branches.BranchClosed,
    orders.OrderTooLarge,
    errors.CartAlreadyOrdered,
    errors.ChametzInPassover,
]


CONFIRM_REFUSALS: list[type[DomainError]] = [
    *PREVIEW_REFUSALS,
    MissingIdempotencyKey,
    errors.SlotRequired,
    payments.PaymentRequired,
    payments.CardNumberRefused,
    payments.PaymentDeclined,
    payments.PaymentActionRequired,
    payments.PaymentTokenNotFound,
    IdempotencyKeyReuseMismatch,
    errors.IdempotencyInProgress,
    errors.PriceChanged,
    errors.CartChanged,
    errors.SlotChanged,
    payments.PaymentPending,
    payments.PaymentUnavailable,
    Busy,
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
        refusals=[*CONFIRM_REFUSALS, RateLimited],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> WithStatus:
        result = limited_confirm(
            actor=request.user,
            key=request.headers.get("Idempotency-Key", ""),
            request=confirm_request(body),
            request_id=request.request_id,
            address=client_address(request),
            now=clock.now(),
        )
        return WithStatus(result.body(), status=200 if result.replayed else 201)


CHANGE_REFUSALS: list[type[DomainError]] = [
    NotFound,
    InvalidInput,
    orders.OrderNotChangeable,
    orders.OrderChanged,
    orders.OrderTooLarge,
    branches.InvalidSlot,
    branches.BranchClosed,
    errors.AddressRequired,
    errors.SlotRequired,
    branches.AreaNotServed,
    branches.SameDayNotServed,
    errors.BelowMinimum,
    errors.ChametzInPassover,
    InsufficientStock,
    branches.SlotFull,
    branches.SlotClosed,
    cart.ProductInactive,
    cart.QuantityNotAllowed,
]
CHANGE_AND_PAY_REFUSALS: list[type[DomainError]] = [
    *CHANGE_REFUSALS,
    MissingIdempotencyKey,
    IdempotencyKeyReuseMismatch,
    errors.IdempotencyInProgress,
    errors.PriceChanged,
    payments.PaymentRequired,
    payments.CardNumberRefused,
    payments.PaymentDeclined,
    payments.PaymentActionRequired,
    payments.PaymentTokenNotFound,
    payments.PaymentPending,
    payments.PaymentUnavailable,
    Busy,
]


class PreviewChange(ApiView):
    @operation(
        tag="Orders",
        summary="What my order would be after a change",
        description="Changes nothing; `difference` is the new total less the old one.",
        body=ChangePreviewIn,
        answer=ChangePreviewOut,
        refusals=CHANGE_REFUSALS,
    )
    def post(
        self, request: PersonApiRequest, order_id: int, body: dict[str, Any]
    ) -> services.ChangePreview:
        return services.preview_change(
            actor=request.user, order_id=order_id, request=ChangeRequest(**body), now=clock.now()
        )


class ChangeOrder(ApiView):
    @operation(
        tag="Orders",
        summary="Change my order before it is packed",
        description=(
            "Lines, window, place or kind; what is not named stays. More money is held before "
            "anything changes, and a refusal leaves the order as it was."
        ),
        body=ChangeIn,
        answer=OrderOut,
        headers=[KEY],
        refusals=CHANGE_AND_PAY_REFUSALS,
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> Order:
        services.change(
            actor=request.user,
            order_id=order_id,
            key=request.headers.get("Idempotency-Key", ""),
            request=ChangeRequest(**body),
            request_id=request.request_id,
            now=clock.now(),
        )
        return order_for(actor=request.user, order_id=order_id)


class AnswerQuestion(ApiView):
    @operation(
        tag="Orders",
        summary="Answer what I am asked about my order",
        description=(
            "SUBSTITUTE: ACCEPT takes an offered or any other safe product; REJECT is not charged "
            "for. CHANGE: ACCEPT holds the new total on the card named, else on the order's own, "
            "and changes the order; REJECT leaves it as it is."
        ),
        body=AnswerIn,
        answer=OrderOut,
        refusals=[
            orders.QuestionClosed,
            orders.SubstituteNotPossible,
            orders.OrderBeingChanged,
            *[one for one in CHANGE_AND_PAY_REFUSALS if one is not MissingIdempotencyKey],
        ],
    )
    def post(
        self, request: PersonApiRequest, order_id: int, question_id: int, body: dict[str, Any]
    ) -> Order:
        services.answer_question(
            actor=request.user,
            order_id=order_id,
            question_id=question_id,
            accept=body["answer"] == "ACCEPT",
            product_id=body.get("product_id"),
            quantity=body.get("quantity"),
            pay=pay_request(body),
            request_id=request.request_id,
            now=clock.now(),
        )
        return order_for(actor=request.user, order_id=order_id)


class PayOrder(ApiView):
    @operation(
        tag=TAG,
        summary="Pay for an order that stands",
        description=(
            "Another card, a saved one, or the same once more, while `payment.pay_path` is given or "
            "the order is not charged yet. The new hold comes first, then the old one is let go; "
            "while SCHEDULED the card takes the kept one's place."
        ),
        body=PayIn,
        answer=OrderOut,
        headers=[KEY],
        refusals=[
            NotFound,
            MissingIdempotencyKey,
            IdempotencyKeyReuseMismatch,
            errors.IdempotencyInProgress,
            payments.PaymentRequired,
            payments.CardNumberRefused,
            payments.PaymentTokenNotFound,
            payments.PaymentDeclined,
            payments.PaymentActionRequired,
            payments.PaymentClosed,
            orders.OrderBeingChanged,
            payments.PaymentPending,
            payments.PaymentUnavailable,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> Order:
        services.pay(
            actor=request.user,
            order_id=order_id,
            key=request.headers.get("Idempotency-Key", ""),
            request=pay_request(body),
            request_id=request.request_id,
            now=clock.now(),
        )
        return order_for(actor=request.user, order_id=order_id)
