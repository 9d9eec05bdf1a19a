"""How the shop keeps the calendar, and the dates on which it keeps other hours: managers say it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from branches.calendar.reading import Kept, kept_now
from branches.calendar_models import CalendarDay, CalendarSettings
from branches.locks import lock_calendar, lock_calendar_day
from core.clock import shop_date
from core.errors import InvalidInput, NotFound
from core.text import tidy, validate_text
from core.transactions import write_transaction

SETTINGS = ("keeps_shabbat", "independence_day", "passover_mode")
REASON_LENGTH = 80
YEARS_AHEAD = 3


@dataclass(frozen=True, kw_only=True)
class DayData:
    """What is closed of a date instead of what the calendar says; see `CalendarDay`."""

    closes_at: dt.time | None = None
    opens_at: dt.time | None = None
    is_open: bool = False
    reason_he: str
    reason_en: str


def update_calendar(*, actor: Actor | None, changes: Mapping[str, object]) -> Kept:
    """Say how the shop keeps the calendar: any of `SETTINGS`. Placed orders stay.

    Raises InvalidInput.
    """
    mode = changes.get("passover_mode", "AUTO")
    if mode not in CalendarSettings.PassoverMode.values:
        raise InvalidInput(fields={"passover_mode": [_("Choose one of these.")]})
    with write_transaction():
        row = lock_calendar(defaults=kept_now().settings)
        old = {name: getattr(row, name) for name in SETTINGS}
        new = old | {name: changes[name] for name in SETTINGS if name in changes}
        if new != old:
            for name, value in new.items():
                setattr(row, name, value)
            row.save()
            record(
                actor=actor, entity_type="settings", entity_id=row.pk, action=Action.UPDATE,
                old={name: old[name] for name in SETTINGS if old[name] != new[name]},
                new={name: new[name] for name in SETTINGS if old[name] != new[name]},
            )  # fmt: skip
    return kept_now()


def set_calendar_day(
    *, actor: Actor | None, date: dt.date, data: DayData, now: dt.datetime
) -> CalendarDay:
    """Keep other hours on a date, today or later, than the calendar says. Placed orders stay.

    What was said of the date before is replaced. Raises InvalidInput.
    """
    values = _checked(date, data, now)
    with write_transaction():
        old = lock_calendar_day(date=date)
        was = _values(old) if old else None
        row, _made = CalendarDay.objects.update_or_create(date=date, defaults=values)
        if was != _values(row):
            record(
                actor=actor, entity_type="calendar_day", entity_id=row.pk,
                action=Action.UPDATE if was else Action.CREATE, old=was, new=_values(row),
            )  # fmt: skip
    return row


def remove_calendar_day(*, actor: Actor | None, date: dt.date) -> None:
    """Keep the calendar on a date again. Raises NotFound."""
    with write_transaction():
        row = lock_calendar_day(date=date)
        if row is None:
            raise NotFound
        record(
            actor=actor, entity_type="calendar_day", entity_id=row.pk, action=Action.DELETE,
            old=_values(row),
        )  # fmt: skip
        row.delete()


def _checked(date: dt.date, data: DayData, now: dt.datetime) -> dict[str, object]:
    fields: dict[str, list[str]] = {}
    today = shop_date(now)
    if not today <= date <= today + dt.timedelta(days=366 * YEARS_AHEAD):
        fields["date"] = [_("A day from today on, within three years.")]
    if data.is_open and (data.closes_at or data.opens_at):
        fields["is_open"] = [_("Open all day has neither of the two times.")]
    if data.closes_at and data.closes_at == data.opens_at:
        fields["opens_at"] = [_("The two times must differ.")]
    values = asdict(data)
    for name in ("reason_he", "reason_en"):
        try:
            values[name] = tidy(values[name])
            validate_text(values[name])
        except ValidationError as error:
            fields[name] = error.messages
        else:
            if not values[name]:
                fields[name] = [_("Please fill this in.")]
            elif len(values[name]) > REASON_LENGTH:
                fields[name] = [_("At most %(limit)d characters.") % {"limit": REASON_LENGTH}]
    if fields:
        raise InvalidInput(fields=fields)
    return values


def _values(row: CalendarDay) -> dict[str, object]:
    names = ("date", "closes_at", "opens_at", "is_open", "reason_en")
    return {name: getattr(row, name) for name in names}
