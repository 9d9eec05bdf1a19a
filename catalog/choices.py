"""What a product can be: how it is sold and measured, its tags and allergens."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SoldBy(models.TextChoices):
    UNIT = "UNIT", _("by the unit")
    WEIGHT = "WEIGHT", _("by weight")


class SizeUnit(models.TextChoices):
    G = "G", _("g")
    KG = "KG", _("kg")
    ML = "ML", _("ml")
    L = "L", _("litre")
    PIECE = "PIECE", _("pieces")


class DietaryTag(models.TextChoices):
    VEGAN = "vegan", _("vegan")
    VEGETARIAN = "vegetarian", _("vegetarian")
    GLUTEN_FREE = "gluten_free", _("gluten free")
    LACTOSE_FREE = "lactose_free", _("lactose free")
    SUGAR_FREE = "sugar_free", _("no added sugar")
    ORGANIC = "organic", _("organic")
    WHOLE_GRAIN = "whole_grain", _("whole grain")
    HIGH_PROTEIN = "high_protein", _("high in protein")
    LOW_FAT = "low_fat", _("low fat")
    KOSHER_DAIRY = "kosher_dairy", _("kosher, dairy")
    KOSHER_MEAT = "kosher_meat", _("kosher, meat")
    KOSHER_PARVE = "kosher_parve", _("kosher, parve")
    KOSHER_PASSOVER = "kosher_passover", _("kosher for Passover")


class Passover(models.TextChoices):
    """May it be eaten on Passover? Nothing is known of what has none of these."""

    KOSHER = "KOSHER", _("kosher for Passover")
    KITNIYOT = "KITNIYOT", _("kitniyot")
    NOT = "NOT", _("chametz")


class Allergen(models.TextChoices):
    MILK = "milk", _("milk")
    EGGS = "eggs", _("eggs")
    GLUTEN = "gluten", _("gluten")
    SOY = "soy", _("soy")
    NUTS = "nuts", _("nuts")
    PEANUTS = "peanuts", _("peanuts")
    SESAME = "sesame", _("sesame")
    FISH = "fish", _("fish")
    MUSTARD = "mustard", _("mustard")
    CELERY = "celery", _("celery")
    SULPHITES = "sulphites", _("sulphites")
    LUPIN = "lupin", _("lupin")
