"""The rows of a standing order's dates, as far as windows reach, each with its place kept."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.db.models import F, Q

from branches import selectors as branches
from branches.calendar.asking import open_dates
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from branches.models import DeliverySlot, Holder, PlaceHold
from branches.selectors import SlotChoice
from branches.services import check_open, hold_place, lock_dated_slot, release_holds
from branches.windows import HORIZON_DAYS, starts_at
from core.clock import shop_date
from core.errors import DomainError, NotFound
from core.transactions import write_transaction
from standing.locks import lock_occurrence, lock_occurrences, lock_standing
from standing.models import HolidayRule, Occurrence, StandingOrder
from standing.rules import DAY, dates_of, draft_at, place_at
from standing.selectors import branch_of
from standing.services.telling import tell
from standing.status import CLOSED, OPEN, Moved, State

log = structlog.get_logger(__name__)
REACH = 3
"""As many days a date may move when we are closed."""


@dataclass(frozen=True, kw_only=True)
class _Window:
    """Where a date comes; `slot` is None for a pickup without one."""

    slot: DeliverySlot | None
    date: dt.date
    moved: str = ""


def plan_all(*, now: dt.datetime, limit: int = 200) -> int:
    """Look at the dates of standing orders that nobody looked at today; how many."""
    today = shop_date(now)
    rows = StandingOrder.objects.filter(
        Q(planned_on__lt=today) | Q(planned_on=None), status=StandingOrder.Status.ACTIVE
    )
    keys = list(
        rows.order_by(F("planned_on").asc(nulls_first=True), "pk")[:limit].values_list("pk")
    )
    for (key,) in keys:
        try:
            plan_standing(standing_id=key, now=now)
        except DomainError as refusal:  # the others shall have their dates all the same
            log.warning("standing_not_planned", standing_id=key, code=refusal.code)
    return len(keys)


def plan_standing(*, standing_id: int, now: dt.datetime) -> None:
    """Make the rows of dates that windows reach, move those on which we are closed, keep places.

    Safe to repeat; each place is kept in a transaction of its own.
    """
    with write_transaction():
        row = lock_standing(standing_id=standing_id)
        if row is None or row.status != StandingOrder.Status.ACTIVE:
            return
        _make_rows(row, now)
        row.planned_on = shop_date(now)
        row.save(update_fields=["planned_on"])
        waiting = Occurrence.objects.filter(
            standing=row, state__in=OPEN, window_kept=False, slot__isnull=False
        )
        keys = list(waiting.order_by("date").values_list("pk", flat=True))
    for key in keys:
        keep_place(occurrence_id=key, now=now)


def keep_place(*, occurrence_id: int, now: dt.datetime) -> bool:
    """Keep a place in the date's window; a full one is told once, with its way on."""
    with write_transaction():
        one = lock_occurrence(occurrence_id=occurrence_id)
        if one is None or one.slot is None or one.state not in OPEN or one.window_kept:
            return False
        holder = Holder(PlaceHold.Kind.STANDING, one.pk)
        try:
            dated = lock_dated_slot(slot_id=one.slot_id or 0, date=one.window_date, now=now)
            check_open(dated_slot=dated, now=now, but_for=holder)
        except SlotFull:
            one.reason = "SLOT_FULL"
            one.save(update_fields=["reason"])
            row = StandingOrder.objects.get(pk=one.standing_id)
            tell("standing_failed", row=row, occurrence=one, key="full")
            return False
        except (SlotClosed, InvalidSlot, NotFound):
            return False
        hold_place(dated_slot=dated, holder=holder, until=starts_at(dated.slot, one.window_date))
        one.window_kept = True
        one.reason = "" if one.reason == "SLOT_FULL" else one.reason
        one.save(update_fields=["window_kept", "reason"])
        return True


def let_go(occurrences: Iterable[Occurrence]) -> None:
    """Let the places of dates go, in the caller's transaction."""
    rows = list(occurrences)
    release_holds(kind=PlaceHold.Kind.STANDING, references=[one.pk for one in rows])
    for one in rows:
        one.window_kept = False


def put_in(
    row: StandingOrder, one: Occurrence, window: tuple[DeliverySlot | None, dt.date]
) -> None:
    """Give a date its window; not saved. One query where it has one."""
    one.slot, one.window_date = window
    until = None
    if one.slot is not None:
        until = branches.orders_close_at(slot=one.slot, date=one.window_date)
    one.draft_at = draft_at(one.window_date, row.lead_days)
    one.place_at = place_at(one.slot, one.window_date, until=until)


def _make_rows(row: StandingOrder, now: dt.datetime) -> None:
    today = shop_date(now)
    kept = {one.date: one for one in lock_occurrences(standing_id=row.pk)}
    open_days = _open_windows(row, now)
    reached = [date for date in dates_of(row, after=today) if date <= today + DAY * HORIZON_DAYS]
    for date in reached:
        one = kept.get(date)
        if one is None:
            _make(row, date, open_days, now)
        elif one.state == State.PLANNED and one.moved != Moved.CUSTOMER:
            _look_again(row, one, open_days)


def _make(
    row: StandingOrder, date: dt.date, open_days: dict[dt.date, list[SlotChoice]], now: dt.datetime
) -> None:
    window = _window(row, date, open_days)
    one = Occurrence(standing=row, date=date)
    put_in(row, one, (window.slot, window.date) if window else (None, date))
    if window is None:
        one.state, one.reason = State.SKIPPED, CLOSED
    else:
        one.moved = window.moved
    if one.place_at > now:
        one.save()


def _look_again(
    row: StandingOrder, one: Occurrence, open_days: dict[dt.date, list[SlotChoice]]
) -> None:
    """Move a date on whose window we are closed by now."""
    here = open_days.get(one.window_date, [])
    if one.slot_id is None and (row.start_time is not None or one.window_date in open_days):
        return
    if any(choice.slot_id == one.slot_id for choice in here):
        return
    let_go([one])
    window = _window(row, one.date, open_days)
    if window is None:
        one.state, one.reason = State.SKIPPED, CLOSED
    else:
        put_in(row, one, (window.slot, window.date))
        one.moved = window.moved
    one.save()


def _window(
    row: StandingOrder, date: dt.date, open_days: dict[dt.date, list[SlotChoice]]
) -> _Window | None:
    days = [date]
    may_move = row.holiday_rule != HolidayRule.SKIP
    if may_move:
        step = -DAY if row.holiday_rule == HolidayRule.MOVE_EARLIER else DAY
        days += [date + step * far for far in range(1, REACH + 1)]
    if row.start_time is None:
        open_day = next((day for day in days if day in open_days), None)
        moved = "" if open_day == date else Moved.HOLIDAY
        return None if open_day is None else _Window(slot=None, date=open_day, moved=moved)
    same = [
        choice
        for day in days
        for choice in open_days.get(day, [])
        if choice.start_time == row.start_time
    ]
    any_start = [choice for day in days for choice in open_days.get(day, []) if may_move]
    found = next(iter([*same, *any_start]), None)
    if found is None:
        return None
    return _Window(
        slot=DeliverySlot.objects.get(pk=found.slot_id),
        date=found.date,
        moved="" if (found.date, found.start_time) == (date, row.start_time) else Moved.HOLIDAY,
    )


def _open_windows(row: StandingOrder, now: dt.datetime) -> dict[dt.date, list[SlotChoice]]:
    """The windows on which we are not closed, full ones too, by day. Three queries.

    For pickups without a window: the days on which the branch opens, without any.
    """
    found: dict[dt.date, list[SlotChoice]] = defaultdict(list)
    if row.start_time is None:
        branch_id = branch_of(row)
        if branch_id is not None:
            days = open_dates(
                branch_id=branch_id, start=shop_date(now), days=HORIZON_DAYS + REACH + 1
            )
            found.update({day: [] for day in days})
        return found
    choices = branches.available_slots(
        branch_id=branch_of(row), start=shop_date(now), days=HORIZON_DAYS + 1, now=now
    )
    for choice in choices:
        if choice.closed_reason in ("", "FULL"):
            found[choice.date].append(choice)
    return found
