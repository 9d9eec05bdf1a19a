"""What people ask the shop through its contact page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Enquiry(models.Model):
    """A question or complaint, by anybody. It goes to the shop's own mailbox, and is kept half a year."""

    class Topic(models.TextChoices):
        ORDER = "ORDER", _("an order")
        PRODUCT = "PRODUCT", _("a product")
        ACCOUNT = "ACCOUNT", _("my account and my data")
        ACCESSIBILITY = "ACCESSIBILITY", _("accessibility")
        OTHER = "OTHER", _("something else")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    topic = models.CharField(max_length=13, choices=Topic.choices)
    order_number = models.CharField(
        max_length=11, blank=True, default="", help_text=_("As it was typed; nobody looked it up.")
    )
    email = models.EmailField(max_length=254, help_text=_("Where the answer goes."))
    text = models.TextField()
    language = models.CharField(max_length=2)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When somebody said that it is answered.")
    )

    class Meta:
        verbose_name = _("enquiry")
        verbose_name_plural = _("enquiries")
        ordering = ["-id"]
        indexes = [models.Index(fields=["created_at"], name="enquiry_created")]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
