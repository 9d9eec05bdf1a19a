"""Localities and delivery areas in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging
from api.views import ApiView
from branches import areas, errors, services
from branches.area_models import DeliveryArea, Locality
from branches.area_serializers import (
    AreaAdminOut,
    AreaIn,
    AreaOut,
    LocalitiesQuery,
    LocalityOut,
)
from core.errors import Busy

TAG = "Branches"


class Localities(ApiView):
    @operation(
        tag=TAG,
        summary="Places, and whether we deliver there",
        description="Larger ones first. Without `q` the largest of those we deliver to.",
        query=LocalitiesQuery,
        answer=LocalityOut,
        many=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[Locality]:
        return areas.localities(**query)


class DeliveryAreas(ApiView):
    @operation(tag=TAG, summary="Where we deliver, on which terms", answer=AreaOut, many=True)
    def get(self, request: Request) -> list[DeliveryArea]:
        return list(areas.active_areas())


class AdminDeliveryAreas(ApiView):
    @operation(
        tag="Administration",
        summary="Delivery areas, those that are switched off too",
        query=Paging,
        answer=AreaAdminOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(areas.all_areas().prefetch_related("members"), **query)

    @operation(
        tag="Administration",
        summary="Add a delivery area",
        description="`localities` are codes; a locality is served by one active area at most.",
        body=AreaIn,
        answer=AreaAdminOut,
        status=201,
        refusals=[errors.DuplicateAreaName, errors.LocalityTaken, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> DeliveryArea:
        return services.create_area(actor=request.user, values=body)


class AdminDeliveryArea(ApiView):
    @operation(tag="Administration", summary="A delivery area", answer=AreaAdminOut)
    def get(self, request: Request, area_id: int) -> DeliveryArea:
        return areas.area_of(area_id=area_id)

    @operation(
        tag="Administration",
        summary="Change a delivery area",
        description="`localities` replaces all of them. Orders keep what was agreed.",
        body=AreaIn,
        partial=True,
        answer=AreaAdminOut,
        refusals=[errors.DuplicateAreaName, errors.LocalityTaken, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], area_id: int) -> DeliveryArea:
        return services.update_area(actor=request.user, area_id=area_id, changes=body)

    @operation(
        tag="Administration",
        summary="Deliver to an area no more",
        description="Orders keep what was agreed.",
        status=204,
        refusals=[Busy],
    )
    def delete(self, request: Request, area_id: int) -> None:
        services.delete_area(actor=request.user, area_id=area_id)
