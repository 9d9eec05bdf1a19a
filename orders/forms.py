"""What a customer types about an order that stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.queries import bounds
from core.days import DayField
from core.errors import DomainError
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, TextField, validate_text
from orders.models import OrderItem
from orders.problem_models import ProblemItem
from orders.services import Reported

LARGEST_KEY = 2**62


class HistoryForm(forms.Form):
    """What somebody looks for among their orders."""

    q = SoughtField(
        label=gettext_lazy("Order number or product"), max_length=120, required=False,
        validators=[validate_text],
    )  # fmt: skip
    date_from = DayField(label=gettext_lazy("From"), required=False)
    date_to = DayField(label=gettext_lazy("Until"), required=False)

    def asked(self) -> dict[str, Any]:
        """As `found_in` takes it; what cannot be read is left out."""
        self.is_valid()
        days = {name: self.cleaned_data.get(name) for name in ("date_from", "date_to")}
        given = {name: value for name, value in days.items() if value is not None}
        return {"q": self.cleaned_data.get("q", ""), **bounds(given)}

    @property
    def is_asking(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class QuestionForm(forms.Form):
    """What to pack instead: the key of a `product`, empty for nothing; a form without it says neither."""

    product = WholeNumberField(min_value=1, max_value=LARGEST_KEY, required=False)

    def clean(self) -> dict[str, Any]:
        if "product" not in self.data:
            raise forms.ValidationError("")
        return super().clean() or self.cleaned_data


class ProblemForm(forms.Form):
    """`item` names the lines it is about; of each `quantity_<line>`, `kind_<line>`, `text_<line>`
    and `photo_<line>`; `key` names the request."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        items: Iterable[OrderItem],
        left: Mapping[int, Decimal],
    ) -> None:
        super().__init__(data, files, initial={"key": uuid4().hex}, use_required_attribute=False)
        self.items = [item for item in items if left[item.pk]]
        self.left = left
        for item in self.items:
            self.fields[f"quantity_{item.pk}"] = NumberField(
                label=gettext_lazy("How much of it?"),
                required=not self.is_bound or item.pk in self.chosen,
                min_value=0,
                decimal_places=3,
                initial=f"{left[item.pk].normalize():f}",
            )
            self.fields[f"kind_{item.pk}"] = forms.ChoiceField(
                label=gettext_lazy("What happened?"),
                choices=ProblemItem.Kind.choices,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"text_{item.pk}"] = TextField(
                label=gettext_lazy("A word or two"), max_length=500, required=False
            )
            self.fields[f"photo_{item.pk}"] = forms.FileField(
                label=gettext_lazy("Take or choose a photo"), required=False
            )

    @property
    def chosen(self) -> set[int]:
        """The lines that are ticked; of a form without ticks those that say what happened."""
        if not self.is_bound:
            return set()
        if "item" in self.data:
            ticked = set(cast(QueryDict, self.data).getlist("item"))
            return {item.pk for item in self.items if str(item.pk) in ticked}
        return {item.pk for item in self.items if self.data.get(f"kind_{item.pk}")}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.chosen:
            self.add_error(None, _("Tick what was wrong."))
        for line in self.chosen:
            if not values.get(f"kind_{line}") and f"kind_{line}" not in self.errors:
                self.add_error(f"kind_{line}", _("Say what was wrong."))
            if not values.get(f"quantity_{line}") and f"quantity_{line}" not in self.errors:
                self.add_error(f"quantity_{line}", _("How much of it?"))
        return values

    def reported(self) -> list[Reported]:
        """What was ticked, for the service."""
        values = self.cleaned_data
        return [
            Reported(
                id=line,
                quantity=values[f"quantity_{line}"],
                kind=values[f"kind_{line}"],
                text=values[f"text_{line}"],
                photo=values[f"photo_{line}"],
            )
            for line in sorted(self.chosen)
        ]

    def refuse(self, refusal: DomainError) -> None:
        """Say a refusal at the line it is about."""
        field = "photo" if refusal.code == "PHOTO_REFUSED" else "quantity"
        name = f"{field}_{refusal.details.get('item_id')}"
        self.add_error(name if name in self.fields else None, str(refusal.message))
