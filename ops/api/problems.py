"""What customers report as wrong: the list, and the decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.fields import Id, Instant, Money, Text, instant
from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging
from api.views import ApiView
from core import clock
from core.errors import Busy, NotFound
from core.typed_requests import PersonApiRequest
from orders import services as orders
from orders.errors import OwnOrder, ProblemDecided, RefundExceedsLine
from orders.problem_models import ProblemReport
from orders.problem_reports import STATUSES, problem, problems
from orders.problem_serializers import ProblemOut, problem_body
from payments.errors import RefundExceedsCapture

TAG = "Administration"


class ProblemsQuery(Paging):
    status = serializers.ChoiceField(choices=STATUSES, required=False)


class StaffProblemOut(ProblemOut):
    order_id = Id()
    order_number = serializers.CharField()
    customer_id = Id()
    customer_name = serializers.CharField()
    is_automatic = serializers.BooleanField()
    decided_at = Instant(allow_null=True)

    def to_representation(self, report: ProblemReport) -> dict[str, Any]:
        return {
            **problem_body(report),
            "order_id": report.order_id,
            "order_number": report.order.order_number,
            "customer_id": report.user_id,
            "customer_name": report.user.shown_name,
            "is_automatic": report.is_automatic,
            "decided_at": instant(report.decided_at),
        }


class DecisionIn(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=["REFUND", "PART", "REJECT"])
    amount = Money(required=False, allow_null=True, min_value=Decimal("0.01"), help_text="Of PART.")
    note = Text(max_length=500, required=False, allow_blank=True, default="")


class Problems(ApiView):
    @operation(
        tag=TAG,
        summary="What customers reported as wrong",
        description="With a `status` those that wait longest first, else the newest first.",
        query=ProblemsQuery,
        answer=StaffProblemOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(problems(status=query.pop("status", "")), **query)


class DecideProblem(ApiView):
    @operation(
        tag=TAG,
        summary="Decide about a report",
        description=(
            "REFUND gives back what was reported, PART an `amount` of it, REJECT nothing; all but "
            "REFUND need a `note`, which the customer gets by mail."
        ),
        body=DecisionIn,
        answer=StaffProblemOut,
        refusals=[
            NotFound,
            OwnOrder,
            ProblemDecided,
            RefundExceedsLine,
            RefundExceedsCapture,
            Busy,
        ],
    )
    def post(
        self, request: PersonApiRequest, problem_id: int, body: dict[str, Any]
    ) -> ProblemReport:
        orders.decide_problem(actor=request.user, problem_id=problem_id, now=clock.now(), **body)
        return problem(problem_id=problem_id)
