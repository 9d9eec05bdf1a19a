"""What each day's charges and refunds come to: what should arrive at the bank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from core.clock import SHOP_TZ, shop_instant
from payments.models import ProviderCall
from payments.tariffs import tariff_of

NOTHING = Decimal(0)
Kind = ProviderCall.Kind


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Amounts in ₪, fees by the tariff agreed with the provider."""

    charges: int = 0
    captured: Decimal = NOTHING
    refunds: int = 0
    refunded: Decimal = NOTHING
    fees: Decimal = NOTHING

    @property
    def net(self) -> Decimal:
        """What should arrive: charged, less given back, less fees."""
        return self.captured - self.refunded - self.fees


@dataclass(frozen=True, kw_only=True)
class DaySettled(Settled):
    """One day at the shop's clock."""

    day: dt.date


def settlement(*, first: dt.date, last: dt.date) -> list[DaySettled]:
    """Every day from `first` to `last`, in order, days without money too. One query.

    A charge or refund counts on the day the provider carried it out.
    """
    end = shop_instant(last + dt.timedelta(days=1), dt.time(0))
    groups = (
        ProviderCall.objects.filter(
            state=ProviderCall.State.SUCCEEDED,
            kind__in=(Kind.CAPTURE, Kind.REFUND),
            finished_at__gte=shop_instant(first, dt.time(0)),
            finished_at__lt=end,
        )
        .order_by()
        .annotate(day=TruncDate("finished_at", tzinfo=SHOP_TZ), provider=F("payment__provider"))
        .values_list("day", "kind", "provider")
        .annotate(n=Count("pk"), total=Sum("amount"))
    )
    found: dict[dt.date, DaySettled] = {}
    for day, kind, provider, n, total in groups:
        found[day] = _with(found.get(day) or DaySettled(day=day), kind, provider, n, total)
    days = [first + dt.timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [found.get(day) or DaySettled(day=day) for day in days]


def in_all(days: Sequence[DaySettled]) -> Settled:
    """The sum of several days."""
    return Settled(
        charges=sum(one.charges for one in days),
        captured=sum((one.captured for one in days), NOTHING),
        refunds=sum(one.refunds for one in days),
        refunded=sum((one.refunded for one in days), NOTHING),
        fees=sum((one.fees for one in days), NOTHING),
    )


def _with(one: DaySettled, kind: str, provider: str, n: int, total: Decimal) -> DaySettled:
    if kind == Kind.REFUND:
        return replace(one, refunds=one.refunds + n, refunded=one.refunded + total)
    return replace(
        one,
        charges=one.charges + n,
        captured=one.captured + total,
        fees=one.fees + tariff_of(provider).fee(amount=total, charges=n),
    )
