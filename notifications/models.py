"""Messages the shop owes to people: written with the change they tell, sent by the worker."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message to one person. `context` holds keys only; the text is made when it is sent."""

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", _("e-mail")
        SMS = "SMS", _("SMS")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("failed")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40)
    context = models.JSONField(default=dict)
    dedupe_key = models.CharField(
        max_length=80, help_text=_("The same message is never queued twice.")
    )
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["dedupe_key"], name="message_dedupe_unique")]
        indexes = [
            models.Index(fields=["id"], name="message_queued", condition=models.Q(state="QUEUED"))
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
