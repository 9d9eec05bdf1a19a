"""Branches and the weekly plan in the JSON API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging, ToggleQuery
from api.views import ApiView
from branches import errors, selectors, services
from branches.calendar import asking
from branches.calendar.days import Day as CalendarDate
from branches.calendar.reading import kept_now
from branches.calendar_models import CalendarDay
from branches.models import Branch, DeliverySlot
from branches.serializers import (
    AdminSlotsQuery,
    BranchAdminOut,
    BranchOut,
    CalendarDayIn,
    CalendarDayOut,
    CalendarOut,
    CalendarQuery,
    CalendarSettingsOut,
    DeliverySourceOut,
    SlotAdminOut,
    SlotIn,
    SlotOut,
    SlotPatchIn,
    WeekQuery,
)
from core import clock
from core.clock import shop_date
from core.days import read_day
from core.errors import Busy, InvalidInput, NotFound, ServiceUnavailable

TAG = "Branches"
FIRST_CLIENT = "First web client"


class Branches(ApiView):
    @operation(
        tag=TAG,
        summary="Our branches",
        description="The one all deliveries leave from comes first.",
        query=Paging,
        answer=BranchOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(selectors.active_branches(), **query)


class DeliverySlots(ApiView):
    @operation(
        tag=TAG,
        summary="The weekly plan of delivery windows",
        query=WeekQuery,
        answer=SlotOut,
        many=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[DeliverySlot]:
        if "branch_id" in query:
            selectors.branch(branch_id=query["branch_id"])
        return list(selectors.weekly_slots(**query))


class AdminDeliverySlots(ApiView):
    @operation(
        tag="Administration",
        summary="The weekly plan, inactive windows too",
        query=AdminSlotsQuery,
        answer=SlotAdminOut,
        page=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        if "branch_id" in query:
            selectors.any_branch(branch_id=query["branch_id"])
        wanted = {k: query[k] for k in ("branch_id", "day") if k in query}
        return paged(selectors.weekly_slots(**wanted, include_inactive=True), **query)

    @operation(
        tag="Administration",
        summary="Add a window",
        description="Two hours within 06:00–22:00.",
        body=SlotIn,
        answer=SlotAdminOut,
        status=201,
        refusals=[NotFound, errors.InvalidSlot, errors.SlotOverlap, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> DeliverySlot:
        return services.create_slot(actor=request.user, **body)


class AdminDeliverySlot(ApiView):
    @operation(tag="Administration", summary="A window of the plan", answer=SlotAdminOut)
    def get(self, request: Request, slot_id: int) -> DeliverySlot:
        return selectors.any_slot(slot_id=slot_id)

    @operation(
        tag="Administration",
        summary="Change a window",
        description="A new capacity counts at once for dates still open.",
        body=SlotPatchIn,
        partial=True,
        answer=SlotAdminOut,
        refusals=[errors.InvalidSlot, errors.SlotOverlap, InvalidInput, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], slot_id: int) -> DeliverySlot:
        return services.update_slot(actor=request.user, slot_id=slot_id, changes=body)

    @operation(
        tag="Administration",
        summary="Take a window out of the plan",
        description="PATCH `is_active` brings it back.",
        status=204,
        refusals=[Busy],
    )
    def delete(self, request: Request, slot_id: int) -> None:
        services.deactivate_slot(actor=request.user, slot_id=slot_id)


class Calendar(ApiView):
    @operation(
        tag=TAG,
        summary="Days of rest, and when they close and open the shop",
        description="Where deliveries leave from. Windows within [`closes_at`, `opens_at`) are closed.",
        query=CalendarQuery,
        answer=CalendarOut,
        many=True,
        refusals=[ServiceUnavailable],
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[CalendarDate]:
        start = query.get("start") or shop_date(clock.now())
        return asking.calendar_of(start=start, days=query["days"])


class AdminCalendar(ApiView):
    @operation(
        tag="Administration",
        summary="How the shop keeps the calendar",
        answer=CalendarSettingsOut,
    )
    def get(self, request: Request) -> dict[str, Any]:
        return kept_now().settings

    @operation(
        tag="Administration",
        summary="Say how the shop keeps the calendar",
        description="Placed orders stay as they are.",
        body=CalendarSettingsOut,
        partial=True,
        answer=CalendarSettingsOut,
        refusals=[InvalidInput, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        return services.update_calendar(actor=request.user, changes=body).settings


class AdminCalendarDays(ApiView):
    @operation(
        tag="Administration",
        summary="Dates on which the shop keeps other hours",
        query=Paging,
        answer=CalendarDayOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(asking.calendar_days(start=shop_date(clock.now())), **query)


class AdminCalendarDay(ApiView):
    @operation(
        tag="Administration",
        summary="Keep other hours on a date",
        description=(
            "`closes_at` alone: closed from then to midnight; `opens_at` alone: until then; neither:"
            " all day, unless `is_open`. It wins over the calendar; placed orders stay."
        ),
        body=CalendarDayIn,
        answer=CalendarDayOut,
        refusals=[InvalidInput, Busy],
    )
    def put(self, request: Request, body: dict[str, Any], date: str) -> CalendarDay:
        return services.set_calendar_day(
            actor=request.user, date=day_of(date), data=services.DayData(**body), now=clock.now()
        )

    @operation(tag="Administration", summary="Keep the calendar again", status=204, refusals=[Busy])
    def delete(self, request: Request, date: str) -> None:
        services.remove_calendar_day(actor=request.user, date=day_of(date))


class DeliverySource(ApiView):
    @operation(
        tag=FIRST_CLIENT, summary="The branch all deliveries leave from", answer=DeliverySourceOut
    )
    def get(self, request: Request) -> Branch:
        return selectors.delivery_source()


class ToggleBranch(ApiView):
    @operation(
        tag=FIRST_CLIENT,
        summary="Open or close a branch",
        query=ToggleQuery,
        answer=BranchAdminOut,
        refusals=[errors.DeliverySourceRequired, Busy],
    )
    def patch(self, request: Request, query: dict[str, Any], branch_id: int) -> Branch:
        return services.update_branch(actor=request.user, branch_id=branch_id, changes=query)


class ToggleSlot(ApiView):
    @operation(
        tag=FIRST_CLIENT,
        summary="Put a window into the plan or take it out",
        query=ToggleQuery,
        answer=SlotAdminOut,
        refusals=[errors.SlotOverlap, Busy],
    )
    def patch(self, request: Request, query: dict[str, Any], slot_id: int) -> DeliverySlot:
        return services.update_slot(actor=request.user, slot_id=slot_id, changes=query)


def day_of(text: str) -> dt.date:
    """A day in an address. Raises NotFound."""
    try:
        return read_day(text)
    except ValueError:
        raise NotFound from None
