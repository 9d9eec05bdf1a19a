"""Branches, for managers, because a new branch opens its stock rows too; and background jobs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from branches import services as branches
from branches.models import DAY_NAMES, Branch
from core.clock import now
from core.service_admin import (
    ReadOnlyAdmin,
    RowsInline,
    SwitchedAdmin,
)
from ops.asking_admin import AskingForm
from ops.asking_admin import register as register_asking
from ops.selectors import hit_orders
from ops.services import cancel_jobs, open_branch, retry_jobs
from orders.models import Order

HOURS = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–—]\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")
TEXTS = ("name_he", "name_en", "address_he", "address_en", "city_he", "city_en", "phone")
DAYS = tuple(f"hours_{day}" for day in range(7))


class DayHoursField(forms.CharField):
    """Opening hours of a day as `07:00–22:00`, empty when closed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=13, **kwargs)
        self.widget.attrs |= {"placeholder": "07:00–22:00", "dir": "ltr"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        match = HOURS.fullmatch(text)
        if match is None:
            raise forms.ValidationError(_("Write it as 07:00–22:00, or leave it empty."))
        opening, closing = f"{int(match[1]):02}:{match[2]}", f"{int(match[3]):02}:{match[4]}"
        if opening >= closing:
            raise forms.ValidationError(_("The end must come after the start."))
        return [opening, closing]


class BranchAdminForm(AskingForm):
    hours_0 = DayHoursField(label=DAY_NAMES[0])
    hours_1 = DayHoursField(label=DAY_NAMES[1])
    hours_2 = DayHoursField(label=DAY_NAMES[2])
    hours_3 = DayHoursField(label=DAY_NAMES[3])
    hours_4 = DayHoursField(label=DAY_NAMES[4])
    hours_5 = DayHoursField(label=DAY_NAMES[5])
    hours_6 = DayHoursField(label=DAY_NAMES[6])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in range(7):
            pair = self.instance.opening_hours.get(str(day))
            if pair:
                self.initial[f"hours_{day}"] = "–".join(pair)

    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        closes = "is_active" in self.changed_data and data.get("is_active") is False
        if self.instance.pk is None or not closes:
            return []
        return hit_orders.of_branch(branch_id=self.instance.pk, now=now())

    def opening_hours(self) -> dict[str, Any]:
        """The week as the branch keeps it: 0 is Sunday, closed days left out."""
        given = {str(day): self.cleaned_data[f"hours_{day}"] for day in range(7)}
        return {day: pair for day, pair in given.items() if pair}


admin.site.unregister(Group)  # rights follow the role; nobody is in a group
admin.site.unregister(ProcrastinateJob)  # the library's own page writes inline styles


STATES = {
    "todo": pgettext_lazy("job", "waiting"),
    "doing": pgettext_lazy("job", "being done"),
    "succeeded": pgettext_lazy("job", "done"),
    "failed": pgettext_lazy("job", "failed"),
    "cancelled": pgettext_lazy("job", "cancelled"),
    "aborted": pgettext_lazy("job", "aborted"),
}


class StateFilter(admin.SimpleListFilter):
    """By state; without a choice what is not finished, so that yesterday's jobs do not hide today's."""

    title = _("state")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("All")), *STATES.items()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "all":
            return queryset
        if self.value() is None:
            return queryset.exclude(status="succeeded")
        return queryset.filter(status=self.value()) if self.value() in STATES else queryset.none()

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("Not finished")}
        yield from rest


class TaskFilter(admin.SimpleListFilter):
    """By the jobs there are; asking the rows for theirs would read all of them."""

    title = _("job")
    parameter_name = "task_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in sorted(app.tasks)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(task_name=self.value()) if self.value() else queryset


class EventInline(RowsInline):
    model = ProcrastinateEvent
    fields = ("moment", "event")
    readonly_fields = fields
    ordering = ("at",)
    verbose_name_plural = _("What happened")

    @admin.display(description=_("when"))
    def moment(self, event: ProcrastinateEvent) -> Any:
        return event.at

    @admin.display(description=_("what"))
    def event(self, event: ProcrastinateEvent) -> str:
        return event.type


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """What the worker has to do, does and has done."""

    list_display = ("id", "task", "what", "state", "tries", "planned")
    list_filter = (StateFilter, TaskFilter)
    ordering = ("-id",)
    fields = ("task", "what", "state", "tries", "planned")
    readonly_fields = fields
    inlines = (EventInline,)
    actions = ("retry", "cancel")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {**(extra_context or {}), "title": _("Background jobs")}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened to a job stands on its own page."""
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        return redirect("admin:procrastinate_procrastinatejob_change", job.pk)

    @admin.display(description=_("job"), ordering="task_name")
    def task(self, job: ProcrastinateJob) -> str:
        return job.task_name

    @admin.display(description=_("of what"))
    def what(self, job: ProcrastinateJob) -> str:
        return ", ".join(f"{name}={value}" for name, value in job.args.items())

    @admin.display(description=_("state"), ordering="status")
    def state(self, job: ProcrastinateJob) -> Any:
        return STATES.get(job.status, job.status)

    @admin.display(description=_("attempts"), ordering="attempts")
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts

    @admin.display(description=_("not before"), ordering="scheduled_at")
    def planned(self, job: ProcrastinateJob) -> Any:
        return job.scheduled_at or "–"

    @admin.action(description=_("Try the chosen failed ones again"))
    def retry(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._told(request, queryset, retry_jobs)

    @admin.action(description=_("Cancel the chosen ones that have not begun"))
    def cancel(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._told(request, queryset, cancel_jobs)

    def _told(self, request: HttpRequest, chosen: models.QuerySet, step: Any) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        done = step(actor=request.user, job_ids=ids)
        level = messages.SUCCESS if done == len(ids) else messages.WARNING
        numbers = {"done": done, "all": len(ids)}
        self.message_user(request, _("Done with %(done)d of %(all)d.") % numbers, level)


@admin.register(Branch)
class BranchAdmin(SwitchedAdmin):
    form = BranchAdminForm
    audit_name = "branch"
    is_short = True
    list_display = ("name", "address", "city", "phone", "is_delivery_source", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name_he", "name_en", "city_he", "city_en")
    fieldsets = (
        (None, {"fields": (("name_he", "name_en"), "phone")}),
        (_("Address"), {"fields": (("address_he", "address_en"), ("city_he", "city_en"))}),
        (_("Opening hours"), {"fields": DAYS}),
        (_("State"), {"fields": ("is_delivery_source", "is_active", "sure")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj else ("is_delivery_source", "is_active")

    @admin.display(description=_("name"))
    def name(self, branch: Branch) -> str:
        return branch.name

    @admin.display(description=_("address"))
    def address(self, branch: Branch) -> str:
        return branch.address

    @admin.display(description=_("city"))
    def city(self, branch: Branch) -> str:
        return branch.city

    def create(self, request: HttpRequest, form: Any) -> Branch:
        values = {name: form.cleaned_data[name] for name in TEXTS}
        data = branches.BranchData(**values, opening_hours=form.opening_hours())
        return open_branch(actor=request.user, data=data)  # type: ignore[arg-type]

    def update(self, request: HttpRequest, obj: Branch, form: Any) -> None:
        changes = {n: v for n, v in form.changes().items() if n not in DAYS}
        changes["opening_hours"] = form.opening_hours()
        branches.update_branch(actor=request.user, branch_id=obj.pk, changes=changes)

    def switch(self, request: HttpRequest, obj: Branch, *, active: bool) -> None:
        branches.update_branch(actor=request.user, branch_id=obj.pk, changes={"is_active": active})


register_asking()
