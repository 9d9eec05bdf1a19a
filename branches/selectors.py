"""What pages and services ask about branches and their delivery windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet

from branches.errors import SlotClosed
from branches.models import Branch, Closure, DatedSlot, DeliverySlot
from branches.windows import HORIZON_DAYS, cutoff_at, ends_at, starts_at
from mami.clock import day_of_week, shop_date
from mami.errors import NotFound, ServiceUnavailable

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class SlotChoice:
    """A delivery window on a date, as it stands for one basket.

    `fee` is the base fee in ₪; `remaining` counts free places; `closed_reason` is "", "FULL",
    "CUTOFF" or "CLOSED".
    """

    slot_id: int
    dated_slot_id: int | None
    date: dt.date
    start_time: dt.time
    end_time: dt.time
    starts_at: dt.datetime
    cutoff_at: dt.datetime
    fee: Decimal
    capacity: int
    remaining: int
    is_open: bool
    closed_reason: str

    @property
    def used(self) -> int:
        """Places that orders and other baskets' holds have."""
        return self.capacity - self.remaining


def delivery_source() -> Branch:
    """The branch all deliveries leave from. Raises ServiceUnavailable where there is none."""
    branch = Branch.objects.filter(is_delivery_source=True, is_active=True).first()
    if branch is None:
        raise ServiceUnavailable
    return branch


def active_branches() -> QuerySet[Branch]:
    """Branches open to customers, the delivery source first."""
    return Branch.objects.filter(is_active=True).order_by("-is_delivery_source", "id")


def branch(*, branch_id: int) -> Branch:
    """The active branch. Raises NotFound."""
    found = Branch.objects.filter(pk=branch_id, is_active=True).first()
    if found is None:
        raise NotFound
    return found


def any_branch(*, branch_id: int) -> Branch:
    """The branch, active or not: for managers. Raises NotFound."""
    found = Branch.objects.filter(pk=branch_id).first()
    if found is None:
        raise NotFound
    return found


def weekly_slots(
    *, branch_id: int | None = None, day: int | None = None, include_inactive: bool = False
) -> QuerySet[DeliverySlot]:
    """The weekly plan, by branch, day (0 = Sunday) and start."""
    slots = DeliverySlot.objects.order_by("branch_id", "day_of_week", "start_time", "id")
    if not include_inactive:
        slots = slots.filter(is_active=True, branch__is_active=True)
    if branch_id is not None:
        slots = slots.filter(branch_id=branch_id)
    if day is not None:
        slots = slots.filter(day_of_week=day)
    return slots


def any_slot(*, slot_id: int) -> DeliverySlot:
    """A window of the plan, active or not: for managers. Raises NotFound."""
    found = DeliverySlot.objects.filter(pk=slot_id).first()
    if found is None:
        raise NotFound
    return found


def all_branches() -> QuerySet[Branch]:
    """Every branch, closed ones too, for managers."""
    return Branch.objects.order_by("id")


def available_slots(
    *,
    branch_id: int | None,
    start: dt.date,
    days: int,
    now: dt.datetime,
    exclude_cart_id: int | None = None,
) -> list[SlotChoice]:
    """Every window from `start` for `days` days that is not over, open or not, by time.

    Without a branch: of the one that deliveries leave from. A basket's hold takes a place, save
    the one of `exclude_cart_id`. Three queries.
    """
    slots = weekly_slots(branch_id=branch_id)
    if branch_id is None:
        slots = slots.filter(branch__is_delivery_source=True)
    return _choices(list(slots), start, days, now, exclude_cart_id)


def slot_choice(
    *, slot_id: int, date: dt.date, now: dt.datetime, exclude_cart_id: int | None = None
) -> SlotChoice | None:
    """One window on one date, or None where there is no such window (any more)."""
    slots = list(weekly_slots().filter(pk=slot_id))
    choices = _choices(slots, date, 1, now, exclude_cart_id)
    return choices[0] if choices else None


def next_open_date(
    *, slot_id: int, now: dt.datetime, exclude_cart_id: int | None = None
) -> dt.date:
    """The first date on which the window takes orders, within four weeks.

    Raises NotFound for an unknown or inactive slot, SlotClosed when no date is open.
    """
    slots = list(weekly_slots().filter(pk=slot_id))
    if not slots:
        raise NotFound
    for choice in _choices(slots, shop_date(now), HORIZON_DAYS, now, exclude_cart_id):
        if choice.is_open:
            return choice.date
    raise SlotClosed


def base_fee(slot: DeliverySlot) -> Decimal:
    """What the window costs below the free-delivery threshold, in ₪."""
    return Decimal(settings.DELIVERY_FEE) if slot.fee is None else slot.fee


def _choices(
    slots: list[DeliverySlot],
    start: dt.date,
    days: int,
    now: dt.datetime,
    exclude_cart_id: int | None,
) -> list[SlotChoice]:
    pairs = [
        (slot, date)
        for date in (start + DAY * ahead for ahead in range(days))
        for slot in slots
        if slot.day_of_week == day_of_week(date) and starts_at(slot, date) > now
    ]
    if not pairs:
        return []
    dated = _dated_rows(pairs, now, exclude_cart_id)
    closures = _closures(pairs)
    return [_choice(slot, date, dated.get((slot.pk, date)), closures, now) for slot, date in pairs]


def _dated_rows(
    pairs: list[tuple[DeliverySlot, dt.date]], now: dt.datetime, exclude_cart_id: int | None
) -> dict[tuple[int, dt.date], DatedSlot]:
    rows = DatedSlot.objects.filter(
        slot__in={slot.pk for slot, _ in pairs},
        date__range=(pairs[0][1], pairs[-1][1]),
    ).with_holds(now=now, exclude_cart_id=exclude_cart_id)
    return {(row.slot_id, row.date): row for row in rows}


def _closures(pairs: list[tuple[DeliverySlot, dt.date]]) -> list[Closure]:
    return list(
        Closure.objects.touching(
            branch_id=pairs[0][0].branch_id,
            start=min(starts_at(slot, date) for slot, date in pairs),
            end=max(ends_at(slot, date) for slot, date in pairs),
        )
    )


def _choice(
    slot: DeliverySlot,
    date: dt.date,
    dated: DatedSlot | None,
    closures: Iterable[Closure],
    now: dt.datetime,
) -> SlotChoice:
    begin, end, cutoff = starts_at(slot, date), ends_at(slot, date), cutoff_at(slot, date)
    capacity, used = slot.capacity, 0
    if dated is not None:
        if dated.capacity_override is not None:
            capacity = dated.capacity_override
        used = dated.taken + dated.held  # type: ignore[attr-defined]
    remaining = max(0, capacity - used)
    reason = ""
    if any(c.starts_at < end and c.ends_at > begin for c in closures):
        reason = "CLOSED"
    elif now >= cutoff:
        reason = "CUTOFF"
    elif remaining == 0:
        reason = "FULL"
    return SlotChoice(
        slot_id=slot.pk,
        dated_slot_id=dated.pk if dated else None,
        date=date,
        start_time=slot.start_time,
        end_time=slot.end_time,
        starts_at=begin,
        cutoff_at=cutoff,
        fee=base_fee(slot),
        capacity=capacity,
        remaining=remaining,
        is_open=not reason,
        closed_reason=reason,
    )
