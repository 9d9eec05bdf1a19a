"""Days of rest by the Hebrew calendar. Pure: a date has one answer for ever."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pyluach.dates import HebrewDate
from pyluach.hebrewcal import Year

DAY = dt.timedelta(days=1)
SATURDAY = 5  # as Python counts
SHABBAT, INDEPENDENCE = "SHABBAT", "INDEPENDENCE"
NISAN, IYAR = 1, 2
NAMES: dict[str, str | Promise] = {
    SHABBAT: _("Shabbat"),
    "ROSH_HASHANA": _("Rosh Hashana"),
    "YOM_KIPPUR": _("Yom Kippur"),
    "SUKKOT": _("Sukkot"),
    "SHEMINI_ATZERET": _("Simchat Torah"),
    "PASSOVER": _("Passover"),
    "PASSOVER_SEVENTH": _("Seventh day of Passover"),
    "SHAVUOT": _("Shavuot"),
    INDEPENDENCE: _("Independence Day"),
}
# Month (Nisan is 1) and day: the days on which nobody works, beside Shabbat.
FESTIVALS = {
    (7, 1): "ROSH_HASHANA",
    (7, 2): "ROSH_HASHANA",
    (7, 10): "YOM_KIPPUR",
    (7, 15): "SUKKOT",
    (7, 22): "SHEMINI_ATZERET",
    (NISAN, 15): "PASSOVER",
    (NISAN, 21): "PASSOVER_SEVENTH",
    (3, 6): "SHAVUOT",
}
PASSOVER_EVE, PASSOVER_LAST = 14, 21
MONTHS = (
    "Nisan", "Iyar", "Sivan", "Tammuz", "Av", "Elul", "Tishrei", "Cheshvan", "Kislev", "Tevet",
    "Shevat", "Adar", "Adar II",
)  # fmt: skip


@lru_cache(maxsize=4096)
def hebrew(date: dt.date) -> HebrewDate:
    """The Hebrew date of a day. Years 1 to 9999 of the common calendar."""
    return HebrewDate.from_pydate(date)


def hebrew_text(date: dt.date, *, language: str) -> str:
    """The Hebrew date in words: "24 Kislev 5787", in Hebrew with letters for numbers."""
    found = hebrew(date)
    if language != "en":
        return str(found.hebrew_date_string())
    month = MONTHS[found.month - 1]
    if month == "Adar" and len(list(Year(found.year))) == len(MONTHS):
        month = "Adar I"
    return f"{found.day} {month} {found.year}"


@lru_cache(maxsize=4096)
def rest_of(date: dt.date, *, independence: bool = False) -> str:
    """Which rest the day is, a key of `NAMES`; "" for a day of work.

    A festival on a Saturday is the festival. Independence Day rests only where it is asked for.
    """
    found = hebrew(date)
    festival = FESTIVALS.get((found.month, found.day))
    if festival:
        return festival
    if date.weekday() == SATURDAY:
        return SHABBAT
    if independence and date == independence_day(found.year):
        return INDEPENDENCE
    return ""


def independence_day(year: int) -> dt.date:
    """5 Iyar, moved so that neither it nor the day before touches Shabbat."""
    date: dt.date = HebrewDate(year, IYAR, 5).to_pydate()
    return date + DAY * {4: -1, 5: -2, 0: 1}.get(date.weekday(), 0)


def passover_of(date: dt.date) -> tuple[dt.date, dt.date]:
    """14 and 21 Nisan of the Hebrew year that `date` is in."""
    year = hebrew(date).year
    eve, last = (HebrewDate(year, NISAN, day).to_pydate() for day in (PASSOVER_EVE, PASSOVER_LAST))
    return eve, last
