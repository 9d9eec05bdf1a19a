"""What pages and services ask about branches and their delivery windows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from branches.calendar.reading import Shut, shut
from branches.calendar.rests import note_of, orders_until, resting
from branches.errors import BranchClosed, SlotClosed
from branches.models import Branch, DatedSlot, DeliverySlot, Holder
from branches.sql import DATED
from branches.windows import (
    HORIZON_DAYS,
    OFFER,
    PICKUP_DAYS,
    closed_reason,
    cutoff_at,
    ends_at,
    openings,
    ready_until,
    reason_between,
    shut_times,
    starts_at,
)
from core.clock import day_of_week, shop_date, shop_instant
from core.errors import NotFound, ServiceUnavailable

DAY = dt.timedelta(days=1)
SHUT_REASONS = frozenset({"CLOSED", "SHABBAT", "HOLIDAY"})


@dataclass(frozen=True, kw_only=True)
class SlotChoice:
    """A delivery window on a date, as it stands for one basket.

    `fee` is the base fee in ₪; `remaining` counts free places; `closed_reason` is "", "FULL",
    "CUTOFF", "CLOSED", "SHABBAT", "HOLIDAY" or "NOT_OFFERED" (beyond four weeks); `closed_note`
    says what is kept, in the reader's language; orders are taken until `cutoff_at`.
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
    closed_note: str = ""

    @property
    def is_shut(self) -> bool:
        """Whether nobody works then: a closure or a rest."""
        return self.closed_reason in SHUT_REASONS

    @property
    def ends_at(self) -> dt.datetime:
        """When the window is over."""
        return shop_instant(self.date, self.end_time)

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
    slots = DeliverySlot.objects.select_related("branch").order_by(
        "branch_id", "day_of_week", "start_time", "id"
    )
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
    but_for: Holder | None = None,
) -> list[SlotChoice]:
    """Every window from `start` for `days` days that is not over, open or not, by time.

    Without a branch: of the one that deliveries leave from. A kept place is gone, save the
    one of the holder `but_for`. Three queries.
    """
    slots = weekly_slots(branch_id=branch_id)
    if branch_id is None:
        slots = slots.filter(branch__is_delivery_source=True)
    return _choices(list(slots.select_related(None)), start, days, now, but_for)


def slot_choice(
    *, slot_id: int, date: dt.date, now: dt.datetime, but_for: Holder | None = None
) -> SlotChoice | None:
    """One window on one date, or None where there is no such window (any more)."""
    slots = list(weekly_slots().filter(pk=slot_id))
    choices = _choices(slots, date, 1, now, but_for)
    return choices[0] if choices else None


def next_open_date(
    *,
    slot_id: int,
    now: dt.datetime,
    but_for: Holder | None = None,
    start: dt.date | None = None,
) -> dt.date:
    """The first date (from `start` on) on which the window takes orders, within four weeks.

    Raises NotFound for an unknown or inactive slot, SlotClosed when no date is open.
    """
    slots = list(weekly_slots().filter(pk=slot_id))
    if not slots:
        raise NotFound
    for choice in _choices(slots, start or shop_date(now), HORIZON_DAYS, now, but_for):
        if choice.is_open:
            return choice.date
    raise SlotClosed


def kept_window(*, dated_slot_id: int, holder: Holder, now: dt.datetime) -> tuple[DatedSlot, str]:
    """A window with slot and branch, and its `closed_reason` for whom a place is kept in it.

    Two queries.
    """
    rows = DatedSlot.objects.select_related("slot__branch").with_holds(now=now, but_for=holder)
    dated = rows.get(pk=dated_slot_id)
    return dated, _reason(dated, held=dated.held, now=now)  # type: ignore[attr-defined]


def reason_closed(*, dated_slot: DatedSlot, now: dt.datetime, but_for: Holder | None = None) -> str:
    """`closed_reason` of a window on its date, as it stands now for one holder. Two queries.

    `dated_slot` comes with its slot and branch; places kept by others count as gone.
    """
    counted = DatedSlot.objects.with_holds(now=now, but_for=but_for)
    held = counted.values_list("held", flat=True).get(pk=dated_slot.pk)  # type: ignore[misc]
    return _reason(dated_slot, held=held, now=now)


def line_until(*, dated_slot: DatedSlot) -> dt.datetime:
    """From when on nobody waits for a place in the window: what is free is open to all. One query.

    Half an hour before the last order, which may be the one before a rest.
    """
    slot, date = dated_slot.slot, dated_slot.date
    begin = starts_at(slot, date)
    here = shut(branch_id=slot.branch_id, start=begin, end=ends_at(slot, date))
    return orders_until(begin, cutoff_at(slot, date), here.rests) - OFFER


def _reason(dated: DatedSlot, *, held: int, now: dt.datetime) -> str:
    slot, date = dated.slot, dated.date
    here = shut(branch_id=slot.branch_id, start=starts_at(slot, date), end=ends_at(slot, date))
    return closed_reason(
        slot,
        date,
        capacity=dated.capacity,
        used=dated.taken + held,
        closures=here.closures,
        now=now,
        rests=here.rests,
    )


def orders_close_at(*, slot: DeliverySlot, date: dt.date) -> dt.datetime:
    """Until when the window takes orders on the date: its cut-off, before a rest the rest. One query."""
    begin = starts_at(slot, date)
    here = shut(branch_id=slot.branch_id, start=begin, end=ends_at(slot, date))
    return orders_until(begin, cutoff_at(slot, date), here.rests)


def pickup_until(*, branch: Branch, now: dt.datetime) -> dt.datetime:
    """Until when a pickup without a window can be collected. One query.

    Raises BranchClosed when the branch does not open within eight days.
    """
    here = shut(branch_id=branch.pk, start=now, end=now + DAY * (PICKUP_DAYS + 1))
    lead = dt.timedelta(minutes=settings.PICKUP_LEAD_MINUTES)
    found = ready_until(branch, closures=here.closures, lead=lead, now=now, rests=here.rests)
    if found is None:
        raise BranchClosed
    return found


@dataclass(frozen=True, kw_only=True)
class DayHours:
    """When a branch is open on a day: begin and end of each piece, and what it is closed for."""

    date: dt.date
    pieces: list[tuple[dt.datetime, dt.datetime]]
    reasons: list[str]


def hours_of(*, branch: Branch, start: dt.date, days: int = 7) -> list[DayHours]:
    """The opening hours of the next days as they are on those dates, without closures and rests.

    One query.
    """
    dates = [start + DAY * ahead for ahead in range(days)]
    begin = shop_instant(dates[0], dt.time(0))
    end = shop_instant(dates[-1] + DAY, dt.time(0))
    here = shut(branch_id=branch.pk, start=begin, end=end)
    closed = shut_times(here.closures, here.rests)
    found = []
    for date in dates:
        until = shop_instant(date + DAY, dt.time(0))
        from_ = shop_instant(date, dt.time(0))
        closures = [one for one in here.closures if one.starts_at < until and one.ends_at > from_]
        names = [piece.name for rest in here.rests for piece in rest.pieces if piece.date == date]
        found.append(
            DayHours(
                date=date,
                pieces=openings(branch, date, closed),
                reasons=[*map(str, closures), *names],
            )
        )
    return found


def branch_by_code(*, code: str) -> Branch:
    """An active branch by the name in its address. Raises NotFound."""
    found = Branch.objects.filter(code=code, is_active=True).first()
    if found is None:
        raise NotFound
    return found


def base_fee(slot: DeliverySlot) -> Decimal:
    """What the window costs below the free-delivery threshold, in ₪."""
    return Decimal(settings.DELIVERY_FEE) if slot.fee is None else slot.fee


@dataclass(frozen=True, slots=True)
class _Time:
    """A window of the plan on a date, with its instants: each is worked out once."""

    slot: DeliverySlot
    date: dt.date
    begin: dt.datetime
    end: dt.datetime


def _choices(
    slots: list[DeliverySlot],
    start: dt.date,
    days: int,
    now: dt.datetime,
    but_for: Holder | None,
) -> list[SlotChoice]:
    """Of slots that are active, of one active branch. Two queries."""
    times = [
        _Time(slot, date, begin, ends_at(slot, date))
        for date in (start + DAY * ahead for ahead in range(days))
        for slot in slots
        if slot.day_of_week == day_of_week(date) and (begin := starts_at(slot, date)) > now
    ]
    if not times:
        return []
    dated = _dated_rows(times, now, but_for)
    here = shut(
        branch_id=slots[0].branch_id,
        start=min(time.begin for time in times),
        end=max(time.end for time in times),
    )
    today = shop_date(now)
    offered = (today, today + DAY * HORIZON_DAYS)
    return [_choice(time, dated, here, offered, now) for time in times]


def _dated_rows(
    times: list[_Time], now: dt.datetime, but_for: Holder | None
) -> dict[tuple[int, dt.date], tuple[int, int | None, int]]:
    """Key, capacity of its own and places gone, by slot and date. By hand: every basket asks."""
    slot_ids = list({time.slot.pk for time in times})
    values: dict[str, Any] = {
        "now": now,
        "kind": but_for and but_for.kind,
        "reference": but_for and but_for.reference,
        "slots": slot_ids,
        "start": times[0].date,
        "end": times[-1].date,
    }
    with connection.cursor() as cursor:
        cursor.execute(DATED, values)
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def _choice(
    time: _Time,
    dated: dict[tuple[int, dt.date], tuple[int, int | None, int]],
    here: Shut,
    offered: tuple[dt.date, dt.date],
    now: dt.datetime,
) -> SlotChoice:
    slot, date = time.slot, time.date
    key, own, used = dated.get((slot.pk, date), (None, None, 0))
    capacity = slot.capacity if own is None else own
    cutoff = time.begin - dt.timedelta(minutes=slot.cutoff_minutes)
    if here.rests:
        cutoff = orders_until(time.begin, cutoff, here.rests)
    reason = "NOT_OFFERED"
    if offered[0] <= date <= offered[1]:
        reason = reason_between(
            time.begin, time.end, cutoff, is_full=used >= capacity, closures=here.closures, now=now,
            rests=here.rests,
        )  # fmt: skip
    return SlotChoice(
        slot_id=slot.pk,
        dated_slot_id=key,
        date=date,
        start_time=slot.start_time,
        end_time=slot.end_time,
        starts_at=time.begin,
        cutoff_at=cutoff,
        fee=base_fee(slot),
        capacity=capacity,
        remaining=max(0, capacity - used),
        is_open=not reason,
        closed_reason=reason,
        closed_note=_note(time, here) if reason in SHUT_REASONS else "",
    )


def _note(time: _Time, here: Shut) -> str:
    for closure in here.closures:
        if closure.starts_at < time.end and closure.ends_at > time.begin:
            return str(closure)
    piece = resting(time.begin, time.end, here.rests)
    return note_of(piece, here.rests, time.date) if piece else ""
