"""Makers' names."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from audit.services import Action, Actor
from catalog.locks import lock_brand
from catalog.models import Brand
from catalog.search_port import documents_changed
from catalog.services.write_helpers import (
    clean,
    differing,
    flat,
    free_slug,
    record_change,
    saved,
)
from core.text import tidy
from core.transactions import write_transaction

FIELDS = ("name_he", "name_en", "slug", "label", "is_house")


def create_brand(
    *, actor: Actor | None, name_he: str = "", name_en: str = "", **more: Any
) -> Brand:
    """Add a brand; one name is enough. Raises InvalidInput, DuplicateName."""
    values = flat({"name_he": name_he, "name_en": name_en, **more})
    values["name_he"] = values["name_he"] or values["name_en"]
    values["name_en"] = values["name_en"] or values["name_he"]
    with write_transaction():
        values["slug"] = values.get("slug") or free_slug(Brand, values["name_en"])
        values["label"] = values.get("label") or zlib.crc32(values["slug"].encode()) % 6 + 1
        brand = Brand(**values)
        clean(brand)
        saved(brand)
        told = {field: getattr(brand, field) for field in FIELDS}
        record_change(actor=actor, row=brand, action=Action.CREATE, new=told)
    return brand


def update_brand(*, actor: Actor | None, brand_id: int, changes: Mapping[str, Any]) -> Brand:
    """Change a brand. Raises NotFound, InvalidInput, DuplicateName."""
    values = flat(changes)
    with write_transaction():
        brand = lock_brand(brand_id=brand_id)
        old = differing(brand, values, FIELDS)
        for field in old:
            setattr(brand, field, values[field])
        if old:
            clean(brand)
            saved(brand, update_fields=list(old))
            new = {field: getattr(brand, field) for field in old}
            record_change(actor=actor, row=brand, action=Action.UPDATE, old=old, new=new)
        if {"name_he", "name_en"} & old.keys():
            documents_changed(brand.products.values_list("pk", flat=True))
    return brand


def brand_called(*, actor: Actor | None, name: str) -> Brand:
    """The brand with this slug or name; one is made where there is none. Raises InvalidInput."""
    name = tidy(name)
    named = Q(slug=name) | Q(name_he__iexact=name) | Q(name_en__iexact=name)
    found = Brand.objects.filter(named).order_by("pk").first()
    return found or create_brand(actor=actor, name_he=name, name_en=name)
