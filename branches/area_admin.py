"""Delivery areas and the list of localities, for managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches import areas, services
from branches.area_models import DeliveryArea, Locality
from core.service_admin import ReadOnlyAdmin, RefusableForm, SwitchedAdmin
from core.text import validate_text

MOST_LISTED = 2000


class AreaAdminForm(RefusableForm):
    """Its places as a list of names or codes, one a line: no place is chosen by scrolling."""

    places = forms.CharField(
        label=gettext_lazy("Places"),
        required=False,
        max_length=100_000,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
        help_text=gettext_lazy("One a line: the name in either language, or the official code."),
    )
    place_of_refusal = {"LOCALITY_TAKEN": "places"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            found = Locality.objects.filter(members__area=self.instance).order_by("name_he")
            self.fields["places"].initial = "\n".join(one.name for one in found)

    def clean_places(self) -> list[int]:
        """The codes; a line that names no place is told with the names nearest to it."""
        lines = [line.strip() for line in self.cleaned_data["places"].splitlines()]
        wanted = [line for line in lines if line][:MOST_LISTED]
        known = areas.codes_of(names=wanted)
        faults = []
        for line in wanted:
            if line not in known:
                near = ", ".join(one.name for one in areas.suggestions(city=line))
                text = _("There is no place “%(name)s”. Is it one of these: %(near)s?")
                faults.append(text % {"name": line, "near": near})
        if faults:
            raise forms.ValidationError(faults[:5])
        return sorted(set(known.values()))

    def changes(self) -> dict[str, Any]:
        found = super().changes()
        if "places" in found:
            found["localities"] = found.pop("places")
        if "branch" in found:
            branch = found.pop("branch")
            found["branch_id"] = branch.pk if branch else None
        return found


@admin.register(DeliveryArea)
class DeliveryAreaAdmin(SwitchedAdmin):
    form = AreaAdminForm
    audit_name = "delivery_area"
    list_display = (
        "name_he", "name_en", "count", "branch", "fee", "minimum", "free_from", "same_day",
        "is_active",
    )  # fmt: skip
    list_display_links = ("name_he", "name_en")
    list_filter = ("is_active", "same_day")
    list_select_related = ("branch",)
    fields = (
        "name_he", "name_en", "branch", "fee", "minimum", "free_from", "same_day", "is_active",
        "places",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return areas.all_areas().select_related("branch")

    @admin.display(description=gettext_lazy("places"))
    def count(self, area: DeliveryArea) -> int:
        return int(area.locality_count)  # type: ignore[attr-defined]

    def create(self, request: HttpRequest, form: Any) -> DeliveryArea:
        values = {name: form.cleaned_data[name] for name in self.fields}
        branch, places = values.pop("branch"), values.pop("places")
        values |= {"branch_id": branch.pk if branch else None, "localities": places}
        return services.create_area(actor=request.user, values=values)

    def update(self, request: HttpRequest, obj: DeliveryArea, form: Any) -> None:
        services.update_area(actor=request.user, area_id=obj.pk, changes=form.changes())

    def switch(self, request: HttpRequest, obj: DeliveryArea, *, active: bool) -> None:
        services.update_area(actor=request.user, area_id=obj.pk, changes={"is_active": active})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def delete_model(self, request: HttpRequest, obj: DeliveryArea) -> None:
        services.delete_area(actor=request.user, area_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row))


@admin.register(Locality)
class LocalityAdmin(ReadOnlyAdmin):
    """The list as it was read in."""

    audit_name = "locality"
    list_display = ("code", "name_he", "name_en", "population", "area")
    list_display_links = ("code",)
    search_fields = ("=code", "name_he", "name_en")
    fields = ("code", "name_he", "name_en", "aliases", "population")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(**areas.with_terms("branches_locality.code"))

    @admin.display(description=gettext_lazy("delivery area"))
    def area(self, locality: Any) -> str:
        terms = areas.terms_from(locality.area_row)
        return terms.name if terms else "—"
