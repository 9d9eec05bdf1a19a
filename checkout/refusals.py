"""Where on the page a refused order is told, in words that say what happened to the money."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches.errors import (
    AreaNotServed,
    BranchClosed,
    InvalidSlot,
    SameDayNotServed,
    SlotClosed,
    SlotFull,
)
from cart.errors import ProductInactive, QuantityNotAllowed
from checkout.errors import (
    AddressRequired,
    BelowMinimum,
    ChametzInPassover,
    PriceChanged,
    SlotChanged,
    SlotRequired,
)
from checkout.forms import CheckoutForm
from core import metrics
from core.errors import Busy, DomainError, IdempotencyKeyReuseMismatch, NotFound
from core.form_refusals import add_refusal
from core.money import shekels
from inventory.errors import InsufficientStock
from payments.errors import (
    CardNumberRefused,
    PaymentDeclined,
    PaymentRequired,
    PaymentTokenNotFound,
    PaymentUnavailable,
)

# After these the same press may be repeated as it was; every other refusal gets a new key.
SAME_KEY = (Busy,)

FIELD_OF: dict[type[DomainError], str] = {
    SlotRequired: "slot",
    InvalidSlot: "slot",
    SlotFull: "slot",
    SlotClosed: "slot",
    SlotChanged: "slot",
    ChametzInPassover: "slot",
    BranchClosed: "branch",
    SameDayNotServed: "slot",
    AreaNotServed: "where",
    AddressRequired: "where",
    PaymentRequired: "card",
    PaymentTokenNotFound: "card",
    PaymentDeclined: "card",
    PaymentUnavailable: "card",
    CardNumberRefused: "card",
}
ABOUT_FIELDS = {
    "delivery_slot_id": "slot",
    "delivery_date": "slot",
    "branch_id": "branch",
    "address_id": "where",
}

# What was chosen was there when the page was opened.
GONE = {
    "slot": gettext_lazy("This time is no longer offered. Please choose another."),
    "branch": gettext_lazy("This branch takes no pickups any more. Please choose another."),
    "where": gettext_lazy("This address is no longer there. Please choose another."),
}


def show_refusal(form: CheckoutForm, refusal: DomainError) -> None:
    """Put the refusal beside its field, else above the form. Missing goods show themselves."""
    if isinstance(refusal, InsufficientStock | ProductInactive | QuantityNotAllowed):
        metrics.refused(refusal.code)
        return
    form.address.suggest(refusal)
    named = ABOUT_FIELDS.get(str(refusal.details.get("field", ""))) or FIELD_OF.get(type(refusal))
    add_refusal(
        form,
        refusal,
        named,
        text=words(refusal, field=named or ""),
        names=ABOUT_FIELDS,
        parts={"address": form.address},
    )


def words(refusal: DomainError, *, field: str = "") -> str:
    """What to tell, and what to do next."""
    if isinstance(refusal, NotFound) and field in GONE:
        return str(GONE[field])
    if isinstance(refusal, BelowMinimum):
        return below_minimum(**{name: refusal.details[name] for name in ("minimum", "missing")})
    if isinstance(refusal, AreaNotServed):
        return _(
            "We do not deliver to %(city)s yet. Pick the order up at a branch, or choose another address."
        ) % {"city": refusal.details["city"]}
    if isinstance(refusal, PaymentDeclined):
        return _declined(str(refusal.details.get("reason", "")))
    if isinstance(refusal, PriceChanged):
        text = _("The total is now ₪%(total)s. Look at it and order once more.")
        return text % {"total": shekels(refusal.details["total"])}
    if isinstance(refusal, IdempotencyKeyReuseMismatch):
        return _("Something changed since the last press. Look it over and order once more.")
    return str(refusal.message)


def below_minimum(*, minimum: str, missing: str) -> str:
    """How much more has to be in the basket (₪ as text)."""
    text = _("To this place we deliver from ₪%(minimum)s on: ₪%(missing)s more, and it can go.")
    return text % {"minimum": minimum, "missing": missing}


def _declined(reason: str) -> str:
    why = {
        "insufficient_funds": _("not enough balance"),
        "expired_card": _("the card has expired"),
        "lost_card": _("the card is blocked"),
        "stolen_card": _("the card is blocked"),
        "authentication_failed": _("the payment was not confirmed"),
        "payment_intent_authentication_failure": _("the payment was not confirmed"),
        "not_confirmed": _("the payment was not confirmed in time"),
    }.get(reason, _("without a reason given"))
    text = _(
        "Declined by the bank: %(why)s. Nothing was charged. Choose another card or try again."
    )
    return text % {"why": why}
