"""Stock requests in the JSON API: asking, and deciding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, by_cursor
from api.queries import CursorPaging
from api.views import ApiView
from branches.selectors import any_branch
from core import clock
from core.errors import Busy, NotFound
from core.typed_requests import PersonApiRequest
from stockrequests import errors, selectors, services
from stockrequests.selectors import ReviewRow
from stockrequests.serializers import (
    BulkIn,
    BulkOut,
    OldBulkIn,
    OldBulkOut,
    ReviewIn,
    ReviewQuery,
    StockRequestIn,
    StockRequestOut,
    decision,
)
from stockrequests.services import DecisionResult

TAG = "Stock requests"
NEWEST_FIRST = ("-created_at", "-id")


class StockRequests(ApiView):
    @operation(
        tag=TAG,
        summary="Ask for a correction of the stock",
        body=StockRequestIn,
        answer=StockRequestOut,
        status=201,
        refusals=[NotFound],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> ReviewRow:
        made = services.file_request(actor=request.user, **body, now=clock.now())
        return _row(made)


class MyStockRequests(ApiView):
    @operation(
        tag=TAG,
        summary="What I have asked for",
        description="Newest first.",
        query=CursorPaging,
        answer=StockRequestOut,
        page=True,
    )
    def get(self, request: PersonApiRequest, query: dict[str, Any]) -> Page:
        return _rows(
            by_cursor(selectors.own_requests(actor=request.user), keys=NEWEST_FIRST, **query)
        )


class AdminStockRequests(ApiView):
    @operation(
        tag=TAG,
        summary="Requests of all",
        description="Newest first.",
        query=ReviewQuery,
        answer=StockRequestOut,
        page=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        if "branch_id" in query:
            any_branch(branch_id=query["branch_id"])
        found = selectors.requests_to_review(
            status=query.get("status", ""), branch_id=query.get("branch_id")
        )
        return _rows(by_cursor(found, keys=NEWEST_FIRST, **query))


class ReviewStockRequest(ApiView):
    @operation(
        tag=TAG,
        summary="Approve or reject a request",
        description="Approving changes the stock. Managers do not decide about their own.",
        body=ReviewIn,
        answer=StockRequestOut,
        refusals=[errors.AlreadyReviewed, errors.SelfReview, Busy],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], request_id: int) -> ReviewRow:
        reviewed = services.review(
            actor=request.user, decision=decision(request_id, body), now=clock.now()
        )
        return _row(reviewed)


class BulkReview(ApiView):
    @operation(
        tag=TAG,
        summary="Decide about many requests",
        description="Each by itself: one that is refused does not stop the others.",
        body=BulkIn,
        answer=BulkOut,
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any]) -> list[DecisionResult]:
        decisions = [decision(item["id"], item) for item in body["items"]]
        return services.review_many(actor=request.user, decisions=decisions, now=clock.now())


class OldBulkReview(ApiView):
    @operation(
        tag=TAG,
        summary="Decide about many requests, as the first web client does",
        body=OldBulkIn,
        answer=OldBulkOut,
        deprecated=True,
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any]) -> list[DecisionResult]:
        decisions = [decision(item["request_id"], item) for item in body["items"]]
        return services.review_many(actor=request.user, decisions=decisions, now=clock.now())


def _row(one: Any) -> ReviewRow:
    return selectors.review_rows(requests=[one])[0]


def _rows(page: Page) -> Page:
    return replace(page, items=selectors.review_rows(requests=page.items))
