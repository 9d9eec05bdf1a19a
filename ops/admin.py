"""Branches, for managers. They stand here because a new branch opens its stock rows too."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from branches import services as branches
from branches.models import Branch
from branches.windows import DAY_NAMES
from mami.service_admin import RefusableForm, SwitchedAdmin
from ops.services import open_branch

HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–—]\s*([01]?\d|2[0-3]):([0-5]\d)")
TEXTS = ("name_he", "name_en", "address_he", "address_en", "city_he", "city_en", "phone")
DAYS = tuple(f"hours_{day}" for day in range(7))


class HoursField(forms.CharField):
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


class BranchForm(RefusableForm):
    hours_0 = HoursField(label=DAY_NAMES[0])
    hours_1 = HoursField(label=DAY_NAMES[1])
    hours_2 = HoursField(label=DAY_NAMES[2])
    hours_3 = HoursField(label=DAY_NAMES[3])
    hours_4 = HoursField(label=DAY_NAMES[4])
    hours_5 = HoursField(label=DAY_NAMES[5])
    hours_6 = HoursField(label=DAY_NAMES[6])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in range(7):
            pair = self.instance.opening_hours.get(str(day))
            if pair:
                self.initial[f"hours_{day}"] = "–".join(pair)

    def opening_hours(self) -> dict[str, Any]:
        """The week as the branch keeps it: 0 is Sunday, closed days left out."""
        given = {str(day): self.cleaned_data[f"hours_{day}"] for day in range(7)}
        return {day: pair for day, pair in given.items() if pair}


admin.site.unregister(Group)  # rights follow the role; nobody is in a group


@admin.register(Branch)
class BranchAdmin(SwitchedAdmin):
    form = BranchForm
    audit_name = "branch"
    list_display = ("name", "address", "city", "phone", "is_delivery_source", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name_he", "name_en", "city_he", "city_en")
    fieldsets = (
        (None, {"fields": (("name_he", "name_en"), "phone")}),
        (_("Address"), {"fields": (("address_he", "address_en"), ("city_he", "city_en"))}),
        (_("Opening hours"), {"fields": DAYS}),
        (_("State"), {"fields": ("is_delivery_source", "is_active")}),
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
