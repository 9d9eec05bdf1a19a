"""Branches and the weekly plan in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from branches import selectors
from branches.models import DeliverySlot
from branches.serializers import BranchOut, SlotOut, WeekQuery
from mami.api.operations import operation
from mami.api.pagination import Page, paged
from mami.api.queries import Paging
from mami.api.views import ApiView
from mami.errors import NotFound

TAG = "Branches"


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
