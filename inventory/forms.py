"""What managers type and choose about stock."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Branch
from branches.selectors import all_branches
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, TextField
from inventory.querysets import LEVELS
from inventory.selectors import stock_by_code

LEVEL_NAMES = (
    ("low", _("low")),
    ("out", _("sold out")),
    ("short", _("more promised than there is")),
    ("unsold", _("never sold")),
)


class BranchChoiceForm(forms.Form):
    """Which branch; all of them when none is chosen."""

    branch = forms.ModelChoiceField(
        label=_("Branch"),
        queryset=Branch.objects.none(),
        required=False,
        empty_label=_("All branches"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = all_branches()  # type: ignore[attr-defined]

    def branch_id(self) -> int | None:
        """The chosen branch; a made-up one means all."""
        branch = self.cleaned_data.get("branch") if self.is_valid() else None
        return branch.pk if branch else None


class ExportForm(BranchChoiceForm):
    """The filters of the list, as its address carries them."""

    branch__id__exact = WholeNumberField(required=False, min_value=1, max_value=2**62)
    level = forms.ChoiceField(required=False, choices=[(name, name) for name in LEVELS])
    q = SoughtField(required=False, max_length=100)

    def filters(self) -> dict[str, Any]:
        """Arguments for `selectors.listed_stock`."""
        self.is_valid()
        data = self.cleaned_data
        return {
            "branch_id": data.get("branch__id__exact"),
            "level": data.get("level") or "",
            "q": data.get("q") or "",
        }


class UploadForm(BranchChoiceForm):
    """A file of counts. Rows that name no branch are of the chosen one."""

    file = forms.FileField(
        label=_("File (CSV)"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"})
    )
    note = TextField(
        label=_("Reason"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    field_order = ("file", "branch", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branch: Any = self.fields["branch"]
        branch.label = _("Branch of rows that name none")
        branch.empty_label = _("Every row names its branch")


class TransferForm(forms.Form):
    """Goods that go from one shelf to another."""

    product = SoughtField(
        label=_("Product (sku or barcode)"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    from_branch = forms.ModelChoiceField(label=_("From"), queryset=Branch.objects.none())
    to_branch = forms.ModelChoiceField(
        label=pgettext_lazy("branch", "To"), queryset=Branch.objects.none()
    )
    quantity = NumberField(
        label=_("Quantity"), max_digits=12, decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "dir": "ltr"}),
    )  # fmt: skip
    reason = TextField(
        label=_("Reason"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    stock_id: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_branch", "to_branch"):
            self.fields[name].queryset = all_branches()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find the shelf that is meant."""
        cleaned: dict[str, Any] = super().clean() or {}
        code, branch = cleaned.get("product"), cleaned.get("from_branch")
        if code and branch:
            self.stock_id = stock_by_code(code=code, branch_id=branch.pk)
            if self.stock_id is None:
                self.add_error("product", _("No product of this branch has this sku or barcode."))
        return cleaned
