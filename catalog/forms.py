"""What a shopper may ask of a shelf; the names are those of the JSON API."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from branches.models import Branch
from branches.selectors import active_branches
from catalog.choices import Allergen, DietaryTag
from catalog.models import Category
from catalog.tree import category_tree
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField

PAGE_SIZE = 24
MAX_QUERY = 100
BRANCH, DELIVERY = "branchId", "delivery"


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

    q = SoughtField(
        required=False, max_length=MAX_QUERY,
        error_messages={"max_length": _("This is too long to look for: 100 letters are enough.")},
    )  # fmt: skip
    brand = AnyChoices(required=False)
    tag = forms.MultipleChoiceField(required=False, choices=DietaryTag.choices)
    allergenFree = AnyChoices(required=False)  # noqa: N815 - unknown ones are left out
    minPrice = NumberField(  # noqa: N815 - the name in the address
        required=False, min_value=0, max_digits=8, decimal_places=2, label=_("From")
    )
    maxPrice = NumberField(  # noqa: N815
        required=False, min_value=0, max_digits=8, decimal_places=2, label=_("To")
    )
    inStock = forms.BooleanField(required=False)  # noqa: N815
    onSale = forms.BooleanField(required=False)  # noqa: N815
    branchId = forms.CharField(required=False, max_length=20)  # noqa: N815
    categoryId = WholeNumberField(required=False, min_value=1, max_value=2**63 - 1)  # noqa: N815
    asTyped = forms.BooleanField(required=False)  # noqa: N815
    sort = forms.ChoiceField(required=False)
    page = WholeNumberField(required=False, min_value=1, max_value=9999)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["sort"].choices = sorts()  # type: ignore[attr-defined]
        self.full_clean()

    @cached_property
    def branches(self) -> list[Branch]:
        """Where a shopper can buy. One query."""
        return list(active_branches())

    def clean_branchId(self) -> str:  # noqa: N802 - the name in the address
        chosen: str = self.cleaned_data[BRANCH]
        if chosen not in {"", DELIVERY, *(str(branch.pk) for branch in self.branches)}:
            raise forms.ValidationError(
                _("We have no such branch: this is our stock for delivery.")
            )
        return chosen

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
    def unreadable(self) -> bool:
        """Whether the text is nothing to look for: too long, or no text at all."""
        return self.has_error("q")

    @property
    def as_typed(self) -> bool:
        return self._given("asTyped", False)

    @property
    def branch(self) -> Branch | None:
        """The branch whose stock counts; None for that of deliveries."""
        chosen = self._given(BRANCH, DELIVERY)
        return next((one for one in self.branches if str(one.pk) == chosen), None)

    @property
    def branch_id(self) -> int | None:
        return self.branch.pk if self.branch else None

    @property
    def in_stock_label(self) -> str:
        """What the filter of stock is called."""
        if self.branch is None:
            return str(_("In stock for delivery"))
        return _("In stock at %(branch)s") % {"branch": self.branch.name}

    @cached_property
    def category(self) -> Category | None:
        """The department, or the category, that is chosen beside a text; an unknown one is none."""
        node = category_tree().nodes.get(self._given("categoryId", 0))
        return node.category if node else None

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
            "allergen_free": tuple(
                name for name in self._given("allergenFree", ()) if name in Allergen.values
            ),
            "min_price": self._given("minPrice", None),
            "max_price": self._given("maxPrice", None),
            "in_stock": self._given("inStock", False),
            "on_sale": self._given("onSale", False),
        }

    def _given(self, name: str, default: Any) -> Any:
        value = self.cleaned_data.get(name)
        return default if value in (None, "", []) else value
