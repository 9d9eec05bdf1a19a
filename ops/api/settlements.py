"""A day's settlement: what should have arrived, what did, and why not."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.errors import UnsupportedMediaType
from api.fields import Money, Text, Whole, money
from api.operations import operation
from api.queries import Query
from api.views import ApiView
from core import clock
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from payments.payouts import STATES, TYPES, SettledDay, SettledRow
from payments.services.payouts import MAX_BYTES, Uploaded, explain, upload_payouts
from payments.settlement_files import day_csv, fresh_day

TAG = "Administration"


class DayQuery(Query):
    export = serializers.ChoiceField(choices=["csv"], required=False, help_text="Every row as CSV.")


class ProviderDayOut(serializers.Serializer[Any]):
    provider = serializers.CharField()
    captured = Money()
    refunded = Money()
    disputed = Money()
    dispute_fees = Money()
    fees = Money()
    expected = Money()
    paid_out = Money()
    difference = Money()


class SettledRowOut(serializers.Serializer[Any]):
    provider = serializers.CharField()
    reference = serializers.CharField()
    type = serializers.ChoiceField(choices=TYPES)
    order_number = serializers.CharField(allow_null=True)
    expected = Money()
    paid = Money()
    difference = Money()
    state = serializers.ChoiceField(choices=STATES)
    note = serializers.CharField(allow_null=True)

    def to_representation(self, row: SettledRow) -> dict[str, Any]:
        return {
            "provider": row.provider,
            "reference": row.reference,
            "type": row.type,
            "order_number": row.order_number,
            "expected": money(row.expected),
            "paid": money(row.paid),
            "difference": money(row.difference),
            "state": row.state,
            "note": row.note,
        }


SUMS = (
    "captured", "refunded", "disputed", "dispute_fees", "fees", "expected", "paid_out",
    "difference",
)  # fmt: skip


class SettlementOut(serializers.Serializer[Any]):
    date = serializers.DateField()
    providers = ProviderDayOut(many=True)
    rows = SettledRowOut(many=True, help_text="What is not matched, newest first, at most 500.")

    def to_representation(self, day: SettledDay) -> dict[str, Any]:
        row = SettledRowOut().to_representation
        return {
            "date": day.date.isoformat(),
            "providers": [
                {"provider": one.provider, **{name: money(getattr(one, name)) for name in SUMS}}
                for one in day.providers
            ],
            "rows": [row(one) for one in day.open_rows],
        }


class RefusedOut(serializers.Serializer[Any]):
    line = Whole()
    why = serializers.CharField()


class UploadedOut(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    read = Whole()
    matched = Whole()
    unmatched = Whole()
    refused = RefusedOut(many=True)

    def to_representation(self, found: Uploaded) -> dict[str, Any]:
        return dict(vars(found))


class ExplainIn(serializers.Serializer[Any]):
    reference = Text(max_length=100)
    note = Text(max_length=2000)


def _day(date: str) -> dt.date:
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        raise NotFound from None


class Settlement(ApiView):
    @operation(
        tag=TAG,
        summary="What a day's charges, refunds and disputes came to at each provider",
        query=DayQuery,
        answer=SettlementOut,
        other_media_types=["text/csv"],
        refusals=[NotFound],
    )
    def get(
        self, request: Request, query: dict[str, Any], date: str
    ) -> SettledDay | HttpResponseBase:
        day = fresh_day(date=_day(date), now=clock.now())
        return day_csv(day) if query.get("export") == "csv" else day


class UploadPayouts(ApiView):
    parser_classes = [MultiPartParser]

    @operation(
        tag=TAG,
        summary="Take a provider's payout file of a day",
        description=(
            "multipart: `provider`, `file` (UTF-8 CSV with the columns date, reference, type, "
            "gross, fee, net; at most 2 MB), `dry_run` (true unless false). Where a line is "
            "refused, nothing of the file is taken."
        ),
        answer=UploadedOut,
        refusals=[InvalidInput, NotFound, Busy, UnsupportedMediaType],
    )
    def post(self, request: PersonApiRequest, date: str) -> Uploaded:
        file = request.FILES.get("file")
        return upload_payouts(
            actor=request.user,
            date=_day(date),
            provider_name=str(request.POST.get("provider", "")),
            content=file.read(MAX_BYTES + 1) if file is not None else b"",
            dry_run=str(request.POST.get("dry_run", "true")).lower() != "false",
            now=clock.now(),
        )


class ExplainPayout(ApiView):
    @operation(
        tag=TAG,
        summary="Say why a reference of a day does not meet",
        body=ExplainIn,
        answer=SettledRowOut,
        refusals=[NotFound, Busy],
    )
    def post(self, request: PersonApiRequest, date: str, body: dict[str, Any]) -> SettledRow:
        return explain(
            actor=request.user,
            date=_day(date),
            reference=body["reference"],
            note=body["note"],
            now=clock.now(),
        )
