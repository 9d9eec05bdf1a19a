"""Branches and their delivery windows as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import (
    Day,
    Id,
    Instant,
    Money,
    Text,
    TimeOfDay,
    Whole,
    instant,
    time_of_day,
)
from api.queries import Paging, Query
from branches.calendar.days import Day as CalendarDate
from branches.calendar_models import CalendarDay, CalendarSettings
from branches.models import Branch


class HoursField(serializers.DictField):
    """{"0": ["07:00", "22:00"], …}: 0 is Sunday; a day left out is closed."""

    child = serializers.ListField(
        child=serializers.CharField(max_length=5), min_length=2, max_length=2
    )


class BranchOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    phone = serializers.CharField()
    opening_hours = HoursField()
    is_active = serializers.BooleanField()
    is_delivery_source = serializers.BooleanField()

    def to_representation(self, branch: Branch) -> dict[str, Any]:
        return {field: getattr(branch, field) for field in BRANCH_FIELDS}


BRANCH_FIELDS = (
    "id", "name", "address", "city", "phone", "opening_hours", "is_active", "is_delivery_source"
)  # fmt: skip


class DeliverySourceOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()


class SlotOut(serializers.Serializer[Any]):
    id = Id()
    branch_id = Id()
    day_of_week = Whole(min_value=0, max_value=6, help_text="0 = Sunday.")
    start_time = TimeOfDay()
    end_time = TimeOfDay()
    capacity = Whole()
    is_active = serializers.BooleanField()


class AvailableSlotOut(serializers.Serializer[Any]):
    slot_id = Id()
    date = serializers.DateField()
    start_time = TimeOfDay()
    end_time = TimeOfDay()
    fee = Money(help_text="What this basket would pay; without a basket the base fee.")
    remaining = Whole()
    cutoff_at = Instant()
    is_open = serializers.BooleanField()


class CalendarQuery(Query):
    locals()["from"] = Day(required=False, source="start", help_text="Today unless told otherwise.")
    days = Whole(required=False, default=7, min_value=1, max_value=60)


class CalendarOut(serializers.Serializer[Any]):
    date = serializers.DateField()
    hebrew_date = serializers.CharField()
    rest = serializers.ChoiceField(choices=["EVE", "SHABBAT", "HOLIDAY"], allow_null=True)
    name = serializers.CharField(allow_null=True)
    closes_at = Instant(allow_null=True, help_text="Of an eve.")
    opens_at = Instant(allow_null=True, help_text="Of the last day of a rest.")

    def to_representation(self, day: CalendarDate) -> dict[str, Any]:
        return {
            "date": day.date.isoformat(),
            "hebrew_date": day.hebrew_date,
            "rest": day.rest or None,
            "name": day.name or None,
            "closes_at": instant(day.closes_at),
            "opens_at": instant(day.opens_at),
        }


class CalendarSettingsOut(serializers.Serializer[Any]):
    keeps_shabbat = serializers.BooleanField()
    independence_day = serializers.BooleanField()
    passover_mode = serializers.ChoiceField(choices=CalendarSettings.PassoverMode.values)


class CalendarDayIn(serializers.Serializer[Any]):
    closes_at = TimeOfDay(required=False, allow_null=True, help_text="From then on closed.")
    opens_at = TimeOfDay(required=False, allow_null=True, help_text="Closed until then.")
    is_open = serializers.BooleanField(required=False, help_text="Open all day.")
    reason_he = Text(max_length=80)
    reason_en = Text(max_length=80)


class CalendarDayOut(CalendarDayIn):
    date = serializers.DateField()

    def to_representation(self, row: CalendarDay) -> dict[str, Any]:
        return {
            "date": row.date.isoformat(),
            "closes_at": time_of_day(row.closes_at),
            "opens_at": time_of_day(row.opens_at),
            "is_open": row.is_open,
            "reason_he": row.reason_he,
            "reason_en": row.reason_en,
        }


class WeekQuery(Query):
    dayOfWeek = Whole(  # noqa: N815
        required=False, min_value=0, max_value=6, source="day", help_text="0 = Sunday."
    )
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class AvailableQuery(Query):
    locals()["from"] = Day(required=False, source="start", help_text="Today unless told otherwise.")
    days = Whole(required=False, default=7, min_value=1, max_value=28)
    branchId = Id(  # noqa: N815
        required=False, source="branch_id", help_text="For a pickup; else where deliveries start."
    )
    localityCode = Whole(  # noqa: N815
        required=False,
        source="locality_code",
        min_value=1,
        max_value=2**31 - 1,
        help_text="Windows and fee of this place; none where we do not deliver.",
    )


class BranchIn(serializers.Serializer[Any]):
    name = Text(max_length=80, required=False, help_text="For both languages where one is missing.")
    name_he = Text(max_length=80, required=False)
    name_en = Text(max_length=80, required=False)
    address = Text(max_length=120, required=False)
    address_he = Text(max_length=120, required=False)
    address_en = Text(max_length=120, required=False)
    city = Text(max_length=60, required=False)
    city_he = Text(max_length=60, required=False)
    city_en = Text(max_length=60, required=False)
    phone = Text(max_length=20, required=False, allow_blank=True)
    opening_hours = HoursField(required=False)


class BranchPatchIn(BranchIn):
    is_active = serializers.BooleanField(required=False)


class SlotIn(serializers.Serializer[Any]):
    branch_id = Id()
    day_of_week = Whole(min_value=0, max_value=6, help_text="0 = Sunday.")
    start_time = TimeOfDay()
    end_time = TimeOfDay()
    capacity = Whole(min_value=0, max_value=10_000, required=False)
    fee = Money(required=False, allow_null=True)


class SlotPatchIn(serializers.Serializer[Any]):
    day_of_week = Whole(min_value=0, max_value=6, required=False)
    start_time = TimeOfDay(required=False)
    end_time = TimeOfDay(required=False)
    capacity = Whole(min_value=0, max_value=10_000, required=False)
    fee = Money(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class SlotAdminOut(SlotOut):
    fee = Money(allow_null=True, help_text="null: the shop's usual one.")


class AdminSlotsQuery(Paging):
    dayOfWeek = Whole(  # noqa: N815
        required=False, min_value=0, max_value=6, source="day"
    )
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class BranchAdminOut(BranchOut):
    name_he = serializers.CharField()
    name_en = serializers.CharField()
    address_he = serializers.CharField()
    address_en = serializers.CharField()
    city_he = serializers.CharField()
    city_en = serializers.CharField()

    def to_representation(self, branch: Branch) -> dict[str, Any]:
        return {
            **super().to_representation(branch),
            **{
                f"{n}_{code}": getattr(branch, f"{n}_{code}")
                for n in BILINGUAL
                for code in ("he", "en")
            },
        }


BILINGUAL = ("name", "address", "city")


def in_both_languages(body: dict[str, Any], *, complete: bool) -> dict[str, Any]:
    """`name` as `name_he` and `name_en` where one is missing; likewise address and city.

    With `complete`, a language that was not given takes the other's. Raises ValidationError when
    then nothing is there.
    """
    values, missing = dict(body), {}
    for name in BILINGUAL:
        both = values.pop(name, "")
        he, en = f"{name}_he", f"{name}_en"
        if both:
            values[he], values[en] = values.get(he) or both, values.get(en) or both
        elif complete:
            either = values.get(he) or values.get(en)
            values[he], values[en] = values.get(he) or either, values.get(en) or either
            if not either:
                missing[name] = [serializers.Field.default_error_messages["required"]]
    if missing:
        raise serializers.ValidationError(missing)
    return values
