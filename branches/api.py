"""Branches and the weekly plan in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging, ToggleQuery
from api.views import ApiView
from branches import errors, selectors, services
from branches.models import Branch, DeliverySlot
from branches.serializers import (
    AdminSlotsQuery,
    BranchAdminOut,
    BranchOut,
    DeliverySourceOut,
    SlotAdminOut,
    SlotIn,
    SlotOut,
    SlotPatchIn,
    WeekQuery,
)
from core.errors import Busy, InvalidInput, NotFound

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
