"""Row locks of branches and windows. The order of all locks: docs/locking.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from django.db import connection

from branches.area_models import DeliveryArea, Locality
from branches.calendar_models import CalendarDay, CalendarSettings
from branches.errors import InvalidSlot
from branches.models import Branch, Closure, DatedSlot, DeliverySlot, PlaceHold
from branches.sql import calendar
from branches.windows import fits
from core.errors import NotFound

_MODELS: tuple[Any, ...] = (DatedSlot, DeliverySlot, Branch)
# Without what needs converting (a branch's opening hours): that is read when somebody asks for it.
_FIELDS = [
    [field for field in model._meta.concrete_fields if not hasattr(field, "from_db_value")]
    for model in _MODELS
]
_NAMES = [[field.attname for field in fields] for fields in _FIELDS]
_DATE = DatedSlot._meta.db_table + ".date"
_COLUMNS = ", ".join(
    f"{field.model._meta.db_table}.{field.column}" for fields in _FIELDS for field in fields
)
# By hand: every order takes its place here. With what the calendar says around the date.
LOCKED = f"""
SELECT {calendar(start=f"{_DATE} - 6", end=f"{_DATE} + 6")}, {_COLUMNS} FROM branches_datedslot
JOIN branches_deliveryslot ON branches_deliveryslot.id = branches_datedslot.slot_id
JOIN branches_branch ON branches_branch.id = branches_deliveryslot.branch_id
WHERE
"""  # noqa: S608  the columns of the three models


def lock_dated_slot(*, slot_id: int, date: dt.date, now: dt.datetime) -> DatedSlot:
    """The window on `date`, locked; its row is made when first needed.

    Raises NotFound for an unknown or inactive slot, InvalidSlot for a date on which the window
    does not exist: past, another weekday, or more than four weeks ahead.
    """
    dated = _locked(where="slot_id = %s AND date = %s", values=[slot_id, date])
    slot = dated.slot if dated else _slot(slot_id)
    if slot is None or not (slot.is_active and slot.branch.is_active):
        raise NotFound
    if not fits(slot, date, now):
        raise InvalidSlot
    if dated is None:
        # Two first orders for a date race here: the loser's insert does nothing.
        DatedSlot.objects.bulk_create([DatedSlot(slot=slot, date=date)], ignore_conflicts=True)
        dated = _locked(where="slot_id = %s AND date = %s", values=[slot_id, date])
        assert dated is not None  # noqa: S101  rows of dated slots are never deleted
    return dated


def lock_dated_slot_row(*, dated_slot_id: int) -> DatedSlot:
    """The row by its key, locked. Raises NotFound."""
    dated = _locked(where="branches_datedslot.id = %s", values=[dated_slot_id])
    if dated is None:
        raise NotFound
    return dated


def lock_dates(*, slot_id: int) -> list[DatedSlot]:
    """Every dated row of a window of the plan, locked in the order of their keys.

    With the window's own row locked no other date can come to have a row meanwhile.
    """
    return list(DatedSlot.objects.select_for_update().filter(slot_id=slot_id).order_by("pk"))


def lock_slot(*, slot_id: int) -> DeliverySlot:
    """A window of the weekly plan, locked for a manager's change. Raises NotFound."""
    slot = (
        DeliverySlot.objects.select_for_update(of=("self",))
        .select_related("branch")
        .filter(pk=slot_id)
        .first()
    )
    if slot is None:
        raise NotFound
    return slot


def lock_branch(*, branch_id: int) -> Branch:
    """A branch, locked for a manager's change. Raises NotFound."""
    branch = Branch.objects.select_for_update().filter(pk=branch_id).first()
    if branch is None:
        raise NotFound
    return branch


def lock_delivery_source() -> Branch | None:
    """The branch that deliveries leave from, locked; None when there is none yet."""
    return Branch.objects.select_for_update().filter(is_delivery_source=True).first()


def lock_closure(*, closure_id: int) -> Closure:
    """A closure, locked for its removal. Raises NotFound."""
    closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
    if closure is None:
        raise NotFound
    return closure


def lock_calendar(*, defaults: Mapping[str, object]) -> CalendarSettings:
    """How the shop keeps the calendar, locked; made of `defaults` where nobody has said it yet."""
    CalendarSettings.objects.bulk_create(
        [CalendarSettings(pk=1, **defaults)], ignore_conflicts=True
    )
    return CalendarSettings.objects.select_for_update().get(pk=1)


def lock_calendar_day(*, date: dt.date) -> CalendarDay | None:
    """The exception of a date, locked; None where there is none."""
    return CalendarDay.objects.select_for_update().filter(date=date).first()


def lock_localities() -> list[Locality]:
    """Every locality, locked while a list of them is read in."""
    return list(Locality.objects.select_for_update().order_by("code"))


def lock_area(*, area_id: int) -> DeliveryArea:
    """A delivery area, locked for a manager's change. Raises NotFound."""
    area = DeliveryArea.objects.select_for_update().filter(pk=area_id).first()
    if area is None:
        raise NotFound
    return area


def lock_expired_holds(*, now: dt.datetime) -> list[PlaceHold]:
    """Kept places that are over, locked; those somebody is changing just now are left out."""
    return list(
        PlaceHold.objects.select_for_update(skip_locked=True).filter(until__lte=now).order_by("pk")
    )


def _slot(slot_id: int) -> DeliverySlot | None:
    return DeliverySlot.objects.select_related("branch").filter(pk=slot_id).first()


def _locked(*, where: str, values: list[Any]) -> DatedSlot | None:
    """The row with its window, its branch and `calendar`; only the row is locked."""
    with connection.cursor() as cursor:
        cursor.execute(LOCKED + where + " FOR UPDATE OF branches_datedslot", values)
        found = cursor.fetchone()
    if found is None:
        return None
    text, *row = found
    ends = list(accumulate(map(len, _NAMES), initial=0))
    dated, slot, branch = (
        model.from_db(connection.alias, names, row[begin:end])
        for model, names, begin, end in zip(_MODELS, _NAMES, ends, ends[1:], strict=False)
    )
    slot.branch, dated.slot, dated.calendar = branch, slot, text
    return dated
