"""When a rest begins and ends at a place: by its sunset, save what managers say of a date. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from astral import Observer
from astral.sun import sunset
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from branches.calendar.hebrew import DAY, NAMES, SHABBAT, rest_of
from core.clock import SHOP_TZ, shop_date, shop_instant

MINUTE = dt.timedelta(minutes=1)
CLOSES_BEFORE = 100 * MINUTE
"""Before sunset: 40 minutes for the candles, 60 to be home."""
OPENS_AFTER = 45 * MINUTE
PICKING_TIME = dt.timedelta(hours=4)
"""A window that starts sooner after a rest is packed before it."""
AROUND = 5
"""As many days beside those asked for can belong to the same rest."""
Place = tuple[float, float]
MIDNIGHT = dt.time(0)
FIRST, LAST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""Beyond these dates nobody rests: a typed year of 9999 is no question of sunset."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What of one date is closed: [begin, end). `kind` is SHABBAT or HOLIDAY."""

    date: dt.date
    begin: dt.datetime
    end: dt.datetime
    kind: str
    key: str = ""
    reason_he: str = ""
    reason_en: str = ""

    @property
    def name(self) -> str:
        """What is kept, in the reader's language; a manager's own word for it wins."""
        said = self.reason_en if get_language() == "en" else self.reason_he
        return said or str(NAMES.get(self.key, ""))


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which nobody works, [closes, opens), of all days that touch."""

    closes: dt.datetime
    opens: dt.datetime
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class DayWord:
    """A manager's exception: what is closed of a date instead of what the calendar says.

    `closes_at` alone: from then to midnight; `opens_at` alone: until then; both: between the two,
    or around them where it opens first. Neither: the whole day, or nothing where `is_open`.
    """

    date: dt.date
    closes_at: dt.time | None = None
    opens_at: dt.time | None = None
    is_open: bool = False
    reason_he: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """Whether Shabbat and holidays are kept, and whether Independence Day is one of them."""

    keeps: bool = True
    independence: bool = False


def rests(
    *, start: dt.date, end: dt.date, place: Place, rules: Rules, words: Iterable[DayWord] = ()
) -> tuple[Rest, ...]:
    """The rests that touch the dates from `start` to `end`, by time."""
    start, end = max(start, FIRST), min(end, LAST)
    if start > end:
        return ()
    return _rests(start, end, place, rules, tuple(words))


@lru_cache(maxsize=2048)
def _rests(
    start: dt.date, end: dt.date, place: Place, rules: Rules, words: tuple[DayWord, ...]
) -> tuple[Rest, ...]:
    told = {word.date: word for word in words}
    found: list[Rest] = []
    for ahead in range(-AROUND, (end - start).days + AROUND + 1):
        for piece in pieces_of(start + DAY * ahead, place, rules, told):
            if found and found[-1].opens == piece.begin:
                last = found[-1]
                found[-1] = replace(last, opens=piece.end, pieces=(*last.pieces, piece))
            else:
                found.append(Rest(piece.begin, piece.end, (piece,)))
    begin, until = shop_instant(start, MIDNIGHT), shop_instant(end + DAY, MIDNIGHT)
    return tuple(rest for rest in found if rest.closes < until and rest.opens > begin)


def pieces_of(
    date: dt.date, place: Place, rules: Rules, words: Mapping[dt.date, DayWord]
) -> tuple[Piece, ...]:
    """What is closed of a date."""
    computed = _computed(date, place, rules) if rules.keeps else None
    word = words.get(date)
    if word is None:
        return () if computed is None else (computed,)
    kind, key = (computed.kind, computed.key) if computed else ("HOLIDAY", "")
    return tuple(
        Piece(date, begin, end, kind, key, word.reason_he, word.reason_en)
        for begin, end in closed_by(word)
        if begin < end
    )


def closed_by(word: DayWord) -> list[tuple[dt.datetime, dt.datetime]]:
    """What a manager's word closes of its date."""
    begin, end = shop_instant(word.date, MIDNIGHT), shop_instant(word.date + DAY, MIDNIGHT)
    closes, opens = (at and shop_instant(word.date, at) for at in (word.closes_at, word.opens_at))
    if word.is_open:
        return []
    if closes and opens:
        return [(closes, opens)] if closes < opens else [(begin, opens), (closes, end)]
    return [(closes or begin, opens or end)]


@lru_cache(maxsize=4096)
def _computed(date: dt.date, place: Place, rules: Rules) -> Piece | None:
    today, tomorrow = (rest_of(day, independence=rules.independence) for day in (date, date + DAY))
    if not (today or tomorrow):
        return None
    key = today or tomorrow
    begin = shop_instant(date, MIDNIGHT) if today else closes_on(date, place)
    end = shop_instant(date + DAY, MIDNIGHT) if tomorrow else opens_on(date, place)
    return Piece(date, begin, end, SHABBAT if key == SHABBAT else "HOLIDAY", key)


def closes_on(date: dt.date, place: Place) -> dt.datetime:
    """When a rest closes on its eve: down to the minute."""
    return (_sunset(date, place) - CLOSES_BEFORE).replace(second=0, microsecond=0)


def opens_on(date: dt.date, place: Place) -> dt.datetime:
    """When a rest opens on its last day: up to the minute."""
    at = _sunset(date, place) + OPENS_AFTER
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + MINUTE


def _sunset(date: dt.date, place: Place) -> dt.datetime:
    """Sunset at a place; where the sun does not set that day, 18:00 by the shop's clock."""
    try:
        found = sunset(Observer(*place), date=date, tzinfo=SHOP_TZ).astimezone(dt.UTC)
    except ValueError:
        found = shop_instant(date, dt.time(18))
    return found


def resting(begin: dt.datetime, end: dt.datetime, found: Iterable[Rest]) -> Piece | None:
    """What closes a time [begin, end); None where nobody rests in it."""
    for rest in found:
        if rest.closes < end and rest.opens > begin:
            return next(one for one in rest.pieces if one.begin < end and one.end > begin)
    return None


def orders_until(begin: dt.datetime, cutoff: dt.datetime, found: Iterable[Rest]) -> dt.datetime:
    """Until when a window that starts at `begin` takes orders: nobody picks during a rest."""
    for rest in found:
        if rest.opens <= begin < rest.opens + PICKING_TIME:
            return min(cutoff, rest.closes)
    return cutoff


def note_of(piece: Piece, found: Iterable[Rest], date: dt.date) -> str:
    """Why a window of `date` is closed: "Shabbat, back at 17:19" where the shop opens that day."""
    rest = next(one for one in found if piece in one.pieces)
    if shop_date(rest.opens) != date:
        return piece.name
    time = rest.opens.astimezone(SHOP_TZ).strftime("%H:%M")
    return _("%(name)s, back at %(time)s") % {"name": piece.name, "time": time}
