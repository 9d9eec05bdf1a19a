"""A copy of all the shop holds about a person, made by the worker and kept for a week."""

from __future__ import annotations

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


def private_storage() -> Storage:
    """Files that no address serves by itself."""
    return storages["private"]


class DataExport(models.Model):
    """One copy that was asked for; a person's newest row is the one that counts."""

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("being made")
        READY = "READY", _("ready")
        EXPIRED = "EXPIRED", _("over")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PREPARING)
    file = models.FileField(upload_to="exports/", storage=private_storage, blank=True)
    size = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="PREPARING"), name="data_export_one_preparing"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(ready_at__isnull=False, expires_at__isnull=False),
                name="data_export_ready_has_times",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="READY"), name="export_ready")
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
