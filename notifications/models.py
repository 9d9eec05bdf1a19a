"""Messages the shop owes to people: written with the change they tell, sent by the worker."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    EMAIL = "EMAIL", _("e-mail")
    SMS = "SMS", _("SMS")


class Message(models.Model):
    """One message to one person. `context` holds keys only; the text is made when it is sent.

    SENDING is a worker's claim until `lease_until`. UNKNOWN: a worker died with it in hand, and it
    was not worth the risk of telling twice.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("waiting")
        SENDING = "SENDING", _("being sent")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", pgettext_lazy("message", "failed")
        UNKNOWN = "UNKNOWN", _("not known")

    Channel = Channel

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40, help_text=_("The event it tells of."))
    context = models.JSONField(default=dict)
    dedupe_key = models.CharField(
        max_length=80, help_text=_("The same message is never queued twice.")
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    send_after = models.DateTimeField(
        null=True, blank=True, help_text=_("When the person's quiet hours end.")
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text=_("The gateway's name.")
    )
    failure = models.CharField(max_length=60, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key", "kind", "channel"], name="message_dedupe_unique"
            ),
            models.CheckConstraint(
                condition=~Q(state="SENDING") | Q(lease_until__isnull=False),
                name="message_sending_has_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="message_open", condition=Q(state__in=["QUEUED", "SENDING"])
            ),
            models.Index(
                fields=["id"], name="message_failed", condition=Q(state__in=["FAILED", "UNKNOWN"])
            ),
            models.Index(
                fields=["reference"], name="message_reference", condition=~Q(reference="")
            ),
            models.Index(fields=["user", "-id"], name="message_user"),
            models.Index(fields=["kind", "-id"], name="message_kind"),
            # The few of another channel, or none: a list of the many needs no index.
            models.Index(
                fields=["channel", "-id"], name="message_channel", condition=~Q(channel="EMAIL")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"


class Choice(models.Model):
    """That a person wants, or does not want, an event's messages on a channel."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    is_on = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "channel"], name="choice_unique")
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}: {self.is_on}"


class QuietHours(models.Model):
    """When a person wants to be left alone, on the shop's clock; without a row 22:00 to 07:00."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    begins = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)
    on_shabbat = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("Also from entry to exit of Shabbat and holidays."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(begins__isnull=True, ends__isnull=True)
                | (Q(begins__isnull=False, ends__isnull=False) & ~Q(begins=models.F("ends"))),
                name="quiet_hours_both_or_none",
            )
        ]

    def __str__(self) -> str:
        return f"{self.begins}–{self.ends}"


from notifications.enquiry_models import Enquiry as Enquiry  # noqa: E402
from notifications.news_models import News as News  # noqa: E402
