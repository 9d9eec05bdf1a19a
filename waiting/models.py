"""People who wait for a product or for a place in a full window."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    WAITING = "WAITING", pgettext_lazy("person", "waiting")
    OFFERED = "OFFERED", _("offered")
    TAKEN = "TAKEN", pgettext_lazy("offer", "taken")
    PASSED = "PASSED", _("not taken in time")
    CANCELED = "CANCELED", _("no longer wanted")
    ENDED = "ENDED", pgettext_lazy("offer", "ended")


OPEN = (State.WAITING, State.OFFERED)
_IS_OPEN = Q(state__in=OPEN)


class WaitingEntry(models.Model):
    """One person in one line, first come, first in it by their keys.

    A window's line is `branches.PlaceHold` of kind WAITING too, one row for each open entry.
    `offer_until` is the end of a place that is kept; a product is offered until it is sold out again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(
        "catalog.Product", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    dated_slot = models.ForeignKey(
        "branches.DatedSlot", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    offer_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("waiting entry")
        verbose_name_plural = _("waiting entries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=True) ^ Q(dated_slot__isnull=True),
                name="waiting_for_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True)
                | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="waiting_open_or_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.OFFERED)
                | Q(offered_at__isnull=False) & (Q(offer_until__isnull=False) | Q(dated_slot=None)),
                name="waiting_offer_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["user", "product"], condition=_IS_OPEN, name="waiting_product_once"
            ),
            models.UniqueConstraint(
                fields=["user", "dated_slot"], condition=_IS_OPEN, name="waiting_window_once"
            ),
        ]
        indexes = [
            models.Index(fields=["product", "id"], condition=_IS_OPEN, name="waiting_product_line"),
            models.Index(
                fields=["dated_slot", "id"], condition=_IS_OPEN, name="waiting_window_line"
            ),
            models.Index(fields=["product", "-offered_at"], name="waiting_wave"),
            models.Index(fields=["user", "-id"], name="waiting_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.kind} {self.product_id or self.dated_slot_id}"

    @property
    def kind(self) -> str:
        return "PRODUCT" if self.product_id is not None else "WINDOW"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
