"""Requests of employees to correct the stock, and what managers decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.money import plain


class StockRequest(models.Model):
    """Asks to set a branch's count of a product, or to add to it."""

    class Type(models.TextChoices):
        SET_QUANTITY = "SET_QUANTITY", _("set to")
        ADD_QUANTITY = "ADD_QUANTITY", _("add")

    class Status(models.TextChoices):
        PENDING = "PENDING", _("waiting")
        APPROVED = "APPROVED", _("approved")
        REJECTED = "REJECTED", _("rejected")

    branch = models.ForeignKey("branches.Branch", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    request_type = models.CharField(max_length=12, choices=Type.choices)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    quantity_seen = models.DecimalField(
        _("quantity when asked"),
        max_digits=12,
        decimal_places=3,
        help_text=_("What stood on the shelf when the request was made; it is stale when moved."),
    )
    approved_quantity = models.DecimalField(
        _("approved quantity"), max_digits=12, decimal_places=3, null=True, blank=True
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    rejection_reason = models.CharField(max_length=200, blank=True, default="")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stock_requests"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("stock request")
        verbose_name_plural = _("stock requests")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(request_type="SET_QUANTITY", quantity__gte=0)
                | Q(request_type="ADD_QUANTITY", quantity__gt=0),
                name="stock_request_quantity",
            ),
            models.CheckConstraint(
                condition=~Q(status="REJECTED") | ~Q(rejection_reason=""),
                name="stock_request_rejection_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="PENDING", reviewed_by__isnull=True)
                | (~Q(status="PENDING") & Q(reviewed_by__isnull=False)),
                name="stock_request_reviewer",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="stock_request_created"),
            models.Index(fields=["status", "-created_at", "-id"], name="stock_request_status"),
            models.Index(fields=["branch", "-created_at", "-id"], name="stock_request_of_branch"),
            models.Index(fields=["requested_by", "-created_at", "-id"], name="stock_request_of"),
        ]

    def __str__(self) -> str:
        return f"{self.get_request_type_display()} {plain(self.quantity)} × {self.product_id}"
