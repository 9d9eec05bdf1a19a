"""Reports of what was wrong, as the JSON API reads and tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Money, Quantity, Text, instant, money, number
from orders.problem_models import ProblemReport
from orders.problem_reports import KINDS, STATUSES, given_back

A_FEW: dict[str, Any] = {"min_length": 1, "max_length": 100}


class ProblemItemIn(serializers.Serializer[Any]):
    id = Id()
    quantity = Quantity(min_value=Decimal("0.001"))
    kind = serializers.ChoiceField(choices=KINDS)
    text = Text(max_length=500, required=False, allow_blank=True, default="")


class ProblemIn(serializers.Serializer[Any]):
    items = ProblemItemIn(many=True, **A_FEW)


class ProblemItemOut(serializers.Serializer[Any]):
    id = Id(help_text="The line of the order.")
    quantity = Quantity()
    kind = serializers.ChoiceField(choices=KINDS)
    amount = Money(help_text="What it cost, its deposit included.")
    status = serializers.ChoiceField(choices=STATUSES)


class ProblemOut(serializers.Serializer[Any]):
    id = Id()
    status = serializers.ChoiceField(choices=STATUSES)
    created_at = Instant()
    items = ProblemItemOut(many=True)
    note = serializers.CharField(help_text="Our answer.")
    refunded = Money()

    def to_representation(self, report: ProblemReport) -> dict[str, Any]:
        return problem_body(report)


def problem_body(report: ProblemReport) -> dict[str, Any]:
    """A report read with its lines; asks nothing more of the database."""
    return {
        "id": report.pk,
        "status": report.status,
        "created_at": instant(report.created_at),
        "items": [
            {
                "id": row.item_id,
                "quantity": number(row.quantity),
                "kind": row.kind,
                "amount": money(row.amount),
                "status": row.status,
            }
            for row in report.items.all()
        ],
        "note": report.note,
        "refunded": money(given_back(report)),
    }
