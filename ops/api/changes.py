"""Changing customers' orders: lines, window, and those whose window fell away."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import KEY, operation
from api.views import ApiView
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from checkout import services as checkout
from checkout.api import CHANGE_AND_PAY_REFUSALS, CHANGE_REFUSALS
from checkout.errors import PriceChanged
from checkout.requests import ChangeRequest
from checkout.serializers import ChangePreviewIn, ChangePreviewOut, StaffChangeIn
from core import clock
from core.errors import Busy, NotFound
from core.typed_requests import PersonApiRequest
from inventory.errors import InsufficientStock
from ops.api.orders import TAG, shown
from ops.change_serializers import QuestionIn, ReslotIn
from ops.selectors.affected import Affected, affected_orders
from ops.serializers import AffectedOut, OpsOrder, OpsOrderOut
from orders import errors
from orders.services import ask_customer, reslot


class OpsPreviewChange(ApiView):
    @operation(
        tag=TAG,
        summary="What an order would be after a change",
        description="Changes nothing; `difference` is the new total less the old one.",
        body=ChangePreviewIn,
        answer=ChangePreviewOut,
        refusals=[*CHANGE_REFUSALS, errors.OwnOrder, Busy],
    )
    def post(
        self, request: PersonApiRequest, order_id: int, body: dict[str, Any]
    ) -> checkout.ChangePreview:
        return checkout.preview_change(
            actor=request.user,
            order_id=order_id,
            request=ChangeRequest(**body),
            now=clock.now(),
            by_staff=True,
        )


class OpsChange(ApiView):
    @operation(
        tag=TAG,
        summary="Change an order until it leaves",
        description=(
            "With a `reason` that its customer is told. What is packed stays packed; an order with "
            "something more goes back to be picked. EXCEEDS_HOLD: it costs more than is held, and "
            "its customer left no card for that."
        ),
        body=StaffChangeIn,
        answer=OpsOrderOut,
        headers=[KEY],
        refusals=[*CHANGE_AND_PAY_REFUSALS, errors.ExceedsHold, errors.OwnOrder],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> OpsOrder:
        checkout.change(
            actor=request.user,
            order_id=order_id,
            key=request.headers.get("Idempotency-Key", ""),
            request=ChangeRequest(**body),
            request_id=request.request_id,
            now=clock.now(),
            by_staff=True,
        )
        return shown(request.user, order_id)


class OpsProposeChange(ApiView):
    @operation(
        tag=TAG,
        summary="Ask the customer to agree to a change",
        description=(
            "Where it costs more than is held (EXCEEDS_HOLD): its customer answers, and pays by "
            "themselves. What it adds is promised until then; nothing else changes."
        ),
        body=StaffChangeIn,
        answer=OpsOrderOut,
        status=201,
        refusals=[
            *CHANGE_REFUSALS,
            PriceChanged,
            errors.OrderBeingChanged,
            errors.OwnOrder,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> OpsOrder:
        checkout.propose_change(
            actor=request.user,
            order_id=order_id,
            request=ChangeRequest(**body),
            now=clock.now(),
        )
        return shown(request.user, order_id)


class OpsReslot(ApiView):
    @operation(
        tag=TAG,
        summary="Give an order another window",
        description=(
            "Also past the hour until which customers order; fee and total stay. Its customer is "
            "told, and may choose another one until picking begins."
        ),
        body=ReslotIn,
        answer=OpsOrderOut,
        refusals=[
            errors.OrderNotChangeable,
            errors.OrderBeingChanged,
            errors.OwnOrder,
            InvalidSlot,
            SlotClosed,
            SlotFull,
            NotFound,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> OpsOrder:
        reslot(
            actor=request.user,
            order_id=order_id,
            slot_id=body["delivery_slot_id"],
            date=body["delivery_date"],
            reason=body["reason"],
            over_capacity=body.get("over_capacity", False),
            now=clock.now(),
        )
        return shown(request.user, order_id)


class OpsAffected(ApiView):
    @operation(
        tag=TAG,
        summary="Open orders whose window cannot be kept",
        description="After a closure, a window or branch taken out, or fewer places.",
        answer=AffectedOut,
        many=True,
    )
    def get(self, request: Request) -> list[Affected]:
        return affected_orders(now=clock.now())


class OpsQuestion(ApiView):
    @operation(
        tag=TAG,
        summary="Ask the customer what to pack instead",
        description="Up to three products, else the closest safe ones; promised until the answer.",
        body=QuestionIn,
        answer=OpsOrderOut,
        status=201,
        refusals=[
            errors.OrderNotInPicking,
            errors.OrderBeingChanged,
            errors.OwnOrder,
            errors.SubstituteNotPossible,
            InsufficientStock,
            NotFound,
            Busy,
        ],
    )
    def post(
        self, request: PersonApiRequest, order_id: int, item_id: int, body: dict[str, Any]
    ) -> OpsOrder:
        ask_customer(
            actor=request.user,
            order_id=order_id,
            item_id=item_id,
            product_ids=body.get("product_ids") or (),
            now=clock.now(),
        )
        return shown(request.user, order_id)
