"""What every change of the catalogue does alike: clean, compare, tell the trail."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from audit.services import Action, Actor, record
from catalog import process_cache
from catalog.errors import DuplicateBarcode, DuplicateName, DuplicateSku
from core.constraints import refused_by
from core.errors import InvalidInput
from core.text import tidy, validate_name, validate_text

REFUSALS = {
    "product_sku_unique": DuplicateSku,
    "product_barcode_unique": DuplicateBarcode,
    "product_gtin14_unique": DuplicateBarcode,
    "category_name_he_unique": DuplicateName,
    "category_name_en_unique": DuplicateName,
    "category_slug_unique": DuplicateName,
    "brand_slug_unique": DuplicateName,
}
NAMES = frozenset({"name_he", "name_en", "sku"})
FOREIGN = frozenset({"brand", "category", "parent", "vat_class"})


def flat(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Field values as columns hold them: rows become their keys, texts are tidied."""
    values = {}
    for name, value in changes.items():
        if isinstance(value, models.Model):
            values[f"{name}_id"] = value.pk
        elif value is None and name in FOREIGN:
            values[f"{name}_id"] = None
        elif isinstance(value, str):
            values[name] = tidy(value)
        else:
            values[name] = value
    return values


def clean(row: models.Model, *, ignoring: Iterable[str] = ()) -> None:
    """Raise InvalidInput for what the fields themselves refuse. Foreign keys are not looked up."""
    left_out = {*ignoring, *(f.name for f in row._meta.concrete_fields if f.is_relation)}
    wrong: dict[str, list[str]] = {}
    try:
        row.clean_fields(exclude=left_out)
    except ValidationError as error:
        wrong = error.message_dict
    typed = {f.name for f in row._meta.concrete_fields if not f.generated}
    for name in typed - left_out - wrong.keys():
        if isinstance(value := getattr(row, name), str):
            wrong |= _unreadable(name, value)
    if wrong:
        raise InvalidInput(fields=wrong)


def _unreadable(name: str, value: str) -> dict[str, list[str]]:
    judge = validate_name if name in NAMES else validate_text
    try:
        judge(value)
    except ValidationError as error:
        return {name: error.messages}
    return {}


def saved(row: models.Model, **options: Any) -> None:
    """Save; a name, sku or barcode that is taken is refused."""
    with refused_by(REFUSALS):
        row.save(**options)


def differing(
    row: models.Model, values: Mapping[str, Any], fields: Iterable[str]
) -> dict[str, Any]:
    """The old values of those `fields` that `values` would change."""
    return {
        name: getattr(row, name)
        for name in fields
        if name in values and values[name] != getattr(row, name)
    }


def record_change(
    *,
    actor: Actor | None,
    row: models.Model,
    action: Action,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Write the change into the audit trail, and let go of what is remembered of the catalogue."""
    process_cache.changed()
    record(
        actor=actor,
        entity_type=row._meta.model_name or "",
        entity_id=row.pk,
        action=action,
        old=_told(old or {}),
        new=_told(new or {}),
        context=context,
    )


def switch(*, actor: Actor | None, row: Any, active: bool) -> None:
    """Set `is_active`; told only when it changes."""
    if row.is_active == active:
        return
    row.is_active = active
    row.save(update_fields=["is_active"])
    action = Action.ACTIVATE if active else Action.DEACTIVATE
    record_change(
        actor=actor,
        row=row,
        action=action,
        old={"is_active": not active},
        new={"is_active": active},
    )


def free_slug(model: type[models.Model], name: str) -> str:
    """An address for a new row, made of its English name."""
    base = slugify(name)[:50] or f"{model._meta.model_name}-{zlib.crc32(name.encode()):x}"
    rows = model._default_manager.filter(slug__startswith=base)
    taken = set(rows.values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for n in range(2, 10_000) if (slug := f"{base}-{n}") not in taken)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    files = models.fields.files.FieldFile
    return {name: str(v) if isinstance(v, files) else v for name, v in values.items()}
