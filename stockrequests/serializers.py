"""Stock requests as the JSON API speaks of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Quantity, Text, Whole, instant, number
from api.queries import CursorPaging
from stockrequests.models import StockRequest
from stockrequests.selectors import ReviewRow
from stockrequests.services import MOST_AT_ONCE, REASON_LENGTH, Decision, DecisionResult


class StockRequestIn(serializers.Serializer[Any]):
    branch_id = Id()
    product_id = Id()
    quantity = Quantity(help_text="SET: 0 or more; ADD: 1 or more.")
    request_type = serializers.ChoiceField(choices=StockRequest.Type.values)
    reason = Text(max_length=REASON_LENGTH, required=False, allow_blank=True)


class StockRequestOut(serializers.Serializer[Any]):
    id = Id()
    branch_id = Id()
    branch_name = serializers.CharField()
    product_id = Id()
    product_name = serializers.CharField()
    product_sku = serializers.CharField()
    quantity = Quantity()
    approved_quantity = Quantity(allow_null=True)
    request_type = serializers.ChoiceField(choices=StockRequest.Type.values)
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=StockRequest.Status.values)
    requested_by = Id()
    requested_by_name = serializers.CharField()
    reviewed_by = Id(allow_null=True)
    reviewed_by_name = serializers.CharField(allow_null=True)
    reviewed_at = Instant(allow_null=True)
    rejection_reason = serializers.CharField(allow_null=True)
    current_quantity = Quantity(help_text="What stands on the shelf now.")
    created_at = Instant()

    def to_representation(self, row: ReviewRow) -> dict[str, Any]:
        request = row.request
        reviewer = request.reviewed_by
        return {
            "id": request.pk,
            "branch_id": request.branch_id,
            "branch_name": request.branch.name,
            "product_id": request.product_id,
            "product_name": request.product.name,
            "product_sku": request.product.sku,
            "quantity": number(request.quantity),
            "approved_quantity": number(request.approved_quantity),
            "request_type": request.request_type,
            "reason": request.reason,
            "status": request.status,
            "requested_by": request.requested_by_id,
            "requested_by_name": request.requested_by.full_name,
            "reviewed_by": request.reviewed_by_id,
            "reviewed_by_name": reviewer.full_name if reviewer else None,
            "reviewed_at": instant(request.reviewed_at),
            "rejection_reason": request.rejection_reason or None,
            "current_quantity": number(row.current_quantity),
            "created_at": instant(request.created_at),
        }


class ReviewQuery(CursorPaging):
    status = serializers.ChoiceField(choices=StockRequest.Status.values, required=False)
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class ReviewIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["APPROVED", "REJECTED"])
    approved_quantity = Quantity(required=False, allow_null=True)
    rejection_reason = Text(max_length=REASON_LENGTH, required=False, allow_blank=True)


class BulkItemIn(serializers.Serializer[Any]):
    """One decision; a status that makes no sense is refused for its row alone."""

    id = Id()
    status = serializers.CharField(max_length=20)
    approved_quantity = Quantity(required=False, allow_null=True)
    rejection_reason = Text(max_length=1000, required=False, allow_blank=True)


class BulkIn(serializers.Serializer[Any]):
    items = BulkItemIn(many=True, allow_empty=False, max_length=MOST_AT_ONCE)


class OldBulkItemIn(BulkItemIn):
    id = None
    request_id = Id()


class OldBulkIn(serializers.Serializer[Any]):
    items = OldBulkItemIn(many=True, allow_empty=False, max_length=MOST_AT_ONCE)


class RowErrorOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class BulkResultOut(serializers.Serializer[Any]):
    id = Id()
    result = serializers.ChoiceField(choices=["ok", "error"])
    error = RowErrorOut(required=False)


class BulkOut(serializers.Serializer[Any]):
    results = BulkResultOut(many=True)
    succeeded = Whole()
    failed = Whole()

    def to_representation(self, outcomes: list[DecisionResult]) -> dict[str, Any]:
        results = [self.row(outcome) for outcome in outcomes]
        failed = sum(row["result"] == "error" for row in results)
        return {"results": results, "succeeded": len(results) - failed, "failed": failed}

    def row(self, outcome: DecisionResult) -> dict[str, Any]:
        if outcome.refusal is None:
            return {"id": outcome.request_id, "result": "ok"}
        error = {"code": outcome.refusal.code, "message": str(outcome.refusal.message)}
        return {"id": outcome.request_id, "result": "error", "error": error}


class OldBulkResultOut(BulkResultOut):
    request_id = Id()


class OldBulkOut(BulkOut):
    results = OldBulkResultOut(many=True)

    def row(self, outcome: DecisionResult) -> dict[str, Any]:
        return {**super().row(outcome), "request_id": outcome.request_id}


def decision(request_id: int, body: dict[str, Any]) -> Decision:
    return Decision(
        request_id=request_id,
        status=body["status"],
        approved_quantity=body.get("approved_quantity"),
        rejection_reason=body.get("rejection_reason", ""),
    )
