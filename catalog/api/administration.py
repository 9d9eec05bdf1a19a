"""The catalogue as managers look after it."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, by_cursor, paged
from api.views import ApiView
from catalog import errors, selectors, services
from catalog.models import Category, Product
from catalog.serializers import (
    AdminCategoryOut,
    AdminListQuery,
    AdminProductOut,
    AdminProductsQuery,
    CategoryIn,
    CategoryPatchIn,
    ProductIn,
)
from catalog.services import ProductData
from core.errors import Busy, InvalidInput

TAG = "Administration"


class AdminCategories(ApiView):
    @operation(
        tag=TAG,
        summary="All categories, inactive ones too",
        query=AdminListQuery,
        answer=AdminCategoryOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(selectors.all_categories(), **query)

    @operation(
        tag=TAG,
        summary="Add a category",
        body=CategoryIn,
        answer=AdminCategoryOut,
        status=201,
        refusals=[errors.DuplicateName, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> Category:
        made = services.create_category(actor=request.user, **body)
        return selectors.any_category(category_id=made.pk)


class AdminCategory(ApiView):
    @operation(tag=TAG, summary="A category", answer=AdminCategoryOut)
    def get(self, request: Request, category_id: int) -> Category:
        return selectors.any_category(category_id=category_id)

    @operation(
        tag=TAG,
        summary="Change a category",
        body=CategoryPatchIn,
        partial=True,
        answer=AdminCategoryOut,
        refusals=[errors.CategoryLoop, errors.DuplicateName, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], category_id: int) -> Category:
        services.update_category(actor=request.user, category_id=category_id, changes=body)
        return selectors.any_category(category_id=category_id)

    @operation(
        tag=TAG,
        summary="Hide a category and all below it",
        description="PATCH `is_active` brings it back.",
        status=204,
        refusals=[Busy],
    )
    def delete(self, request: Request, category_id: int) -> None:
        services.deactivate_category(actor=request.user, category_id=category_id)


class AdminProducts(ApiView):
    @operation(
        tag=TAG,
        summary="All products, inactive ones too",
        description="Newest first.",
        query=AdminProductsQuery,
        answer=AdminProductOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        wanted = {k: query[k] for k in ("q", "category_id", "is_active") if k in query}
        return by_cursor(selectors.all_products(**wanted), keys=("-id",), **query)

    @operation(
        tag=TAG,
        summary="Add a product",
        description="At least one name. Every branch gets a stock row of 0.",
        body=ProductIn,
        answer=AdminProductOut,
        status=201,
        refusals=[errors.DuplicateSku, errors.DuplicateBarcode, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> Product:
        made = services.create_product(actor=request.user, data=ProductData(**_stored(body)))
        return selectors.any_product(product_id=made.pk)


class AdminProduct(ApiView):
    @operation(tag=TAG, summary="A product, active or not", answer=AdminProductOut)
    def get(self, request: Request, product_id: int) -> Product:
        return selectors.any_product(product_id=product_id)

    @operation(
        tag=TAG,
        summary="Change a product",
        description="A new price goes into its history.",
        body=ProductIn,
        partial=True,
        answer=AdminProductOut,
        refusals=[errors.DuplicateSku, errors.DuplicateBarcode, InvalidInput, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], product_id: int) -> Product:
        services.update_product(actor=request.user, product_id=product_id, changes=_stored(body))
        return selectors.any_product(product_id=product_id)

    @operation(
        tag=TAG,
        summary="Take a product off the shelf",
        description="PATCH `is_active` brings it back.",
        status=204,
        refusals=[Busy],
    )
    def delete(self, request: Request, product_id: int) -> None:
        services.deactivate_product(actor=request.user, product_id=product_id)


def _stored(body: dict[str, Any]) -> dict[str, Any]:
    """The body under the names of the columns."""
    values = dict(body)
    if "vat_class" in values:
        values["vat_class_id"] = values.pop("vat_class")
    if "brand" in values and not values["brand"]:
        values.pop("brand")
        values["brand_id"] = None
    return values
