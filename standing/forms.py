"""What the forms of standing orders carry."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import addresses_of
from branches import selectors as branches
from cart.models import NOTE_LENGTH
from core.days import DayField
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, TextField
from payments.services import tokens_of
from standing.models import Cadence, HolidayRule, StandingOrder
from standing.status import State

DAYS = [
    (0, _("Sunday")),
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
]
LEADS = [(n, str(n)) for n in range(1, 7)]


class StandingForm(forms.Form):
    """The rule in one sentence of choices; where to, how to pay, when to ask first."""

    name = TextField(label=_("Name"), max_length=60, required=False)
    cadence = forms.ChoiceField(label=_("How often"), choices=Cadence.choices)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    start_time = forms.TypedChoiceField(label=_("Beginning at"), coerce=dt.time.fromisoformat)
    where = forms.ChoiceField(label=_("Where to"))
    card = forms.TypedChoiceField(label=_("Paid with"), coerce=int)
    price_limit_percent = NumberField(
        label=_("Ask me first when prices rise by more than, in percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
        initial=10,
    )
    lead_days = forms.TypedChoiceField(
        label=_("Days before, on which I see what will be in it"),
        choices=LEADS,
        coerce=int,
        initial=2,
    )
    holiday_rule = forms.ChoiceField(
        label=_("When you are closed that day"), choices=HolidayRule.choices
    )
    starts_on = DayField(label=_("From"), required=False)
    ends_on = DayField(label=_("Until"), required=False)

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["where"].choices = _places(person)  # type: ignore[attr-defined]
        self.fields["card"].choices = [  # type: ignore[attr-defined]
            (card.pk, str(card)) for card in tokens_of(user_id=person.pk)
        ]
        self.fields["start_time"].choices = _starts()  # type: ignore[attr-defined]

    @property
    def lacks_card(self) -> bool:
        """Whether there is nothing yet that it could be paid with."""
        return not self.fields["card"].choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        found = dict(self.cleaned_data)
        kind, _colon, key = found.pop("where").partition(":")
        is_pickup = kind == "branch"
        return {
            **{name: found[name] for name in found if name not in ("card", "agree", "starts_on")},
            **({"starts_on": found["starts_on"]} if found.get("starts_on") else {}),
            "payment_token_id": found["card"],
            "fulfillment_type": "PICKUP" if is_pickup else "DELIVERY",
            "branch_id": int(key) if is_pickup else None,
            "address_id": None if is_pickup else int(key),
        }


class NewStandingForm(StandingForm):
    agree = forms.BooleanField(
        label=_("I agree that this card is charged for each order, without asking me again.")
    )


def initial_of(row: StandingOrder) -> dict[str, Any]:
    """What a form of a standing order begins with."""
    where = f"address:{row.address_id}" if row.is_delivery else f"branch:{row.branch_id}"
    names = ("name", "cadence", "weekdays", "price_limit_percent", "lead_days", "holiday_rule")
    return {
        **{name: getattr(row, name) for name in (*names, "starts_on", "ends_on")},
        "start_time": f"{row.start_time:%H:%M}" if row.start_time else "",
        "where": where,
        "card": row.payment_token_id,
    }


def _places(person: User) -> list[tuple[str, str]]:
    homes = [(f"address:{one.pk}", str(one)) for one in addresses_of(actor=person)]
    shops = [
        (f"branch:{one.pk}", _("Pick up: %(name)s") % {"name": one.name})
        for one in branches.active_branches()
        if not one.is_delivery_source
    ]
    return [*homes, *shops]


def _starts() -> list[tuple[str, str]]:
    starts = sorted({slot.start_time for slot in branches.weekly_slots()})
    return [(f"{start:%H:%M}", f"{start:%H:%M}") for start in starts]


class DateForm(forms.Form):
    """One thing done with a date: its kind, and what belongs to it."""

    do = forms.ChoiceField(
        choices=[
            (name, name)
            for name in (
                "skip",
                "restore",
                "draft",
                "accept",
                "place",
                "line",
                "choice",
                "move",
                "address",
                "basket",
            )
        ]
    )
    product = WholeNumberField(min_value=1, max_value=2**62, required=False)
    quantity = NumberField(min_value=0, max_digits=9, decimal_places=3, required=False)
    to = NumberField(min_value=0, max_digits=9, decimal_places=3, required=False)
    slot = forms.RegexField(r"^[0-9]{1,18}@[0-9]{4}-[0-9]{2}-[0-9]{2}$", required=False)
    address = WholeNumberField(min_value=1, max_value=2**62, required=False)
    substitution = forms.CharField(max_length=20, required=False)
    note = TextField(required=False, max_length=10 * NOTE_LENGTH, strip=False)


class ActForm(forms.Form):
    """Pause, go on, or end."""

    do = forms.ChoiceField(choices=[(name, name) for name in ("pause", "resume", "end")])
    until = DayField(required=False)


class OfficeForm(forms.Form):
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("all")), *StandingOrder.Status.choices],
        required=False,
    )
    state = forms.ChoiceField(
        label=_("A date that is"), choices=[("", _("all")), *State.choices], required=False
    )
    q = SoughtField(label=_("Customer"), max_length=120, required=False)
