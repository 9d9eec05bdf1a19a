"""What employees ask and managers decide, as typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.models import Branch
from branches.selectors import active_branches
from catalog.models import Product
from core.numbers import NumberField
from core.text import SoughtField, TextField
from stockrequests.models import StockRequest
from stockrequests.products import find_product


class AskForm(forms.Form):
    """A request: the product by name, sku or barcode (or by `product_id` once chosen)."""

    product = SoughtField(label=_("Product, name or barcode"), max_length=120)
    branch = forms.ModelChoiceField(
        label=_("Branch"), queryset=Branch.objects.none(), empty_label=None
    )
    request_type = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=StockRequest.Type.choices,
        initial=StockRequest.Type.SET_QUANTITY,
    )
    quantity = NumberField(label=_("Quantity"), max_digits=12, decimal_places=3)
    reason = TextField(
        label=_("Why"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    found: Product | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = active_branches()  # type: ignore[attr-defined]
        self.fields["product"].widget.attrs |= {
            "dir": "auto",
            "autocomplete": "off",
            "list": "product-list",
        }
        self.fields["quantity"].widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def clean_product(self) -> str:
        """Find the one product that is meant, or say that it is unclear which."""
        text: str = self.cleaned_data["product"]
        matches = find_product(text=text)
        if len(matches) != 1:
            raise forms.ValidationError(
                _("No product of ours is called so.")
                if not matches
                else _("Several products match; choose one from the list.")
            )
        self.found = matches[0]
        return text


class DecisionForm(forms.Form):
    """One row's decision; its fields carry the request's number as prefix."""

    approved_quantity = NumberField(max_digits=12, decimal_places=3, required=False)
    rejection_reason = TextField(max_length=200, required=False)
