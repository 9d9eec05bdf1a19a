"""What a manager asks of the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEntry
from audit.selectors import actor_by_email
from core.clock import shop_instant
from core.days import DayField
from core.numbers import WholeNumberField

ENTITIES = (
    ("order", _("order")),
    ("order_item", _("order line")),
    ("stock", _("stock")),
    ("stock_request", _("stock request")),
    ("product", _("product")),
    ("category", _("category")),
    ("brand", _("brand")),
    ("branch", _("branch")),
    ("delivery_slot", _("delivery slot")),
    ("dated_slot", _("dated slot")),
    ("closure", _("closure")),
    ("calendar_day", _("day of the calendar")),
    ("user", _("person")),
    ("address", _("address")),
    ("cart", _("basket")),
    ("payment", _("payment")),
    ("payment_token", _("saved card")),
    ("settings", _("settings")),
    ("job", _("background job")),
    ("switch", _("switch")),
    ("enquiry", _("question")),
    ("waiting_entry", _("waiting")),
    ("standing_order", _("standing order")),
    ("list", _("list")),
    ("message", _("message")),
)


class TrailForm(forms.Form):
    """Filters, all optional; days by the shop's clock, both included."""

    entity_type = forms.ChoiceField(
        label=_("What"), required=False, choices=(("", _("Everything")), *ENTITIES)
    )
    entity_id = WholeNumberField(
        label=_("Number"), required=False, min_value=0, max_value=2**62,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=(("", _("Every action")), *AuditEntry.Action.choices),
    )
    actor = forms.EmailField(
        label=_("Who (e-mail)"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    first = DayField(label=_("From day"), required=False)
    last = DayField(label=_("To day"), required=False)

    def clean_actor(self) -> int | None:
        """The person's number. Somebody unknown has left no trace, which is worth saying."""
        email = self.cleaned_data["actor"]
        if not email:
            return None
        found = actor_by_email(email=email)
        if found is None:
            raise forms.ValidationError(_("Nobody here has this e-mail."))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The end must come after the start."))
        return cleaned

    def filters(self) -> dict[str, Any]:
        """Arguments for `selectors.entries`, of a valid form."""
        data = self.cleaned_data
        first, last = data["first"], data["last"]
        return {
            "entity_type": data["entity_type"],
            "entity_id": data["entity_id"],
            "action": data["action"],
            "actor_id": data["actor"],
            "start": shop_instant(first, dt.time(0)) if first else None,
            "end": shop_instant(last + dt.timedelta(days=1), dt.time(0)) if last else None,
        }
