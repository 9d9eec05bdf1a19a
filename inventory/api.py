"""Stock in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, by_cursor
from api.views import ApiView
from branches.selectors import any_branch
from core.errors import Busy, NotFound
from inventory import errors, selectors, services
from inventory.models import Stock
from inventory.serializers import InventoryQuery, OldStockIn, SetStockIn, StockOut

TAG = "Administration"
FILTERS = ("branch_id", "product_id", "q", "low")


class Inventory(ApiView):
    @operation(
        tag=TAG,
        summary="Stock by branch and product",
        query=InventoryQuery,
        answer=StockOut,
        page=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        if "branch_id" in query:
            any_branch(branch_id=query["branch_id"])
        wanted = {k: query[k] for k in FILTERS if k in query}
        return by_cursor(
            selectors.inventory_rows(**wanted), keys=("branch_id", "product_id"), **query
        )


class OldInventoryRow(ApiView):
    @operation(
        tag=TAG,
        summary="Write down a count, as the first web client does",
        description="On hand becomes the sum; what is promised does not change.",
        body=OldStockIn,
        answer=StockOut,
        deprecated=True,
        refusals=[Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], stock_id: int) -> Stock:
        services.set_on_hand(actor=request.user, stock_id=stock_id, quantity=sum(body.values()))
        return selectors.stock_row(stock_id=stock_id)


class InventoryRow(OldInventoryRow):
    @operation(
        tag=TAG,
        summary="Write down a count",
        description="What was promised stays promised. A count below it is allowed.",
        body=SetStockIn,
        answer=StockOut,
        refusals=[errors.StaleQuantity, Busy],
    )
    def put(self, request: Request, body: dict[str, Any], stock_id: int) -> Stock:
        services.set_on_hand(actor=request.user, stock_id=stock_id, **body)
        return selectors.stock_row(stock_id=stock_id)
