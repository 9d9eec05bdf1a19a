"""Where a delivery goes, and what was agreed on about its place."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import DeliveryPreference


class OrderDelivery(models.Model):
    """Where a delivery goes: a copy of the address as it was at placement."""

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="delivery")
    recipient = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, blank=True, default="")
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True, default="")
    city = models.CharField(max_length=60)
    postal_code = models.CharField(max_length=7, blank=True, default="")
    floor = models.CharField(max_length=10, blank=True, default="")
    door_code = models.CharField(max_length=20, blank=True, default="")
    instructions = models.CharField(max_length=200, blank=True, default="")
    preference = models.CharField(
        max_length=14, choices=DeliveryPreference.choices, default=DeliveryPreference.HAND_OVER
    )
    note = models.CharField(max_length=200, blank=True, default="")
    area = models.JSONField(
        null=True,
        blank=True,
        help_text=_("The terms of its delivery area, as they were agreed on."),
    )

    class Meta:
        verbose_name = _("delivery details")
        verbose_name_plural = _("delivery details")

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}"
