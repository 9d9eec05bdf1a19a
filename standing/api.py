"""Standing orders in the JSON API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, by_cursor
from api.views import ApiView
from branches.errors import AreaNotServed, InvalidSlot, SameDayNotServed, SlotClosed, SlotFull
from cart.errors import EmptyCart, InvalidQuantity, ProductInactive
from checkout.errors import AddressRequired, BelowMinimum
from core import clock
from core.days import read_day
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from payments.errors import (
    PaymentDeclined,
    PaymentPending,
    PaymentRequired,
    PaymentTokenNotFound,
    PaymentUnavailable,
)
from standing import errors, office, selectors, services
from standing.selectors import OccurrenceView, StandingView
from standing.serializers import (
    AdminStandingOut,
    AdminStandingQuery,
    NewStandingIn,
    OccurrenceIn,
    OccurrenceOut,
    PastQuery,
    PauseIn,
    StandingBriefOut,
    StandingIn,
    StandingOut,
)
from standing.services import ItemData, OccurrenceChange, StandingData

TAG = "Standing orders"
SET_UP = [
    InvalidInput,
    InvalidQuantity,
    InvalidSlot,
    PaymentRequired,
    PaymentTokenNotFound,
    AddressRequired,
    AreaNotServed,
    NotFound,
    ProductInactive,
    Busy,
]


class StandingOrders(ApiView):
    @operation(tag=TAG, summary="My standing orders", answer=StandingBriefOut, many=True)
    def get(self, request: PersonApiRequest) -> list[StandingView]:
        return selectors.standing_orders(actor=request.user, now=clock.now())

    @operation(
        tag=TAG,
        summary="Set one up",
        description="From lines, an order, a list or the basket; default address and card.",
        body=NewStandingIn,
        answer=StandingOut,
        status=201,
        refusals=[*SET_UP, errors.StandingOrderLimit],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> StandingView:
        now = clock.now()
        items, agree = _items(request, body), body.pop("agree")
        row = services.create_standing(
            actor=request.user,
            data=StandingData(**body),
            items=items,
            agree=agree,
            now=now,
            face="API",
        )
        return _view(request, row.pk)


class StandingOrder(ApiView):
    @operation(tag=TAG, summary="One of them", answer=StandingOut, refusals=[NotFound])
    def get(self, request: PersonApiRequest, standing_id: int) -> StandingView:
        return _view(request, standing_id)

    @operation(
        tag=TAG,
        summary="Change it",
        description="Counts for dates that were not edited and are not ordered.",
        body=StandingIn,
        partial=True,
        answer=StandingOut,
        refusals=[*SET_UP, errors.StandingOrderEnded],
    )
    def patch(
        self, request: PersonApiRequest, body: dict[str, Any], standing_id: int
    ) -> StandingView:
        items = body.pop("items", None)
        services.update_standing(
            actor=request.user,
            standing_id=standing_id,
            changes=body,
            items=items,
            now=clock.now(),
        )
        return _view(request, standing_id)

    @operation(
        tag=TAG,
        summary="End it",
        description="Kept places are let go, placed orders stay.",
        status=204,
        refusals=[NotFound, Busy],
    )
    def delete(self, request: PersonApiRequest, standing_id: int) -> None:
        services.end_standing(actor=request.user, standing_id=standing_id)


class Pause(ApiView):
    @operation(
        tag=TAG,
        summary="Let it rest",
        description="Dates before `until` are skipped; without it, all.",
        body=PauseIn,
        answer=StandingOut,
        refusals=[NotFound, InvalidInput, errors.StandingOrderEnded, Busy],
    )
    def post(
        self, request: PersonApiRequest, body: dict[str, Any], standing_id: int
    ) -> StandingView:
        services.pause_standing(
            actor=request.user, standing_id=standing_id, until=body.get("until"), now=clock.now()
        )
        return _view(request, standing_id)


class Resume(ApiView):
    @operation(
        tag=TAG,
        summary="Go on",
        answer=StandingOut,
        refusals=[NotFound, errors.StandingOrderEnded, Busy],
    )
    def post(self, request: PersonApiRequest, standing_id: int) -> StandingView:
        services.resume_standing(actor=request.user, standing_id=standing_id, now=clock.now())
        return _view(request, standing_id)


class Occurrences(ApiView):
    @operation(
        tag=TAG,
        summary="Its dates",
        description="The next ones, or with `past` those that are over, the newest first.",
        query=PastQuery,
        answer=OccurrenceOut,
        many=True,
        refusals=[NotFound],
    )
    def get(
        self, request: PersonApiRequest, query: dict[str, Any], standing_id: int
    ) -> Sequence[OccurrenceView]:
        now = clock.now()
        row = selectors.standing_of(actor=request.user, standing_id=standing_id)
        if query["past"]:
            return selectors.past_of(row=row, now=now, limit=query["limit"])
        count = min(query["limit"], selectors.NEXT)
        return selectors.view_of(row=row, now=now, count=count).next


class Occurrence(ApiView):
    @operation(
        tag=TAG,
        summary="Change one date",
        description="For this date alone. `items` replaces its lines.",
        body=OccurrenceIn,
        answer=OccurrenceOut,
        refusals=[
            NotFound,
            InvalidInput,
            InvalidQuantity,
            InvalidSlot,
            ProductInactive,
            AreaNotServed,
            SlotFull,
            SlotClosed,
            errors.OccurrenceClosed,
            errors.StandingOrderEnded,
            Busy,
        ],
    )
    def patch(
        self, request: PersonApiRequest, body: dict[str, Any], standing_id: int, date: str
    ) -> OccurrenceView:
        day = day_of(date)
        services.change_occurrence(
            actor=request.user,
            standing_id=standing_id,
            date=day,
            change=OccurrenceChange(**body),
            now=clock.now(),
        )
        return _date(request, standing_id, day)


def _step(summary: str, act: Any, *more: Any) -> type[ApiView]:
    class Step(ApiView):
        @operation(
            tag=TAG,
            summary=summary,
            answer=OccurrenceOut,
            refusals=[
                NotFound,
                errors.OccurrenceClosed,
                errors.StandingOrderEnded,
                *more,
                Busy,
            ],
        )
        def post(self, request: PersonApiRequest, standing_id: int, date: str) -> OccurrenceView:
            day = day_of(date)
            act(actor=request.user, standing_id=standing_id, date=day, now=clock.now())
            return _date(request, standing_id, day)

    return Step


Skip = _step("Leave a date out", services.skip_occurrence)
Restore = _step("Bring a date back", services.restore_occurrence)
Draft = _step("Put a date together now", services.make_draft)
Accept = _step("Accept the new prices", services.accept_prices)
Place = _step(
    "Order a date now",
    services.place_now,
    errors.PriceRiseNotAccepted,
    EmptyCart,
    AreaNotServed,
    SameDayNotServed,
    BelowMinimum,
    SlotFull,
    SlotClosed,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
    PaymentRequired,
    AddressRequired,
)


class AdminStandingOrders(ApiView):
    @operation(
        tag="Administration",
        summary="Standing orders",
        description="Each with the date that comes next; newest first.",
        query=AdminStandingQuery,
        answer=AdminStandingOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        page = by_cursor(office.all_standing(**query), keys=("-id",), **query)
        return replace(page, items=office.told(page.items, now=clock.now()))


def _items(request: PersonApiRequest, body: dict[str, Any]) -> list[ItemData]:
    order_id, list_id = body.pop("from_order_id", None), body.pop("from_list_id", None)
    from_cart, items = body.pop("from_cart", False), body.pop("items", None)
    if items is not None:
        return list(items)
    return services.items_from(
        actor=request.user, order_id=order_id, list_id=list_id, from_cart=from_cart
    )


def _view(request: PersonApiRequest, standing_id: int) -> StandingView:
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    return selectors.view_of(row=row, now=clock.now())


def day_of(text: str) -> dt.date:
    """A day in an address. Raises NotFound."""
    try:
        return read_day(text)
    except ValueError:
        raise NotFound from None


def _date(request: PersonApiRequest, standing_id: int, date: dt.date) -> OccurrenceView:
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    return selectors.occurrence_view(row=row, date=date, now=clock.now())
