"""The catalogue in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging
from api.views import ApiView
from branches import selectors as branches
from catalog import selectors
from catalog.models import Product
from catalog.product_rows import Described
from catalog.searched import count_search, searched
from catalog.selectors import ShelfPage
from catalog.serializers import (
    AutocompleteOut,
    AutocompleteQuery,
    BranchQuery,
    CategoryOut,
    FacetsOut,
    ProductOut,
    SearchedOut,
    SearchParameters,
    ShelfQuery,
)
from catalog.tree import Node
from core.errors import NotFound

TAG = "Catalogue"
KEPT_SECONDS = 15
UNCOUNTED = ("q", "limit", "offset", "branch_id", "sort", "as_typed")
"""What of a search is no filter."""


class Categories(ApiView):
    @operation(
        tag=TAG,
        summary="Departments and categories",
        query=Paging,
        answer=CategoryOut,
        page=True,
        kept_seconds=KEPT_SECONDS,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged([_category(node) for node in selectors.category_tree().walk()], **query)


class CategoryProducts(ApiView):
    @operation(
        tag=TAG,
        summary="Products of a category and all below it",
        query=ShelfQuery,
        answer=ProductOut,
        page=True,
        kept_seconds=KEPT_SECONDS,
    )
    def get(self, request: Request, query: dict[str, Any], category_id: int) -> Page:
        _check_branch(query)
        return _page(selectors.subtree(category_id=category_id, **query))


class Search(ApiView):
    @operation(
        tag=TAG,
        summary="Find products",
        description=(
            "Without `q` everything. Sorted by `relevance` unless told otherwise. With a `q`, that "
            "order is weighed anew for each text and has no cursor: `next_cursor` is null, go on by "
            "`offset`, or sort by a column."
        ),
        query=SearchParameters,
        answer=ProductOut,
        page=True,
        beside={"facets": FacetsOut, "search": SearchedOut},
        null_beside=frozenset({"search"}),
        kept_seconds=KEPT_SECONDS,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        _check_branch(query)
        found = selectors.listing(**query)
        count_search(found, filters={**query, **dict.fromkeys(UNCOUNTED)})
        return _page(found, search=searched(found))


class Autocomplete(ApiView):
    @operation(
        tag=TAG,
        summary="Products for a text that is still being typed",
        query=AutocompleteQuery,
        answer=AutocompleteOut,
        many=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> list[Product]:
        return selectors.suggestions(**query).products


class ProductDetail(ApiView):
    @operation(tag=TAG, summary="One product", query=BranchQuery, answer=ProductOut)
    def get(self, request: Request, query: dict[str, Any], product_id: int) -> Any:
        _check_branch(query)
        return selectors.described_product(product_id=product_id, **query)


def _category(node: Node) -> dict[str, Any]:
    return {
        "id": node.category.pk,
        "name": node.category.name,
        "parent_id": node.category.parent_id,
        "product_count": node.count,
        "is_active": node.category.is_active,
    }


def _page(shelf: ShelfPage[Described], **beside: Any) -> Page:
    return Page(
        items=shelf.items,
        total=shelf.total,
        limit=shelf.limit,
        offset=shelf.offset,
        has_next=shelf.has_next,
        by_cursor=True,
        next_cursor=shelf.next_cursor,
        extra={"facets": shelf.facets, **beside},
    )


def _check_branch(query: dict[str, Any]) -> None:
    if "branch_id" in query:
        branches.branch(branch_id=query["branch_id"])
