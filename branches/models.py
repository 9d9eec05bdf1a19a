"""Where the shop is, when it delivers, and how many orders each delivery window can take."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from branches.querysets import ClosureQuerySet, DatedSlotQuerySet
from core.bidi import left_to_right

OPENING = dt.time(6, 0)
CLOSING = dt.time(22, 0)
LONGEST_CUTOFF = 2 * 24 * 60
LATITUDE, LONGITUDE = Decimal("32.79400"), Decimal("34.99000")
"""Haifa: where a branch stands until told."""


DAY_NAMES = (
    _("Sunday"),
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
)
"""By the number the shop counts days with: Sunday is 0."""


class Branch(models.Model):
    """A shop or warehouse. Exactly one active branch is the source of all deliveries."""

    code = models.SlugField(_("code"), max_length=30)
    name_he = models.CharField(_("name (Hebrew)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)
    address_he = models.CharField(_("address (Hebrew)"), max_length=120)
    address_en = models.CharField(_("address (English)"), max_length=120)
    city_he = models.CharField(_("city (Hebrew)"), max_length=60)
    city_en = models.CharField(_("city (English)"), max_length=60)
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="")
    opening_hours = models.JSONField(
        _("opening hours"),
        default=dict,
        blank=True,
        help_text=_('{"0": ["07:00", "22:00"]}: 0 is Sunday; a day left out is closed.'),
    )
    latitude = models.DecimalField(
        _("latitude"), max_digits=8, decimal_places=5, default=LATITUDE, db_default=LATITUDE,
        validators=[MinValueValidator(-66), MaxValueValidator(66)],
        help_text=_("North of the equator, in degrees: says when the sun sets."),
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=8, decimal_places=5, default=LONGITUDE, db_default=LONGITUDE,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    is_delivery_source = models.BooleanField(_("deliveries leave from here"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="branch_code_unique"),
            models.UniqueConstraint(fields=["name_he"], name="branch_name_he_unique"),
            models.UniqueConstraint(fields=["name_en"], name="branch_name_en_unique"),
            models.UniqueConstraint(
                fields=["is_delivery_source"],
                condition=Q(is_delivery_source=True),
                name="branch_one_delivery_source",
            ),
            models.CheckConstraint(
                condition=Q(is_delivery_source=False) | Q(is_active=True),
                name="branch_delivery_source_active",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_he

    @property
    def address(self) -> str:
        return self.address_en if get_language() == "en" else self.address_he

    @property
    def city(self) -> str:
        return self.city_en if get_language() == "en" else self.city_he


class MinutesRange(Func):
    """The half-open range of minutes of the day between two times, for the overlap constraint."""

    function = "int4range"
    template = (
        "int4range((EXTRACT(EPOCH FROM %(start)s) / 60)::int,"
        " (EXTRACT(EPOCH FROM %(end)s) / 60)::int)"
    )
    output_field = IntegerRangeField()

    def as_sql(self, compiler, connection, **extra):  # type: ignore[no-untyped-def, override]
        start, end = (compiler.compile(e)[0] for e in self.source_expressions)
        return self.template % {"start": start, "end": end}, []


class DeliverySlot(models.Model):
    """A two-hour window of the weekly plan of a branch (0 = Sunday)."""

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="slots")
    day_of_week = models.PositiveSmallIntegerField(
        _("day of week"), validators=[MaxValueValidator(6)]
    )
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(_("to"))
    capacity = models.PositiveIntegerField(_("orders"), default=30)
    fee = models.DecimalField(
        _("fee"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: the shop's usual fee."),
    )
    cutoff_minutes = models.PositiveSmallIntegerField(
        _("orders until, minutes before"),
        default=120,
        help_text=_("120: the last order comes two hours before the window starts."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("delivery slot")
        verbose_name_plural = _("delivery slots")
        ordering = ["branch", "day_of_week", "start_time"]
        constraints = [
            models.CheckConstraint(condition=Q(day_of_week__lte=6), name="slot_day_known"),
            models.CheckConstraint(
                condition=Q(start_time__gte=OPENING) & Q(end_time__lte=CLOSING),
                name="slot_within_hours",
            ),
            models.CheckConstraint(
                condition=Q(end_time=F("start_time") + dt.timedelta(hours=2)),
                name="slot_two_hours",
            ),
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | Q(fee__gte=0), name="slot_fee_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(cutoff_minutes__lte=LONGEST_CUTOFF), name="slot_cutoff_known"
            ),
            ExclusionConstraint(
                name="slot_no_overlap",
                expressions=[
                    ("branch", RangeOperators.EQUAL),
                    ("day_of_week", RangeOperators.EQUAL),
                    (MinutesRange("start_time", "end_time"), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        day = DAY_NAMES[self.day_of_week]
        return f"{day} {left_to_right(f'{self.start_time:%H:%M}–{self.end_time:%H:%M}')}"


class DatedSlot(models.Model):
    """One delivery slot on one date. `taken` counts its open reservations and its orders.

    Rows are made when first needed; a date without a row has the weekly plan's capacity free.
    """

    slot = models.ForeignKey(DeliverySlot, on_delete=models.PROTECT, related_name="dates")
    date = models.DateField(_("date"))
    capacity_override = models.PositiveIntegerField(
        _("orders on this date"),
        null=True,
        blank=True,
        help_text=_("Empty: as in the weekly plan."),
    )
    taken = models.PositiveIntegerField(_("taken"), default=0)

    objects = DatedSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("dated slot")
        verbose_name_plural = _("dated slots")
        ordering = ["date", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["slot", "date"], name="dated_slot_unique"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="dated_slot_taken_not_negative"),
        ]
        indexes = [models.Index(fields=["date"], name="dated_slot_date")]

    def __str__(self) -> str:
        slot = self.slot
        hours = left_to_right(f"{slot.start_time:%H:%M}–{slot.end_time:%H:%M}")
        return f"{self.date:%d.%m.%Y} {hours}"

    @property
    def capacity(self) -> int:
        return self.slot.capacity if self.capacity_override is None else self.capacity_override


class Holder(NamedTuple):
    """For whom a place is kept: what kind of thing, and its key among those."""

    kind: str
    reference: int


class PlaceHold(models.Model):
    """A place in a dated slot kept for a while: it counts as gone until then, never in `taken`.

    Each holder keeps one place at most. One that is over counts nowhere. WAITING rows are the line
    for a full window, longer than its free places can be: they count for all who keep no place there.
    """

    class Kind(models.TextChoices):
        CART = "CART", _("a basket")
        STANDING = "STANDING", _("a date of a standing order")
        WAITING = "WAITING", _("somebody in the line for a full window")
        QUESTION = "QUESTION", _("a change that a customer is asked about")

    dated_slot = models.ForeignKey(DatedSlot, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reference = models.BigIntegerField()
    until = models.DateTimeField()
    ordered_as = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_("The basket that orders it just now: the place counts in `taken` then."),
    )

    class Meta:
        verbose_name = _("kept place")
        verbose_name_plural = _("kept places")
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="place_hold_one_each"),
            models.CheckConstraint(
                condition=Q(kind__in=["CART", "STANDING", "WAITING", "QUESTION"]),
                name="place_hold_kind_known",
            ),
        ]
        indexes = [models.Index(fields=["dated_slot", "until"], name="place_hold_until")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}: {self.dated_slot_id}"


class Closure(models.Model):
    """A time in which a branch (or, without branch, the whole shop) takes no orders for slots."""

    branch = models.ForeignKey(
        Branch, on_delete=models.CASCADE, null=True, blank=True, related_name="closures"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason_he = models.CharField(_("reason (Hebrew)"), max_length=80)
    reason_en = models.CharField(_("reason (English)"), max_length=80)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ordered")
        ]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="closure_time")]

    def __str__(self) -> str:
        return self.reason_en if get_language() == "en" else self.reason_he


from branches.area_models import AreaLocality as AreaLocality  # noqa: E402
from branches.area_models import DeliveryArea as DeliveryArea  # noqa: E402
from branches.area_models import Locality as Locality  # noqa: E402
from branches.calendar_models import CalendarDay, CalendarSettings  # noqa: E402, F401
