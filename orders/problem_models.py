"""What a customer says was wrong with a delivered order, and what was decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models import Order, OrderItem, private_storage


class ProblemStatus(models.TextChoices):
    RECEIVED = "RECEIVED", _("being looked at")
    REFUNDED = "REFUNDED", _("given back")
    PARTLY_REFUNDED = "PARTLY_REFUNDED", _("partly given back")
    REJECTED = "REJECTED", _("not given back")


class ProblemReport(models.Model):
    """One report about an order. `key` names the request that wrote it, `note` is our word on it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="problems")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="problems"
    )
    status = models.CharField(
        _("status"), max_length=15, choices=ProblemStatus.choices, default=ProblemStatus.RECEIVED
    )
    is_automatic = models.BooleanField(
        _("given back at once"), default=False, help_text=_("Nobody looked at it first.")
    )
    note = models.CharField(_("our answer"), max_length=500, blank=True, default="")
    key = models.CharField(max_length=128)
    body_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("reported"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("problem report")
        verbose_name_plural = _("problem reports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="problem_key_unique"),
            models.CheckConstraint(
                condition=Q(status__in=ProblemStatus.values), name="problem_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="RECEIVED") | Q(decided_at__isnull=False),
                name="problem_decided_when_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="RECEIVED"), name="problem_open"),
            models.Index(fields=["status", "id"], name="problem_status"),
            models.Index(
                fields=["user", "created_at"],
                condition=Q(is_automatic=True),
                name="problem_automatic",
            ),
        ]

    def __str__(self) -> str:
        return f"problem {self.pk} of {self.order_id}: {self.status}"


class ProblemItem(models.Model):
    """One line of a report: how much of it, what was wrong, and what was given back for it."""

    class Kind(models.TextChoices):
        NOT_DELIVERED = "NOT_DELIVERED", _("did not arrive")
        DAMAGED = "DAMAGED", _("damaged")
        WRONG_ITEM = "WRONG_ITEM", _("another product")
        EXPIRED = "EXPIRED", _("past its date")
        QUALITY = "QUALITY", _("not fresh")

    report = models.ForeignKey(ProblemReport, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="problem_items")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    text = models.CharField(max_length=500, blank=True, default="")
    photo = models.FileField(upload_to="problems/", storage=private_storage, blank=True)
    amount = models.DecimalField(
        max_digits=12, decimal_places=2, help_text=_("What it cost, its deposit included.")
    )
    given = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    status = models.CharField(
        max_length=15, choices=ProblemStatus.choices, default=ProblemStatus.RECEIVED
    )
    refund = models.ForeignKey(
        "payments.Refund", null=True, on_delete=models.PROTECT, related_name="problem_items"
    )

    class Meta:
        verbose_name = _("line of a problem report")
        verbose_name_plural = _("lines of problem reports")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["report", "item"], name="problem_item_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount__gt=0), name="problem_item_positive"
            ),
            models.CheckConstraint(
                condition=Q(given__gte=0, given__lte=F("amount")), name="problem_item_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} of {self.item_id}"
