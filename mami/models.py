"""What the project itself remembers: when each periodic job last ran."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """The last run of one periodic job, or of a command that counts as one. One row for each name."""

    class Outcome(models.TextChoices):
        NEVER = "NEVER", _("not yet")
        OK = "OK", _("succeeded")
        FAILED = "FAILED", _("failed")

    name = models.CharField(_("name"), max_length=80, primary_key=True)
    started_at = models.DateTimeField(_("started"))
    seconds = models.FloatField(_("seconds"), default=0)
    outcome = models.CharField(
        _("outcome"), max_length=6, choices=Outcome.choices, default=Outcome.NEVER
    )
    rows = models.BigIntegerField(_("rows"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("periodic job")
        verbose_name_plural = _("periodic jobs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
