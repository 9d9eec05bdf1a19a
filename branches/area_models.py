"""Where people live, and which of these places the shop delivers to on which terms."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class Locality(models.Model):
    """A town or village by the code of the Central Bureau of Statistics.

    `keys` and `beginnings` are worked out from its names: see `branches.place_names`.
    """

    code = models.PositiveIntegerField(_("code"), primary_key=True)
    name_he = models.CharField(_("name (Hebrew)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)
    aliases = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        verbose_name=_("other spellings"),
    )
    population = models.PositiveIntegerField(pgettext_lazy("population", "people"), default=0)
    keys = ArrayField(models.CharField(max_length=80), default=list)
    beginnings = models.TextField(default="")

    class Meta:
        verbose_name = _("locality")
        verbose_name_plural = _("localities")
        ordering = ["-population", "code"]
        indexes = [GinIndex(fields=["keys"], name="locality_keys")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_he


class DeliveryArea(models.Model):
    """Localities that are served on the same terms; amounts in ₪ with VAT."""

    name_he = models.CharField(_("name (Hebrew)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80)
    branch = models.ForeignKey(
        "branches.Branch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="areas",
        verbose_name=_("branch"),
        help_text=_("Empty: the one that deliveries leave from."),
    )
    fee = models.DecimalField(
        _("fee"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: the fee of the window."),
    )
    minimum = models.DecimalField(
        _("smallest order"),
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text=_("Goods after discounts."),
    )
    free_from = models.DecimalField(
        _("free delivery from"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: as everywhere in the shop."),
    )
    same_day = models.BooleanField(_("on the day of the order"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    localities = models.ManyToManyField(
        Locality, through="branches.AreaLocality", related_name="areas"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("delivery area")
        verbose_name_plural = _("delivery areas")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["name_he"], name="area_name_he_unique"),
            models.UniqueConstraint(fields=["name_en"], name="area_name_en_unique"),
            models.CheckConstraint(
                condition=(Q(fee__isnull=True) | Q(fee__gte=0))
                & Q(minimum__gte=0)
                & (Q(free_from__isnull=True) | Q(free_from__gte=0)),
                name="area_amounts_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_he


class AreaLocality(models.Model):
    """A locality of an area. `is_active` is the area's: a locality is served by one at most."""

    area = models.ForeignKey(DeliveryArea, on_delete=models.CASCADE, related_name="members")
    locality = models.ForeignKey(Locality, on_delete=models.PROTECT, related_name="members")
    is_active = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "locality"], name="area_locality_once"),
            models.UniqueConstraint(
                fields=["locality"], condition=Q(is_active=True), name="locality_one_active_area"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.locality_id} in {self.area_id}"
