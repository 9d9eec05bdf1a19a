"""Who answers the phone: what the foot of every page says of the branch that deliveries leave from."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db.models import TextField
from django.db.models.expressions import RawSQL
from django.utils.translation import pgettext, pgettext_lazy

from branches.calendar.days import Coming, coming
from branches.calendar.reading import DAY, Kept, closures_from, kept_from
from branches.calendar.rests import AROUND, Place
from branches.models import LATITUDE, LONGITUDE, Branch, Closure
from branches.sql import calendar, closures
from branches.windows import HORIZON_DAYS, openings, shut_times
from core import clock
from core.clock import shop_date

KEPT_SECONDS = 60.0
SHORT_NAMES = (
    pgettext_lazy("short day", "Sun"),
    pgettext_lazy("short day", "Mon"),
    pgettext_lazy("short day", "Tue"),
    pgettext_lazy("short day", "Wed"),
    pgettext_lazy("short day", "Thu"),
    pgettext_lazy("short day", "Fri"),
    pgettext_lazy("short day", "Sat"),
)
Hours = tuple[tuple[int, str, str], ...]
"""Of each day that is open: its number (0 is Sunday), begin and end as `HH:MM`."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A phone as people read it, the usual week, and what closes it soon."""

    phone: str
    week: Hours = ()
    kept: Kept | None = None
    place: Place = (float(LATITUDE), float(LONGITUDE))
    branch: Branch | None = None
    closures: tuple[Closure, ...] = ()

    def open_today(self, *, now: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]] | None:
        """When it is open on this date, without closures and rests; None where no hours are told."""
        if self.branch is None or self.kept is None or not self.week:
            return None
        today = shop_date(now)
        rests = self.kept.rests(start=today - DAY, end=today, place=self.place)
        return openings(self.branch, today, shut_times(self.closures, rests))

    def rest(self, *, now: dt.datetime) -> Coming | None:
        """The rest that is on, or begins within three days."""
        return coming(kept=self.kept, place=self.place, now=now) if self.kept else None

    @property
    def number(self) -> str:
        """The phone as a telephone dials it from anywhere."""
        digits = "".join(letter for letter in self.phone if letter.isdigit())
        return f"+972{digits[1:]}" if digits.startswith("0") else f"+{digits}"

    @property
    def hours(self) -> list[tuple[str, str, str]]:
        """Days next to each other that are open alike, in words: name, begin, end."""
        found = []
        for (_, begin, end), group in groupby(enumerate(self.week), key=_alike):
            days = [one[0] for _, one in group]
            first, last = str(SHORT_NAMES[days[0]]), str(SHORT_NAMES[days[-1]])
            name = first if first == last else pgettext("days from, to", "%s–%s") % (first, last)
            found.append((name, begin, end))
        return found


_known: list[tuple[float, Contact]] = []


def contact() -> Contact:
    """Of the delivery source, else of the seller. One query a minute in each process."""
    if not _known or _known[0][0] < time.monotonic():
        remember(read())
    return _known[0][1]


def remember(found: Contact, *, seconds: float = KEPT_SECONDS) -> None:
    """Let this process answer so for so long."""
    _known[:] = [(time.monotonic() + seconds, found)]


def read() -> Contact:
    """As it stands in the table now. One query."""
    source = Branch.objects.filter(is_delivery_source=True, is_active=True)
    today = shop_date(clock.now())
    begin, end = (f"DATE '{today + DAY * days}'" for days in (-AROUND, HORIZON_DAYS + AROUND))
    told = RawSQL(calendar(start=begin, end=end), [], TextField())  # noqa: S611 - dates of ours
    near = closures(
        branch="branches_branch.id",
        start=f"DATE '{today - DAY}'", end=f"DATE '{today + DAY * 2}'",
    )  # fmt: skip
    row = (
        source.annotate(told=told, shut=RawSQL(near, [], TextField()))  # noqa: S611
        .values_list("phone", "opening_hours", "told", "latitude", "longitude", "shut")
        .first()
    )
    if row is None:
        return Contact(phone=settings.SELLER["phone"])
    phone, hours, text, latitude, longitude, shut = row
    return Contact(
        branch=Branch(opening_hours=hours),
        closures=tuple(closures_from(shut)),
        phone=phone or settings.SELLER["phone"],
        week=tuple((int(day), *hours[day]) for day in sorted(hours)),
        kept=kept_from(text),
        place=(float(latitude), float(longitude)),
    )


def _alike(numbered: tuple[int, tuple[int, str, str]]) -> tuple[int, str, str]:
    """The same for days that follow each other and are open alike."""
    place, (day, begin, end) = numbered
    return day - place, begin, end
