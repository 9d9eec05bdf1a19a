"""Papers as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Money, instant, money
from api.queries import Query
from billing.models import DocumentType, Language
from billing.papers import Paper


class DocumentVatOut(serializers.Serializer[Any]):
    rate = serializers.CharField(help_text="Percent, e.g. 18.00.")
    net = Money()
    vat = Money()


class DocumentOut(serializers.Serializer[Any]):
    id = Id()
    type = serializers.ChoiceField(choices=DocumentType.values)
    number = serializers.CharField()
    issued_at = Instant()
    total = Money()
    vat = DocumentVatOut(many=True)
    refund_id = Id(allow_null=True)

    def to_representation(self, paper: Paper) -> dict[str, Any]:
        return {
            "id": paper.id,
            "type": paper.type,
            "number": paper.number,
            "issued_at": instant(paper.issued_at),
            "total": money(paper.total),
            "vat": [
                {"rate": str(row.rate), "net": money(row.net), "vat": money(row.vat)}
                for row in paper.vat
            ],
            "refund_id": paper.refund_id,
        }


class DocumentQuery(Query):
    lang = serializers.ChoiceField(choices=Language.values, required=False)
