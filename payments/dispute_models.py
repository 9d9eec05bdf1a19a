"""Charges that the customer's bank contests."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.choices import DisputeStatus
from payments.models import Payment


class DisputeReason(models.TextChoices):
    NOT_RECEIVED = "NOT_RECEIVED", _("not received")
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED", _("not as described")
    FRAUD = "FRAUD", _("fraud")
    DUPLICATE = "DUPLICATE", _("charged twice")
    CREDIT_NOT_PROCESSED = "CREDIT_NOT_PROCESSED", _("refund not seen")
    OTHER = "OTHER", _("something else")


class Dispute(models.Model):
    """One contested charge, as the provider tells it, and what the shop did about it.

    An answer or acceptance is written here first and told to the provider afterwards, as often as
    it takes (`told_at`).
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_reference = models.CharField(max_length=100)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    fee = models.DecimalField(
        pgettext_lazy("bank", "fee"), max_digits=12, decimal_places=2, default=0
    )
    reason = models.CharField(_("reason"), max_length=20, choices=DisputeReason.choices)
    status = models.CharField(_("status"), max_length=8, choices=DisputeStatus.choices)
    opened_at = models.DateTimeField(_("opened"))
    answer_by = models.DateTimeField(_("answer by"))
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    answer_text = models.TextField(blank=True, default="")
    included = models.JSONField(default=list)
    evidence = models.BinaryField(null=True)
    copy = models.BinaryField(null=True)
    told_at = models.DateTimeField(null=True, blank=True)
    is_credited = models.BooleanField(default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["answer_by", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "provider_reference"], name="dispute_reference_unique"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee__gte=0), name="dispute_amounts_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DisputeStatus.values, reason__in=DisputeReason.values),
                name="dispute_words_known",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("opened_at")),
                name="dispute_answered_after_it_opened",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "answer_by", "id"], name="dispute_status_due"),
            models.Index(fields=["answer_by", "id"], name="dispute_due"),
            models.Index(fields=["opened_at"], name="dispute_opened"),
            models.Index(fields=["closed_at"], name="dispute_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_reference}: {self.get_status_display()}"
