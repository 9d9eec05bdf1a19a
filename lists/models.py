"""Lists of products that people keep, alone or together."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cart.models import NOTE_LENGTH

NAME_LENGTH = 60


class ShoppingList(models.Model):
    """A list of one person, open to those who joined it. Favourites have no name of their own."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shopping_lists"
    )
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    is_favourites = models.BooleanField(default=False)
    share_key = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text=_("What the newest link to join it is signed for; empty: there is none."),
    )
    share_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["-is_favourites", "-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(is_favourites=False),
                name="list_name_unique",
            ),
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(is_favourites=True),
                name="list_one_favourites",
            ),
            models.CheckConstraint(
                condition=Q(is_favourites=True, name="") | Q(is_favourites=False) & ~Q(name=""),
                name="list_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"list {self.pk}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return gettext("Favourites") if self.is_favourites else self.name


class ListMember(models.Model):
    """Somebody who joined another person's list."""

    list = models.ForeignKey(ShoppingList, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="joined_lists"
    )
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["list", "user"], name="list_member_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.list_id}"


class ListItem(models.Model):
    """A product on a list."""

    list = models.ForeignKey(ShoppingList, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="+")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["list", "product"], name="list_item_product_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__lte=999), name="list_item_quantity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"
