"""Reporting what was wrong with one of my orders, in the JSON API."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser

from api.operations import KEY, WithStatus, operation
from api.parsers import StrictJSONParser
from api.views import ApiView
from core import clock
from core.errors import (
    Busy,
    IdempotencyKeyReuseMismatch,
    InvalidInput,
    MissingIdempotencyKey,
    NotFound,
)
from core.typed_requests import PersonApiRequest
from orders import errors, selectors, services
from orders.problem_models import ProblemReport
from orders.problem_reports import problem_for, problems_of
from orders.problem_serializers import ProblemIn, ProblemOut

TAG = "Orders"


class ReportParser(MultiPartParser):
    """A form whose `items` are JSON, with a file `photo_<line id>` for each photographed line."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        parts = super().parse(stream, media_type, parser_context)
        try:
            items = orjson.loads(parts.data.get("items") or "[]")
        except orjson.JSONDecodeError as error:
            raise InvalidInput(fields={"items": [_("The body is not valid JSON.")]}) from error
        return {"items": items, "photos": dict(parts.files.items())}


class Problems(ApiView):
    parser_classes = [StrictJSONParser, ReportParser]

    @operation(tag=TAG, summary="What I reported about an order", answer=ProblemOut, many=True)
    def get(self, request: PersonApiRequest, order_id: int) -> list[ProblemReport]:
        order = selectors.order_for(actor=request.user, order_id=order_id)
        return problems_of(order=order)

    @operation(
        tag=TAG,
        summary="Say what was wrong with a delivered order",
        description=(
            "Small ones with a photograph are given back at once (REFUNDED), the others are looked "
            "at (RECEIVED). As JSON, or multipart with `items` as JSON and files `photo_<line id>`."
        ),
        body=ProblemIn,
        answer=ProblemOut,
        status=201,
        also={200: "The same key and body again: the first report."},
        headers=[KEY],
        refusals=[
            MissingIdempotencyKey,
            IdempotencyKeyReuseMismatch,
            NotFound,
            errors.OrderNotDelivered,
            errors.ProblemTooLate,
            errors.RefundExceedsLine,
            errors.PhotoRefused,
            Busy,
        ],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> WithStatus:
        photos = request.data.get("photos") if isinstance(request.data, dict) else None
        files = photos if request.content_type.startswith("multipart/") else None
        report, is_new = services.report_problem(
            actor=request.user,
            order_id=order_id,
            items=[
                services.Reported(**one, photo=(files or {}).get(f"photo_{one['id']}"))
                for one in body["items"]
            ],
            key=request.headers.get("Idempotency-Key", ""),
            now=clock.now(),
        )
        found = problem_for(actor=request.user, problem_id=report.pk)
        return WithStatus(found, status=201 if is_new else 200)
