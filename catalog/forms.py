"""What a shopper may ask of a shelf; the names are those of the JSON API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.models import DietaryTag

PAGE_SIZE = 48
MAX_QUERY = 100


class AnyChoices(forms.Field):
    """Several short texts, whatever they are: an unknown one simply finds nothing."""

    widget = forms.SelectMultiple

    def clean(self, value: Any) -> list[str]:
        return [text for text in value or [] if len(text) <= 60 and text.isprintable()][:30]


def sorts() -> list[tuple[str, Any]]:
    return [
        ("", _("Recommended")),
        ("unit_price", _("Price per measure")),
        ("price", _("Price, lowest first")),
        ("-price", _("Price, highest first")),
        ("newest", _("Newest")),
        ("name", _("Name")),
    ]


class ShelfForm(forms.Form):
    """The filters, order and page in an address. What is malformed is told and left out."""

    q = forms.CharField(required=False, max_length=MAX_QUERY)
    brand = AnyChoices(required=False)
    tag = forms.MultipleChoiceField(required=False, choices=DietaryTag.choices)
    minPrice = forms.DecimalField(  # noqa: N815 - the name in the address
        required=False, min_value=0, max_digits=8, decimal_places=2, label=_("From")
    )
    maxPrice = forms.DecimalField(  # noqa: N815
        required=False, min_value=0, max_digits=8, decimal_places=2, label=_("To")
    )
    inStock = forms.BooleanField(required=False)  # noqa: N815
    onSale = forms.BooleanField(required=False)  # noqa: N815
    sort = forms.ChoiceField(required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=9999)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["sort"].choices = sorts()  # type: ignore[attr-defined]
        self.full_clean()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        low, high = data.get("minPrice"), data.get("maxPrice")
        if low is not None and high is not None and low > high:
            self.add_error("maxPrice", _("The highest price is below the lowest."))
        return data

    @property
    def query(self) -> str:
        return self._given("q", "")

    @property
    def order(self) -> str:
        return self._given("sort", "")

    @property
    def page_number(self) -> int:
        return self._given("page", 1)

    def criteria(self) -> dict[str, Any]:
        """The well-formed filters, as `selectors.shelf` takes them."""
        return {
            "brands": tuple(self._given("brand", ())),
            "tags": tuple(self._given("tag", ())),
            "min_price": self._given("minPrice", None),
            "max_price": self._given("maxPrice", None),
            "in_stock": self._given("inStock", False),
            "on_sale": self._given("onSale", False),
        }

    def _given(self, name: str, default: Any) -> Any:
        value = self.cleaned_data.get(name)
        return default if value in (None, "", []) else value
