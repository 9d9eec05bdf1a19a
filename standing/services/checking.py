"""Whether a rule can be kept: which days, which hour, from when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Address, DeliveryPreference
from branches import selectors as branches
from branches.errors import AreaNotServed, InvalidSlot
from core.errors import InvalidInput
from core.text import validate_text
from orders.models import FulfillmentType
from standing.models import Cadence, HolidayRule, StandingOrder
from standing.selectors import plan_slots


def check_rule(row: StandingOrder, *, today: dt.date, is_new: bool = True) -> None:
    """Raises InvalidInput, NotFound (branch)."""
    wrong: dict[str, list[Any]] = {}
    _check_choices(row, wrong)
    _check_days(row, wrong, today if is_new else None)
    _check_numbers(row, wrong)
    _check_texts(row, wrong)
    if row.is_delivery and row.start_time is None:
        wrong["start_time"] = [_("Choose an hour.")]
    if not row.is_delivery and row.branch_id is None:
        wrong["branch_id"] = [_("Choose the branch where you will collect.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    if row.branch_id is not None:
        branches.branch(branch_id=row.branch_id)


def check_window(row: StandingOrder) -> None:
    """Raises InvalidSlot where no window begins then at the branch that serves its address."""
    if row.start_time is not None and not set(row.weekdays) <= set(plan_slots(row)):
        raise InvalidSlot


def check_served(address: Address | None) -> None:
    """Raises AreaNotServed for an address that we do not deliver to."""
    if address is not None and not address.looked_up().is_served:
        raise AreaNotServed(city=address.city)


def _check_choices(row: StandingOrder, wrong: dict[str, list[Any]]) -> None:
    offered: Mapping[str, list[str]] = {
        "cadence": Cadence.values,
        "holiday_rule": HolidayRule.values,
        "fulfillment_type": FulfillmentType.values,
        "delivery_preference": DeliveryPreference.values,
    }
    for name, values in offered.items():
        if getattr(row, name) not in values:
            wrong[name] = [_("Choose one of the offered ways.")]


def _check_days(row: StandingOrder, wrong: dict[str, list[Any]], today: dt.date | None) -> None:
    most = 6 if row.cadence == Cadence.WEEKDAYS else 1
    if not 1 <= len(row.weekdays) <= most or not set(row.weekdays) <= set(range(7)):
        wrong["weekdays"] = [
            _("Choose one to six days of the week.") if most > 1 else _("Choose one day.")
        ]
    if today is not None and row.starts_on < today:
        wrong["starts_on"] = [_("Choose a day that is still to come.")]
    if row.ends_on is not None and row.ends_on < row.starts_on:
        wrong["ends_on"] = [_("It cannot end before it starts.")]


def _check_numbers(row: StandingOrder, wrong: dict[str, list[Any]]) -> None:
    if not 1 <= row.lead_days <= 6:
        wrong["lead_days"] = [_("From 1 to 6 days.")]
    limit = row.price_limit_percent
    if limit is not None and not Decimal(0) <= limit <= Decimal(100):
        wrong["price_limit_percent"] = [_("From 0 to 100 percent.")]


def _check_texts(row: StandingOrder, wrong: dict[str, list[Any]]) -> None:
    for name, most in (("name", 60), ("delivery_note", 200)):
        text = getattr(row, name)
        try:
            validate_text(text)
        except ValidationError as error:
            wrong[name] = list(error.messages)
        if len(text) > most:
            wrong[name] = [_("At most %(most)d characters, please.") % {"most": most}]
