"""Places we deliver to."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.querysets import AddressQuerySet
from branches.areas import Destination, destination_from, destination_of, has_areas


class Address(models.Model):
    """A place we deliver to. At most one default per person."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(_("name of the place"), max_length=40, blank=True, default="")
    line1 = models.CharField(_("street and number"), max_length=120)
    line2 = models.CharField(_("more"), max_length=120, blank=True, default="")
    city = models.CharField(_("city"), max_length=60)
    locality = models.ForeignKey(
        "branches.Locality",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("locality"),
        help_text=_("Which place the city is, where that is known."),
    )
    postal_code = models.CharField(
        _("postal code"),
        max_length=7,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[0-9]{5}([0-9]{2})?$", _("A postal code has 7 digits."))],
    )
    floor = models.CharField(_("floor"), max_length=10, blank=True, default="")
    door_code = models.CharField(_("door code"), max_length=20, blank=True, default="")
    instructions = models.CharField(_("for the driver"), max_length=200, blank=True, default="")
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="address_one_default"
            ),
            models.CheckConstraint(condition=~models.Q(line1=""), name="address_line1_given"),
            models.CheckConstraint(condition=~models.Q(city=""), name="address_city_given"),
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}"

    @cached_property
    def destination(self) -> Destination:
        """Whether we deliver there, and on which terms. No query for a row of `with_area`."""
        if hasattr(self, "has_areas"):
            return destination_from(self, locality=self.locality)
        if self.locality_id is not None:
            return destination_of(code=self.locality_id)
        return Destination(locality=None, area=None, is_served=not has_areas())

    def looked_up(self) -> Destination:
        """The same, and where nobody found the city yet, it is looked up by its name now."""
        found = self.destination
        if found.locality is None and not found.is_served:
            return destination_of(city=self.city)
        return found

    @property
    def is_served(self) -> bool:
        return self.destination.is_served
