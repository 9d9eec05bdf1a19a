"""What the project itself remembers: when each periodic job last ran, and what was released."""

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


class Release(models.Model):
    """A release list of which every point held: what the next one is compared with."""

    checked_at = models.DateTimeField(_("checked"), auto_now_add=True)
    version = models.CharField(_("version"), max_length=40)
    revision = models.CharField(_("revision"), max_length=80, blank=True)
    switches = models.JSONField(_("switches"), help_text=_("Each switch by name: on or not."))

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.version
