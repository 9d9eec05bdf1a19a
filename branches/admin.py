"""Delivery windows, their dates and closures, for managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from branches import services
from branches.calendar.reading import kept_now
from branches.calendar_models import CalendarDay, CalendarSettings
from branches.models import DAY_NAMES, Closure, DatedSlot, DeliverySlot
from core.bidi import left_to_right
from core.clock import now
from core.service_admin import RefusableForm, ServiceAdmin, SwitchedAdmin


class SlotAdminForm(RefusableForm):
    day_of_week = forms.TypedChoiceField(
        label=_("day of week"), choices=list(enumerate(DAY_NAMES)), coerce=int
    )


class WeekdayFilter(admin.SimpleListFilter):
    title = _("day of week")
    parameter_name = "day_of_week"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(number), name) for number, name in enumerate(DAY_NAMES)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() in {"0", "1", "2", "3", "4", "5", "6"}:
            return queryset.filter(day_of_week=self.value())
        return queryset


@admin.register(DeliverySlot)
class DeliverySlotAdmin(SwitchedAdmin):
    form = SlotAdminForm
    audit_name = "delivery_slot"
    is_short = True
    list_display = ("day", "hours", "branch", "capacity", "fee", "cutoff_minutes", "is_active")
    list_display_links = ("day", "hours")
    list_filter = ("branch", WeekdayFilter, "is_active")
    list_select_related = ("branch",)
    fields = (
        "branch",
        "day_of_week",
        "start_time",
        "end_time",
        "capacity",
        "fee",
        "cutoff_minutes",
        "is_active",
    )

    @admin.display(description=_("day of week"), ordering="day_of_week")
    def day(self, slot: DeliverySlot) -> Any:
        return DAY_NAMES[slot.day_of_week]

    @admin.display(description=_("hours"), ordering="start_time")
    def hours(self, slot: DeliverySlot) -> str:
        return _hours(slot)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("branch",) if obj else ("is_active",)

    def create(self, request: HttpRequest, form: Any) -> DeliverySlot:
        values = {n: v for n, v in form.cleaned_data.items() if n not in {"branch", "is_active"}}
        return services.create_slot(
            actor=request.user, branch_id=form.cleaned_data["branch"].pk, **values
        )

    def update(self, request: HttpRequest, obj: DeliverySlot, form: Any) -> None:
        services.update_slot(actor=request.user, slot_id=obj.pk, changes=form.changes())

    def switch(self, request: HttpRequest, obj: DeliverySlot, *, active: bool) -> None:
        change = services.activate_slot if active else services.deactivate_slot
        change(actor=request.user, slot_id=obj.pk)


def _slot_name(slot: DeliverySlot) -> str:
    day = DAY_NAMES[slot.day_of_week]
    return f"{slot.branch.name} · {day} {_hours(slot)}"


def _hours(slot: DeliverySlot) -> str:
    return left_to_right(f"{slot.start_time:%H:%M}–{slot.end_time:%H:%M}")


@admin.register(DatedSlot)
class DatedSlotAdmin(ServiceAdmin):
    audit_name = "dated_slot"
    date_hierarchy = "date"
    list_display = ("date", "slot", "branch", "capacity", "taken")
    list_filter = ("slot__branch", "date")
    list_select_related = ("slot__branch",)
    ordering = ("-date", "slot")
    fields = ("slot", "date", "capacity_override", "taken")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "slot":
            field.queryset = DeliverySlot.objects.select_related("branch")
            field.label_from_instance = _slot_name
        return field

    @admin.display(description=_("branch"))
    def branch(self, dated: DatedSlot) -> Any:
        return dated.slot.branch

    @admin.display(description=_("places"))
    def capacity(self, dated: DatedSlot) -> int:
        return dated.capacity

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("slot", "date", "taken") if obj else ("taken",)

    def create(self, request: HttpRequest, form: Any) -> DatedSlot:
        return services.set_dated_capacity(
            actor=request.user,
            slot_id=form.cleaned_data["slot"].pk,
            date=form.cleaned_data["date"],
            capacity=form.cleaned_data["capacity_override"],
            now=now(),
        )

    def update(self, request: HttpRequest, obj: DatedSlot, form: Any) -> None:
        services.set_dated_capacity(
            actor=request.user,
            dated_slot_id=obj.pk,
            capacity=form.cleaned_data["capacity_override"],
            now=now(),
        )


@admin.register(Closure)
class ClosureAdmin(ServiceAdmin):
    audit_name = "closure"
    is_short = True
    list_display = ("starts_at", "ends_at", "branch", "reason_he", "reason_en")
    list_filter = ("branch",)
    list_select_related = ("branch",)
    ordering = ("-starts_at",)
    fields = ("branch", "starts_at", "ends_at", "reason_he", "reason_en")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def create(self, request: HttpRequest, form: Any) -> Closure:
        values = dict(form.cleaned_data)
        branch = values.pop("branch")
        return services.add_closure(
            actor=request.user, branch_id=branch.pk if branch else None, **values
        )

    def delete_model(self, request: HttpRequest, obj: Closure) -> None:
        services.remove_closure(actor=request.user, closure_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row))


from branches import area_admin  # noqa: E402, F401


@admin.register(CalendarDay)
class CalendarDayAdmin(ServiceAdmin):
    audit_name = "calendar_day"
    is_short = True
    list_display = ("date", "is_open", "closes_at", "opens_at", "reason_he", "reason_en")
    ordering = ("-date",)
    fields = ("date", "is_open", "closes_at", "opens_at", "reason_he", "reason_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("date",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def create(self, request: HttpRequest, form: Any) -> CalendarDay:
        return self._set(request, form.cleaned_data["date"], form)

    def update(self, request: HttpRequest, obj: CalendarDay, form: Any) -> None:
        self._set(request, obj.date, form)

    def _set(self, request: HttpRequest, date: Any, form: Any) -> CalendarDay:
        names = ("is_open", "closes_at", "opens_at", "reason_he", "reason_en")
        data = services.DayData(**{name: form.cleaned_data[name] for name in names})
        return services.set_calendar_day(actor=request.user, date=date, data=data, now=now())

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        services.remove_calendar_day(actor=request.user, date=obj.date)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row))


@admin.register(CalendarSettings)
class CalendarSettingsAdmin(ServiceAdmin):
    """One row at most; before there is one, the shop's defaults stand in the form."""

    audit_name = "settings"
    is_short = True
    list_display = ("id", "keeps_shabbat", "independence_day", "passover_mode")
    fields = ("keeps_shabbat", "independence_day", "passover_mode")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Once. The office's first page lists what may be added and asks the database nothing for it."""
        match = request.resolver_match
        is_listed = match is not None and match.url_name in ("index", "app_list")
        return super().has_add_permission(request) and (
            is_listed or not CalendarSettings.objects.exists()
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return kept_now().settings

    def create(self, request: HttpRequest, form: Any) -> CalendarSettings:
        services.update_calendar(actor=request.user, changes=form.cleaned_data)
        return CalendarSettings.objects.get()

    def update(self, request: HttpRequest, obj: CalendarSettings, form: Any) -> None:
        services.update_calendar(actor=request.user, changes=form.changes())
