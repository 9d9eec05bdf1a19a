"""A day at the provider: what should have arrived for each charge, refund and dispute, and what did.

Amounts are ₪. A row's `expected` and `paid` are signed net amounts; the sums of a provider are
positive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.clock import shop_instant
from core.money import ZERO
from payments.choices import DisputeStatus
from payments.dispute_models import Dispute
from payments.models import ProviderCall
from payments.payout_models import PayoutNote, PayoutRow, PayoutType
from payments.tariffs import tariff_of

MATCHED, UNMATCHED, EXPLAINED = "MATCHED", "UNMATCHED", "EXPLAINED"
STATES = (MATCHED, UNMATCHED, EXPLAINED)
TYPES = tuple(PayoutType.values)
MAX_ROWS = 500
Type = PayoutType
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class SettledRow:
    """One reference of a day; `order_number` is None for one the shop does not know."""

    provider: str
    reference: str
    type: str
    order_number: str | None = None
    expected: Decimal = ZERO
    paid: Decimal = ZERO
    note: str | None = None
    at: dt.datetime | None = None

    @property
    def difference(self) -> Decimal:
        return self.paid - self.expected

    @property
    def state(self) -> str:
        if not self.difference:
            return MATCHED
        return UNMATCHED if self.note is None else EXPLAINED


@dataclass(frozen=True, kw_only=True)
class ProviderDay:
    """The sums of a provider's day."""

    provider: str
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    disputed: Decimal = ZERO
    dispute_fees: Decimal = ZERO
    fees: Decimal = ZERO
    paid_out: Decimal = ZERO

    @property
    def expected(self) -> Decimal:
        return self.captured - self.refunded - self.disputed - self.dispute_fees - self.fees

    @property
    def difference(self) -> Decimal:
        return self.paid_out - self.expected


@dataclass(kw_only=True)
class SettledDay:
    """A shop day: the sums of each provider and every row, newest first."""

    date: dt.date
    providers: list[ProviderDay] = field(default_factory=list)
    rows: list[SettledRow] = field(default_factory=list)

    @property
    def open_rows(self) -> list[SettledRow]:
        """What is not matched, at most 500."""
        return [row for row in self.rows if row.state != MATCHED][:MAX_ROWS]


class _Day:
    """Adds a day up, reference by reference."""

    def __init__(self, date: dt.date) -> None:
        self.date = date
        self.sums: dict[str, ProviderDay] = {}
        self.rows: dict[Key, SettledRow] = {}

    def expect(
        self,
        *,
        provider: str,
        reference: str,
        type: str,  # noqa: A002  the column's name
        order_number: str,
        net: Decimal,
        at: dt.datetime,
        **sums: Decimal,
    ) -> None:
        row = self._row(provider, reference, type)
        self.rows[(provider, reference)] = replace(
            row, order_number=order_number, expected=row.expected + net, at=at
        )
        self.add(provider, **sums)

    def pay(self, paid: PayoutRow) -> None:
        row = self._row(paid.provider, paid.reference, paid.type)
        known = paid.net if paid.type == Type.FEE else ZERO
        self.rows[(paid.provider, paid.reference)] = replace(
            row, paid=row.paid + paid.net, expected=row.expected + known
        )
        self.add(paid.provider, paid_out=paid.net, fees=-known)

    def add(self, provider: str, **sums: Decimal) -> None:
        found = self.sums.setdefault(provider, ProviderDay(provider=provider))
        self.sums[provider] = replace(
            found, **{name: getattr(found, name) + value for name, value in sums.items()}
        )

    def _row(self, provider: str, reference: str, kind: str) -> SettledRow:
        key = (provider, reference)
        fresh = SettledRow(provider=provider, reference=reference, type=kind)
        return self.rows.setdefault(key, fresh)


def settled_day(*, date: dt.date) -> SettledDay:
    """What a shop day comes to. Four queries."""
    start = shop_instant(date, dt.time(0))
    end = shop_instant(date + dt.timedelta(days=1), dt.time(0))
    told = list(PayoutRow.objects.filter(date=date).order_by("pk"))
    fees = {(row.provider, row.reference): row.fee for row in told if row.type == Type.CAPTURE}
    day = _Day(date)
    _expect_calls(day, start, end, fees)
    _expect_disputes(day, start, end)
    for row in told:
        if row.type != Type.PAYOUT:
            day.pay(row)
    notes = {
        (note.provider, note.reference): note.note for note in PayoutNote.objects.filter(date=date)
    }
    rows = [replace(row, note=notes.get(key)) for key, row in day.rows.items()]
    rows.sort(key=lambda row: (row.at or start, row.reference), reverse=True)
    return SettledDay(date=date, providers=[day.sums[name] for name in sorted(day.sums)], rows=rows)


def _expect_calls(
    day: _Day, start: dt.datetime, end: dt.datetime, fees: dict[Key, Decimal]
) -> None:
    calls = ProviderCall.objects.filter(
        state=ProviderCall.State.SUCCEEDED,
        kind__in=("CAPTURE", "REFUND"),
        finished_at__gte=start,
        finished_at__lt=end,
    ).select_related("payment")
    for call in calls.order_by("finished_at", "pk"):
        payment = call.payment
        assert call.finished_at is not None  # noqa: S101  the filter says so
        common = {
            "provider": payment.provider,
            "reference": payment.provider_reference,
            "order_number": payment.order_number,
            "at": call.finished_at,
        }
        if call.kind == "REFUND":
            day.expect(type=Type.REFUND, net=-call.amount, refunded=call.amount, **common)  # type: ignore[arg-type]
            continue
        usual = tariff_of(payment.provider).fee(amount=call.amount, charges=1)
        fee = fees.get((payment.provider, payment.provider_reference), usual)
        day.expect(
            type=Type.CAPTURE,
            net=call.amount - fee,
            captured=call.amount,
            fees=fee,
            **common,  # type: ignore[arg-type]
        )


def _expect_disputes(day: _Day, start: dt.datetime, end: dt.datetime) -> None:
    """A dispute counts on the day it was opened; one that was won comes back on the day it closed."""
    rows = Dispute.objects.exclude(status=DisputeStatus.WARNING).select_related("payment")
    for row in _between(rows, "opened_at", start, end):
        _expect_dispute(day, row, amount=row.amount, fee=row.fee, at=row.opened_at)
    for row in _between(rows.filter(status=DisputeStatus.WON), "closed_at", start, end):
        _expect_dispute(day, row, amount=-row.amount, fee=ZERO, at=row.closed_at or start)


def _between(rows: object, column: str, start: dt.datetime, end: dt.datetime) -> Iterable[Dispute]:
    wanted = {f"{column}__gte": start, f"{column}__lt": end}
    return rows.filter(**wanted).defer("evidence", "copy").order_by("pk")  # type: ignore[attr-defined]


def _expect_dispute(
    day: _Day, row: Dispute, *, amount: Decimal, fee: Decimal, at: dt.datetime
) -> None:
    day.expect(
        provider=row.payment.provider,
        reference=row.provider_reference,
        type=Type.DISPUTE,
        order_number=row.payment.order_number,
        net=-amount - fee,
        at=at,
        disputed=amount,
        dispute_fees=fee,
    )
