"""Django admin as one more face of the services: a form, one domain call, a refusal in the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin_lists import Rows
from core.admin_quantities import PlainQuantities, is_quantity, plain_quantity
from core.days import validate_day
from core.errors import RETRY_AFTER, DomainError, ServiceUnavailable
from core.long_lists import BoundedPaginator
from core.numbers import NumberField, WholeNumberField
from core.replica import from_replica
from core.text import sought, validate_text

Row = Any
SORTED = (models.Index, models.UniqueConstraint)
PATTERNS = frozenset(
    {
        "regex",
        "iregex",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
    }
    | {"search", "trigram_similar", "trigram_word_similar", "contained_by", "has_key", "has_keys"}
)


class RefusableForm(forms.ModelForm):
    """A form that can show a refusal of the service at the field it concerns."""

    refusal: DomainError | None = None
    place_of_refusal: Mapping[str, str] = {}
    """The field that a refusal of this code is about, where the refusal names none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The services refuse what the constraints forbid, each in its own words.
        self.instance.validate_constraints = lambda exclude=None: None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.refusal is not None:
            given = self.refusal.details.get("fields", {})
            fields = {name.removesuffix("_id"): texts for name, texts in given.items()}
            known = {name: texts for name, texts in fields.items() if name in self.fields}
            for name, texts in known.items():
                self.add_error(name, list(texts))
            if not known:
                place = self.place_of_refusal.get(self.refusal.code)
                self.add_error(place, str(self.refusal.message))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """The cleaned values of the fields whose content was changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class ReadOnlyAdmin(PlainQuantities, admin.ModelAdmin):
    """Rows to look at. Their history is the shop's own audit trail.

    It tells of them as `audit_name`, by the key that stands in `audit_key`; an empty `audit_key`
    means everything of that name.
    """

    audit_name: str = ""
    audit_key: str = "pk"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole list
    is_short = False
    """Whether the list is never long, so that any of its columns may sort it."""
    list_per_page = 50
    paginator = BoundedPaginator
    formfield_overrides = {
        models.FloatField: {"form_class": NumberField},
        models.DecimalField: {"form_class": NumberField},
        models.IntegerField: {"form_class": WholeNumberField},
        models.BigIntegerField: {"form_class": WholeNumberField},
    }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows

    @from_replica
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, extra_context)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """What the class says; else columns that an index sorts, or of a short list all."""
        said = super().get_sortable_by(request)
        if self.is_short or self.sortable_by is not None:
            return said
        return [name for name in said if self._sorts(name)]

    def _sorts(self, name: Any) -> bool:
        shown: Any = name if callable(name) else getattr(self, name, None)
        column = str(getattr(shown, "admin_order_field", None) or name).lstrip("-")
        meta = self.opts
        if column in {"pk", meta.pk.name}:
            return True
        fields = {field.name: field for field in meta.concrete_fields}
        fields |= {field.attname: field for field in meta.concrete_fields}
        field = fields.get(column)
        if field is None or field.choices or isinstance(field, models.BooleanField):
            return False  # a column of a few words sorts nothing: each stands on half the rows
        indexes = [*meta.indexes, *(one for one in meta.constraints if hasattr(one, "fields"))]
        first = [
            one.fields[0].lstrip("-")
            for one in indexes
            if one.fields and not getattr(one, "condition", None) and type(one) in SORTED
        ]
        relation = field.is_relation and column != field.attname
        return not relation and (field.unique or field.db_index or field.name in first)

    def meant(self, text: str) -> models.Q | None:
        """The rows that somebody means by `text`, told by what indexes answer: a list may be millions
        long. None where `search_fields` of a short list say it.

        One table is asked at a time: an OR over two reads both from end to end.
        """
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """As `meant` reads the text; without one every row."""
        search_term = sought(search_term)
        text = " ".join(search_term.split())
        meant = self.meant(text) if text else None
        if meant is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(meant), False

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What the chosen rows are to have done; keys that can be no row's are a forged form."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError as error:
                raise SuspiciousOperation("a row that cannot be") from error
        return super().response_action(request, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Comparisons only: a pattern in an address is nobody's filter, and costs what it likes."""
        patterned = PATTERNS & set(lookup.split("__"))
        return not patterned and super().lookup_allowed(lookup, value, request)

    @property
    def media(self) -> forms.Media:
        """Two small scripts; jQuery writes inline styles, which our policy forbids."""
        return forms.Media(js=["admin/js/core.js", "admin/js/actions.js"])

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Plain choices, without the buttons that open other forms in pop-up windows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and is_quantity(field):
            # What was typed wrongly comes back as it was typed.
            field.__dict__["prepare_value"] = lambda value: (
                None if value is None else plain_quantity(value)
            )
        if type(field) is forms.CharField:
            field.validators.append(validate_text)
        if isinstance(field, forms.DateField | forms.DateTimeField):
            field.validators.append(validate_day)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What happened to this row, in the audit viewer."""
        wanted = {"entity_type": self.audit_name or self.opts.model_name}
        if self.audit_key:
            row = self.get_object(request, object_id)
            if row is None:
                raise Http404
            wanted["entity_id"] = getattr(row, self.audit_key)
        address = reverse("admin:audit_auditentry_changelist")
        return HttpResponseRedirect(f"{address}?{urlencode(wanted)}")

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        return []

    def page(
        self, request: HttpRequest, template: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """A page of ours within the office."""
        around = self.admin_site.each_context(request)
        return render(request, template, {**around, "opts": self.opts, **context}, status=status)

    def each(
        self,
        request: HttpRequest,
        rows: Sequence[Row] | models.QuerySet,
        call: Callable[[Row], Any],
    ) -> None:
        """Run a service for each chosen row, and say how many it did and what it refused."""
        done = 0
        for row in rows:
            try:
                call(row)
                done += 1
            except DomainError as refusal:
                messages.warning(request, f"{row}: {refusal.message}")
        if done:
            messages.success(request, _("%(count)d done.") % {"count": done})

    # The audit trail tells every write; Django admin's own log would be a second, poorer one.
    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None


class RowsInline(PlainQuantities, admin.TabularInline):
    """Rows of another table shown below a form: to look at."""

    template = "admin/rows.html"
    extra = 0
    max_num = 0
    can_delete = False

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def has_add_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class ServiceAdmin(ReadOnlyAdmin):
    """Rows that change through services only. Subclasses say `create` and `update`."""

    form = RefusableForm
    can_add = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add and bool(request.user.is_manager)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def create(self, request: HttpRequest, form: Any) -> Row:
        """Make the row through its service and return it."""
        raise NotImplementedError

    def update(self, request: HttpRequest, obj: Row, form: Any) -> None:
        """Change the row through its service."""
        raise NotImplementedError

    def get_form(
        self, request: HttpRequest, obj: Row | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return type(form.__name__, (form,), {"refusal": refusal}) if refusal else form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As usual; where the service refuses, the form again with everything typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            if request.method != "POST":
                raise
            request.refusal = refusal  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if refusal.status == ServiceUnavailable.status:
                response.status_code = refusal.status
                response["Retry-After"] = RETRY_AFTER
            return response

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        if change:
            self.update(request, obj, form)
        else:
            obj.pk = self.create(request, form).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is saved behind the services."""


class SwitchedAdmin(ServiceAdmin):
    """Rows that are deactivated rather than deleted: two actions of the list."""

    actions = ("deactivate", "activate")

    def switch(self, request: HttpRequest, obj: Row, *, active: bool) -> None:
        """Deactivate or activate the row through its service."""
        raise NotImplementedError

    @admin.action(description=gettext_lazy("Deactivate the chosen ones"))
    def deactivate(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self.each(request, queryset, lambda row: self.switch(request, row, active=False))

    @admin.action(description=gettext_lazy("Activate the chosen ones"))
    def activate(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self.each(request, queryset, lambda row: self.switch(request, row, active=True))


class CheckList(forms.MultipleChoiceField):
    """A column of several words, as a list of boxes to tick."""

    widget = forms.CheckboxSelectMultiple
