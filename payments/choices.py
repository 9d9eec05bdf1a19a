"""What a payment can be: the states that the rest of the shop reads too."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentState(models.TextChoices):
    PENDING = "PENDING", _("asked for")
    SCHEDULED = "SCHEDULED", _("to be held later")
    UNPAID = "UNPAID", _("not paid")
    NONE = "NONE", _("nothing to pay")
    AUTHORIZED = "AUTHORIZED", _("held")
    CAPTURED = "CAPTURED", _("charged")
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED", _("partly refunded")
    REFUNDED = "REFUNDED", _("refunded")
    VOIDED = "VOIDED", _("released")
    FAILED = "FAILED", _("failed")


SECURED = frozenset({PaymentState.AUTHORIZED, PaymentState.NONE})
"""The money is held, or none is due: picking may begin."""
TAKEN = frozenset({PaymentState.CAPTURED, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})
"""The customer was charged, whatever was given back since."""


class DisputeStatus(models.TextChoices):
    OPEN = "OPEN", _("waits for our answer")
    ANSWERED = "ANSWERED", _("answered")
    WON = "WON", _("won")
    LOST = "LOST", _("lost")
    ACCEPTED = "ACCEPTED", _("accepted")
    WARNING = "WARNING", _("only a warning")


TAKES_AWAY = (
    DisputeStatus.OPEN, DisputeStatus.ANSWERED, DisputeStatus.LOST, DisputeStatus.ACCEPTED,
)  # fmt: skip
"""While a dispute is one of these, its amount is not the shop's to give back."""
