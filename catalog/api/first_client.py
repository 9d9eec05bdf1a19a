"""What only the first-generation web client asks of the catalogue."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.queries import ToggleQuery
from api.views import ApiView
from branches import selectors as branches
from catalog import selectors, services
from catalog.models import Category, Product
from catalog.product_rows import Described
from catalog.serializers import (
    AdminCategoryOut,
    AdminProductOut,
    FeaturedQuery,
    ProductOut,
)
from core.errors import Busy, NotFound

TAG = "First web client"


class Featured(ApiView):
    @operation(
        tag=TAG,
        summary="Newest products, those on sale first",
        query=FeaturedQuery,
        answer=ProductOut,
        many=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[Described]:
        if "branch_id" in query:
            branches.branch(branch_id=query["branch_id"])
        return selectors.featured(**query)


class ToggleCategory(ApiView):
    @operation(
        tag=TAG,
        summary="Show or hide a category",
        query=ToggleQuery,
        answer=AdminCategoryOut,
        refusals=[Busy],
    )
    def patch(self, request: Request, query: dict[str, Any], category_id: int) -> Category:
        services.update_category(actor=request.user, category_id=category_id, changes=query)
        return selectors.any_category(category_id=category_id)


class ToggleProduct(ApiView):
    @operation(
        tag=TAG,
        summary="Put a product on the shelf or take it off",
        query=ToggleQuery,
        answer=AdminProductOut,
        refusals=[Busy],
    )
    def patch(self, request: Request, query: dict[str, Any], product_id: int) -> Product:
        services.update_product(actor=request.user, product_id=product_id, changes=query)
        return selectors.any_product(product_id=product_id)
