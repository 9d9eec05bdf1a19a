"""The days of the calendar as readers see them: date, Hebrew date, what rests, when it closes and opens."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from branches.calendar.hebrew import DAY, hebrew_text
from branches.calendar.reading import Kept
from branches.calendar.rests import FIRST, LAST, MIDNIGHT, Piece, Place
from core.clock import shop_date, shop_instant

EVE = "EVE"
TOLD_DAYS = 3
"""As many days before a rest begins the shop speaks of it."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """One date. `rest` is "", EVE, SHABBAT or HOLIDAY; `closes_at` is an eve's, `opens_at` a last day's."""

    date: dt.date
    hebrew_date: str
    rest: str = ""
    name: str = ""
    closes_at: dt.datetime | None = None
    opens_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Coming:
    """The rest that is near or on: its name, and when it closes and opens."""

    name: str
    closes_at: dt.datetime
    opens_at: dt.datetime
    is_on: bool


def days_of(*, kept: Kept, place: Place, start: dt.date, count: int) -> list[Day]:
    """So many days from `start`, as far as there are any."""
    last = dt.date.fromordinal(min(start.toordinal() + count - 1, dt.date.max.toordinal()))
    pieces = {
        piece.date: piece
        for rest in kept.rests(start=start, end=last, place=place)
        for piece in rest.pieces
    }
    ordinals = range(start.toordinal(), last.toordinal() + 1)
    return [_day(date, pieces.get(date)) for date in map(dt.date.fromordinal, ordinals)]


def _day(date: dt.date, piece: Piece | None) -> Day:
    known = FIRST <= date <= LAST
    text = hebrew_text(date, language=get_language() or "he") if known else ""
    if piece is None:
        return Day(date=date, hebrew_date=text)
    is_eve = piece.begin > shop_instant(date, MIDNIGHT)
    ends = piece.end < shop_instant(date + DAY, MIDNIGHT)
    eve = _("Eve of %(name)s") % {"name": piece.name}
    return Day(
        date=date,
        hebrew_date=text,
        rest=EVE if is_eve else piece.kind,
        name=eve if is_eve and piece.key and not piece.reason_he else piece.name,
        closes_at=piece.begin if is_eve else None,
        opens_at=piece.end if ends else None,
    )


def coming(*, kept: Kept, place: Place, now: dt.datetime) -> Coming | None:
    """The rest that is on, or begins within three days."""
    today = shop_date(now)
    for rest in kept.rests(start=today, end=today + DAY * TOLD_DAYS, place=place):
        if rest.opens > now:
            names = dict.fromkeys(piece.name for piece in rest.pieces)
            return Coming(
                name=_(" and ").join(names),
                closes_at=rest.closes,
                opens_at=rest.opens,
                is_on=rest.closes <= now,
            )
    return None
