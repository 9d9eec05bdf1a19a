"""What only the first-generation web client asks of the catalogue."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from branches import selectors as branches
from catalog import selectors, services
from catalog.described import Described
from catalog.models import Category, Product, WishlistItem
from catalog.serializers import (
    AdminCategoryOut,
    AdminProductOut,
    FeaturedQuery,
    ProductOut,
    WishIn,
    WishlistOut,
    WishOut,
)
from mami.api.operations import operation
from mami.api.queries import ToggleQuery
from mami.api.views import ApiView
from mami.errors import Busy, NotFound
from mami.signed_in import PersonApiRequest

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


class Wishlist(ApiView):
    @operation(tag=TAG, summary="What I want to find again", answer=WishlistOut)
    def get(self, request: PersonApiRequest) -> dict[str, list[WishlistItem]]:
        return {"items": selectors.wishes_of(actor=request.user)}

    @operation(
        tag=TAG,
        summary="Remember a product",
        body=WishIn,
        answer=WishOut,
        status=201,
        refusals=[NotFound],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> WishlistItem:
        return services.save_wish(actor=request.user, **body)


class WishlistProduct(ApiView):
    @operation(tag=TAG, summary="Forget a product", status=204)
    def delete(self, request: PersonApiRequest, product_id: int) -> None:
        services.forget_wish(actor=request.user, product_id=product_id)
