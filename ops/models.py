"""What the staff screens remember by themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PickAnswer(models.Model):
    """An answer given on a device, by the device's own name for it: sent again, it changes nothing.

    Written in the transaction of the answer itself, so a row means that it was carried out.
    """

    client_id = models.UUIDField()
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("orders.OrderItem", on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    picked_status = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("picker's answer")
        verbose_name_plural = _("pickers' answers")
        constraints = [
            models.UniqueConstraint(fields=["client_id"], name="pick_answer_client_id_unique")
        ]
        indexes = [models.Index(fields=["created_at"], name="pick_answer_created")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.picked_status}"
