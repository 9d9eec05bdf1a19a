"""What closes a branch in a time: its closures and the calendar, read in one statement."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from branches.calendar.rests import AROUND, DayWord, Place, Rest, Rules, rests
from branches.calendar_models import CalendarDay
from branches.models import Branch, Closure
from branches.sql import SHUT, calendar
from core.clock import shop_date

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How the shop keeps the calendar, and what managers say of single dates."""

    rules: Rules
    passover_mode: str
    words: tuple[DayWord, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """As the API names them."""
        return {
            "keeps_shabbat": self.rules.keeps,
            "independence_day": self.rules.independence,
            "passover_mode": self.passover_mode,
        }

    def rests(self, *, start: dt.date, end: dt.date, place: Place) -> tuple[Rest, ...]:
        """The rests that touch the dates from `start` to `end`, by time."""
        return rests(start=start, end=end, place=place, rules=self.rules, words=self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shut:
    """What closes a branch in a time."""

    closures: list[Closure]
    rests: tuple[Rest, ...]


def kept_from(text: str) -> Kept:
    """The calendar as `branches.sql.calendar` writes it."""
    shop, days = json.loads(text)
    keeps, independence, mode = shop or (settings.KEEPS_SHABBAT, False, settings.PASSOVER_MODE)
    return Kept(
        rules=Rules(keeps=keeps, independence=independence),
        passover_mode=mode,
        words=tuple(_word(row) for row in days or ()),
    )


def words_from(date: dt.date) -> dict[dt.date, DayWord]:
    """What managers say of the dates from one on. One query."""
    names = ("date", "closes_at", "opens_at", "is_open", "reason_he", "reason_en")
    rows = CalendarDay.objects.filter(date__gte=date).values_list(*names)
    return {row[0]: DayWord(*row) for row in rows}


def place_of(branch: Branch) -> Place:
    """Where a branch stands, in degrees north and east."""
    return float(branch.latitude), float(branch.longitude)


def shut(*, branch_id: int, start: dt.datetime, end: dt.datetime) -> Shut:
    """The closures that touch [start, end) and the rests around it. One statement."""
    first, last = shop_date(start), shop_date(end)
    kept, place, closures = _read(branch_id, start, end, first, last)
    return Shut(closures=closures, rests=kept.rests(start=first - DAY, end=last, place=place))


def kept_around(*, branch_id: int, start: dt.date, end: dt.date) -> tuple[Kept, Place]:
    """The calendar of some dates where the branch stands. One statement."""
    now = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    return _read(branch_id, now, now, start, end)[:2]


def kept_now() -> Kept:
    """How the shop keeps the calendar, without exceptions. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calendar(start='NULL', end='NULL')}")
        return kept_from(cursor.fetchone()[0])


def rests_of_window(*, branch: Branch, date: dt.date, text: str) -> tuple[Rest, ...]:
    """The rests around a date, of the calendar as `text` has it. No statement."""
    return kept_from(text).rests(start=date - DAY, end=date, place=place_of(branch))


def _read(
    branch_id: int, start: dt.datetime, end: dt.datetime, first: dt.date, last: dt.date
) -> tuple[Kept, Place, list[Closure]]:
    around = DAY * (AROUND + 1)
    values: dict[str, Any] = {
        "branch": branch_id,
        "start": start,
        "end": end,
        "first": max(first, dt.date.min + around) - around,
        "last": min(last, dt.date.max - around) + around,
    }
    with connection.cursor() as cursor:
        cursor.execute(SHUT, values)
        row: tuple[str, Decimal, Decimal, str | None] = cursor.fetchone()
    text, latitude, longitude, closures = row
    return kept_from(text), (float(latitude), float(longitude)), closures_from(closures)


def closures_from(text: str | None) -> list[Closure]:
    """Closures as `branches.sql.closures` writes them."""
    return list(_closures(json.loads(text or "[]")))


def _closures(rows: list[Any]) -> Iterable[Closure]:
    for begin, end, reason_he, reason_en in rows:
        yield Closure(
            starts_at=dt.datetime.fromisoformat(begin), ends_at=dt.datetime.fromisoformat(end),
            reason_he=reason_he, reason_en=reason_en,
        )  # fmt: skip


def _word(row: list[Any]) -> DayWord:
    date, closes, opens, is_open, reason_he, reason_en = row
    return DayWord(
        date=dt.date.fromisoformat(date),
        closes_at=closes and dt.time.fromisoformat(closes),
        opens_at=opens and dt.time.fromisoformat(opens),
        is_open=is_open,
        reason_he=reason_he,
        reason_en=reason_en,
    )
