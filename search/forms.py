"""The office's forms of search."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from catalog.search_port import SearchStatus
from core.days import DayField
from core.errors import DomainError
from core.numbers import WholeNumberField
from core.service_admin import RefusableForm
from core.text import SoughtField, validate_text
from search.errors import SearchRuleExists
from search.models import RuleKind
from search.rules import key_of
from search.selectors import ALL, OPEN


class RuleForm(RefusableForm):
    """A rule with its texts, one a line."""

    more = ""
    """Texts that are offered to a rule that there is."""
    place_of_refusal = {"SEARCH_RULE_EXISTS": "words"}
    kind = forms.ChoiceField(label=_("kind"), choices=RuleKind.choices)
    words = SoughtField(
        label=_("texts, one a line"),
        help_text=_("Of one to four words, in any language. The same thing needs two of them."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        validators=[validate_text],
    )
    replacement = SoughtField(
        help_text=_("What is like it, where the kind is “show this instead”."),
        label=_("show instead"),
        max_length=100,
        required=False,
        validators=[validate_text],
    )
    categories = forms.ModelMultipleChoiceField(
        help_text=_("Where to go on, for what is not sold and for a question."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        label=_("shelves"),
        queryset=Category.objects.order_by("position", "id"),
        required=False,
    )
    is_active = forms.BooleanField(label=_("active"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            texts = self.instance.words.values_list("text", flat=True)
            self.initial["words"] = "\n".join([*texts, *self.more.splitlines()])

    def add_error(self, field: Any, error: Any) -> None:
        """A text that stands in another rule comes with the way to join it there."""
        if field == "words" and isinstance(self.refusal, SearchRuleExists):
            error = _with_way(self.refusal, self.cleaned_data.get("words", ""))
        super().add_error(field, error)

    def clean(self) -> dict[str, Any]:
        fields = self.refusal.details.get("fields", {}) if self.refusal is not None else {}
        if "category_ids" in fields:  # the service's name of the shelves
            fields["categories"] = fields.pop("category_ids")
        return super().clean()

    def refused(self, refusal: DomainError) -> None:
        """Show a refusal where the form as a whole was right."""
        self.refusal = refusal
        self.full_clean()

    def values(self) -> dict[str, Any]:
        """The rule as the service takes it."""
        cleaned = self.cleaned_data
        return {
            "kind": cleaned["kind"],
            "words": tuple(line for line in cleaned["words"].splitlines() if line.strip()),
            "replacement": cleaned["replacement"],
            "category_ids": tuple(category.pk for category in cleaned["categories"]),
            "is_active": cleaned["is_active"],
        }


def _with_way(refusal: SearchRuleExists, words: str) -> str:
    """The refusal, and a link to the rule that has the word, with the other texts added to it there."""
    taken, rule_id = refusal.details["word"], refusal.details["rule_id"]
    others = [line for line in words.splitlines() if key_of(line) != key_of(taken)]
    address = reverse("admin:search_searchrule_change", args=[rule_id])
    return format_html(
        '{} <bdi>{}</bdi>. <a href="{}?{}">{}</a>',
        refusal.message,
        taken,
        address,
        urlencode({"words": "\n".join(others)}),
        _("Add the other texts to that rule"),
    )


class SameForm(forms.Form):
    """A logged text, and the text that finds what it was meant to find."""

    text = SoughtField(max_length=60)
    other = SoughtField(label=_("means the same as"), max_length=60)


class PreviewForm(forms.Form):
    """Which rule is looked at; a new one has no number."""

    rule = WholeNumberField(required=False)

    @property
    def rule_id(self) -> int | None:
        return self.cleaned_data["rule"] if self.is_valid() else None


class QueriesForm(forms.Form):
    """What to show of the texts that people searched for."""

    show = forms.ChoiceField(
        label=_("Show"), required=False,
        choices=[
            (OPEN, _("what people did not get")), (ALL, _("everything")), *SearchStatus.choices
        ],
    )  # fmt: skip
    date_from = DayField(label=_("From"), required=False)
    date_to = DayField(label=_("Until"), required=False)
    q = SoughtField(label=_("Text"), max_length=60, required=False, validators=[validate_text])

    def wanted(self) -> dict[str, Any]:
        """The well-formed filters, as `selectors.logged_texts` takes them."""
        self.is_valid()
        cleaned = getattr(self, "cleaned_data", {})
        return {
            "show": cleaned.get("show") or OPEN,
            "q": cleaned.get("q") or "",
            "date_from": cleaned.get("date_from"),
            "date_to": cleaned.get("date_to"),
        }


class TryForm(forms.Form):
    """A text to explain."""

    q = SoughtField(label=_("Text"), max_length=100, required=False, validators=[validate_text])
