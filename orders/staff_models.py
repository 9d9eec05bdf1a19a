"""What staff write down about a customer or an order, and what they changed of its lines."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

NOTE_LENGTH = 1000


class StaffNote(models.Model):
    """Never changed. Its customer sees it only in the export of what is known of them, and it goes
    with them."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_notes"
    )
    order = models.ForeignKey(
        "orders.Order",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="staff_notes",
        help_text=_("Empty: about the customer."),
    )
    text = models.CharField(max_length=NOTE_LENGTH)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("note of staff")
        verbose_name_plural = _("notes of staff")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"note {self.pk}"


class LineEdit(models.Model):
    """One line that staff took out or lowered (REMOVED), put in or raised (ADDED), or whose price
    they changed (PRICE). Amounts in ₪, quantities in units or kg."""

    class Kind(models.TextChoices):
        REMOVED = "REMOVED", _("taken out")
        ADDED = "ADDED", _("added")
        PRICE = "PRICE", _("another price")

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="edits")
    item = models.ForeignKey(
        "orders.OrderItem", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name_he = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    sold_by = models.CharField(max_length=6)
    quantity_before = models.DecimalField(max_digits=9, decimal_places=3)
    quantity_after = models.DecimalField(max_digits=9, decimal_places=3)
    before = models.DecimalField(max_digits=12, decimal_places=2)
    after = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=200, help_text=_("Told to the customer."))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("edit of a line")
        verbose_name_plural = _("edits of lines")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name_en}"

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_he
