"""What the shop writes to those who agreed to be sent offers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

TITLE_LENGTH = 60
TEXT_LENGTH = 2000


class News(models.Model):
    """One letter of offers, in both languages; once sent it stays as it is.

    Whom it goes to is asked when it is sent, and once more when each letter is made: it holds nobody.
    """

    title_he = models.CharField(_("title (Hebrew)"), max_length=TITLE_LENGTH)
    title_en = models.CharField(_("title (English)"), max_length=TITLE_LENGTH)
    text_he = models.TextField(_("text (Hebrew)"))
    text_en = models.TextField(_("text (English)"))
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    owed = models.PositiveIntegerField(
        default=0, help_text=_("How many messages it became, mail and SMS together.")
    )

    class Meta:
        verbose_name = _("letter of offers")
        verbose_name_plural = _("letters of offers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title_he
