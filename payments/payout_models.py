"""What a provider says it paid out, row by row, and how people explained what did not meet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PayoutType(models.TextChoices):
    CAPTURE = "CAPTURE", _("charge")
    REFUND = "REFUND", _("refund")
    DISPUTE = "DISPUTE", _("dispute")
    FEE = "FEE", pgettext_lazy("bank", "fee")
    PAYOUT = "PAYOUT", _("transfer to the bank")
    OTHER = "OTHER", _("something else")


class PayoutRow(models.Model):
    """One line of a provider's account on one shop day: `net` is what it adds (₪, signed)."""

    provider = models.CharField(max_length=20)
    date = models.DateField()
    reference = models.CharField(max_length=100)
    type = models.CharField(max_length=8, choices=PayoutType.choices)
    gross = models.DecimalField(max_digits=12, decimal_places=2)
    fee = models.DecimalField(max_digits=12, decimal_places=2)
    net = models.DecimalField(max_digits=12, decimal_places=2)
    is_from_file = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("payout row")
        verbose_name_plural = _("payout rows")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "date", "reference", "type"], name="payout_row_unique"
            ),
            models.CheckConstraint(
                condition=Q(net=models.F("gross") - models.F("fee")), name="payout_row_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.net}"


class PayoutNote(models.Model):
    """Why a reference of a day does not meet, in a manager's words."""

    provider = models.CharField(max_length=20)
    date = models.DateField()
    reference = models.CharField(max_length=100)
    note = models.CharField(max_length=500)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("explanation of a payout")
        verbose_name_plural = _("explanations of payouts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "date", "reference"], name="payout_note_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {self.date}"
