"""Waiting in the JSON API."""

from __future__ import annotations

from typing import Any

from api.operations import operation
from api.views import ApiView
from branches.errors import InvalidSlot, SlotClosed
from cart.selectors import CartView
from cart.serializers import CartOut
from core import clock
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from waiting import errors, selectors, services
from waiting.selectors import WaitingView
from waiting.serializers import WaitIn, WaitingOut

TAG = "Waiting"


class Waiting(ApiView):
    @operation(
        tag=TAG,
        summary="What I wait for",
        description="Open entries, offers first, and those that ended within seven days.",
        answer=WaitingOut,
        many=True,
    )
    def get(self, request: PersonApiRequest) -> list[WaitingView]:
        return selectors.waiting_of(actor=request.user, now=clock.now())

    @operation(
        tag=TAG,
        summary="Tell me when it can be had",
        description="A sold-out product by `product_id`, or a full window by `slot_id` and `date`.",
        body=WaitIn,
        answer=WaitingOut,
        status=201,
        refusals=[
            InvalidInput,
            NotFound,
            InvalidSlot,
            errors.AlreadyAvailable,
            errors.AlreadyWaiting,
            errors.WaitingLimit,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> WaitingView:
        now = clock.now()
        wait = services.wait_for_product if "product_id" in body else services.wait_for_window
        entry = wait(actor=request.user, **body, now=now)
        return selectors.waiting_view(actor=request.user, entry_id=entry.pk, now=now)


class WaitingFor(ApiView):
    @operation(
        tag=TAG,
        summary="Wait no longer",
        description="What was offered goes to the next in line. Again it does no harm.",
        status=204,
        refusals=[NotFound, Busy],
    )
    def delete(self, request: PersonApiRequest, entry_id: int) -> None:
        services.leave(actor=request.user, entry_id=entry_id, now=clock.now())


class AcceptOffer(ApiView):
    @operation(
        tag=TAG,
        summary="Take what is offered",
        description="A window is kept for my basket as any chosen one; of a product one step comes"
        " into it. A second time does no harm while the basket has it.",
        answer=CartOut,
        refusals=[NotFound, errors.OfferOver, SlotClosed, InvalidSlot, Busy],
    )
    def post(self, request: PersonApiRequest, entry_id: int) -> CartView:
        return services.accept(actor=request.user, entry_id=entry_id, now=clock.now())
