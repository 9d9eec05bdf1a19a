"""What an order costs beside its goods, and what was given back of each line."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.append_only import append_only
from orders.models import Order, OrderItem


class OrderCharge(models.Model):
    """What an order costs beside its goods and the fee: a deposit with a line, bags by number."""

    class Kind(models.TextChoices):
        DEPOSIT = "DEPOSIT", _("deposit")
        BAG = "BAG", _("carrier bags")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="charges")
    item = models.OneToOneField(
        OrderItem, null=True, blank=True, on_delete=models.CASCADE, related_name="deposit"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    quantity = models.DecimalField(
        max_digits=9, decimal_places=3, help_text=_("At most this many; after picking, as counted.")
    )
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    vat_class = models.CharField(max_length=20, default="STANDARD")
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    charged = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    charged_quantity = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    refunded_amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    refunded_quantity = models.DecimalField(max_digits=9, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="DEPOSIT", item__isnull=False) | Q(kind="BAG", item__isnull=True),
                name="order_charge_kind",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="BAG"), name="order_charge_bags_once"
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("charged")),
                name="order_charge_refunded_within_charged",
            ),
            models.CheckConstraint(
                condition=Q(refunded_quantity__gte=0, refunded_quantity__lte=F("charged_quantity")),
                name="order_charge_refunded_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} of {self.order_id}"


class RefundLine(models.Model):
    """What part of a refund was for which line, the fee or a charge. Rows are only ever added.

    The shares of a refund that the provider refused are taken off the lines' totals again; the
    rows stay.
    """

    class Kind(models.TextChoices):
        ITEM = "ITEM", _("goods")
        FEE = "FEE", _("delivery")
        DEPOSIT = "DEPOSIT", _("deposit")
        BAG = "BAG", _("carrier bags")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refund_lines")
    refund = models.ForeignKey("payments.Refund", on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    item = models.ForeignKey(
        OrderItem, null=True, on_delete=models.PROTECT, related_name="refund_lines"
    )
    charge = models.ForeignKey(
        OrderCharge, null=True, on_delete=models.PROTECT, related_name="refund_lines"
    )
    quantity = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        ordering = ["id"]
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount=0, quantity__isnull=False),
                name="refund_line_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0),
                name="refund_line_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind="ITEM", item__isnull=False, charge__isnull=True)
                | Q(kind="FEE", item__isnull=True, charge__isnull=True)
                | Q(kind__in=["DEPOSIT", "BAG"], charge__isnull=False),
                name="refund_line_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of {self.refund_id}"
