"""The basket: of a customer, or of a guest who carries its key in the session."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cart.querysets import CartQuerySet

NOTE_LENGTH = 200


class CartStatus(models.TextChoices):
    ACTIVE = "ACTIVE", _("being filled")
    CHECKED_OUT = "CHECKED_OUT", _("ordered")
    ABANDONED = "ABANDONED", _("abandoned")


class Substitution(models.TextChoices):
    """What the customer wants when a product runs out."""

    BEST_MATCH = "BEST_MATCH", _("choose the closest one, never dearer")
    CALL_ME = "CALL_ME", _("ask me")
    REFUND = "REFUND", _("no substitute")


class Cart(models.Model):
    """A basket. The delivery window kept for it is a row of `branches.PlaceHold`."""

    hold_slot_id: int | None
    """The dated slot kept for it, and until when, as read along by `with_hold` and the locks."""
    hold_until: dt.datetime | None

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="carts",
    )
    guest_key = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=CartStatus.choices, default=CartStatus.ACTIVE)
    substitution = models.CharField(
        max_length=10,
        choices=Substitution.choices,
        default=Substitution.BEST_MATCH,
        help_text=_("What a line gets that is put in later."),
    )
    before_join = models.JSONField(
        null=True,
        blank=True,
        help_text=_("What it was before a guest's basket joined it, while that can be undone."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CartQuerySet.as_manager()

    class Meta:
        verbose_name = _("basket")
        verbose_name_plural = _("baskets")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status=CartStatus.ACTIVE),
                name="cart_one_active_per_user",
            ),
            models.UniqueConstraint(
                fields=["guest_key"],
                condition=Q(status=CartStatus.ACTIVE),
                name="cart_one_active_per_guest",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, guest_key__isnull=True)
                | Q(user__isnull=True, guest_key__isnull=False),
                name="cart_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CartStatus.values),
                name="cart_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "updated_at"], name="cart_status_updated"),
        ]

    def __str__(self) -> str:
        return f"basket {self.pk}"


class CartItem(models.Model):
    """A line of a basket. `price_when_added` only serves to tell the customer of a change."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    price_when_added = models.DecimalField(max_digits=12, decimal_places=2)
    substitution = models.CharField(
        max_length=10, choices=Substitution.choices, default=Substitution.BEST_MATCH
    )
    note = models.CharField(
        _("note"), max_length=NOTE_LENGTH, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "product"], name="cart_item_product_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__lte=999), name="cart_item_quantity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"
