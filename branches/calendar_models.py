"""What managers say of the calendar: how the shop keeps it, and the days that differ."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CalendarSettings(models.Model):
    """How the shop keeps the calendar: one row at most; without it the shop's defaults count."""

    class PassoverMode(models.TextChoices):
        AUTO = "AUTO", _("by the calendar")
        ON = "ON", _("on")
        OFF = "OFF", _("off")

    id = models.BigAutoField(primary_key=True)
    keeps_shabbat = models.BooleanField(_("closed on Shabbat and holidays"))
    independence_day = models.BooleanField(_("closed on Independence Day"))
    passover_mode = models.CharField(
        _("Passover"), max_length=4, choices=PassoverMode.choices,
        help_text=_("While it is on, chametz is neither shown nor sold."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("calendar settings")
        verbose_name_plural = _("calendar settings")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="calendar_settings_one_row"),
            models.CheckConstraint(
                condition=Q(passover_mode__in=["AUTO", "ON", "OFF"]),
                name="calendar_passover_mode_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class CalendarDay(models.Model):
    """A date on which the shop keeps other hours than the calendar says. It wins."""

    date = models.DateField(_("date"))
    closes_at = models.TimeField(
        _("closes at"), null=True, blank=True,
        help_text=_("From then on closed. Without either time: the whole day."),
    )  # fmt: skip
    opens_at = models.TimeField(
        _("opens at"), null=True, blank=True, help_text=_("Closed until then.")
    )
    is_open = models.BooleanField(_("open all day"), default=False)
    reason_he = models.CharField(_("reason (Hebrew)"), max_length=80)
    reason_en = models.CharField(_("reason (English)"), max_length=80)

    class Meta:
        verbose_name = _("exception of the calendar")
        verbose_name_plural = _("exceptions of the calendar")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(fields=["date"], name="calendar_day_unique"),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(closes_at=None, opens_at=None),
                name="calendar_day_open_without_times",
            ),
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(opens_at=None) | ~Q(closes_at=models.F("opens_at")),
                name="calendar_day_times_differ",
            ),
        ]

    def __str__(self) -> str:
        reason = self.reason_en if get_language() == "en" else self.reason_he
        return f"{self.date:%d.%m.%Y} {reason}"
