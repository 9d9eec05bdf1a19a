"""What the models say about themselves, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.utils.translation import override

APPS = (
    "accounts", "branches", "catalog", "search", "inventory", "cart", "lists", "waiting", "checkout", "orders", "standing", "payments", "billing",
    "ops", "stockrequests", "notifications", "audit",
)  # fmt: skip

_PLAIN = {
    "BigAutoField": "key",
    "BigIntegerField": "bigint",
    "BooleanField": "yes/no",
    "DateField": "date",
    "DateTimeField": "instant",
    "FileField": "file",
    "ImageField": "file",
    "IntegerField": "integer",
    "JSONField": "json",
    "PositiveIntegerField": "integer ≥ 0",
    "PositiveSmallIntegerField": "integer ≥ 0",
    "SearchVectorField": "tsvector",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
}

Field = models.Field
Model = type[models.Model]


def models_of(app: str) -> list[Model]:
    """An app's models in the order of their definition."""
    return list(apps.get_app_config(app).get_models())


def fields_of(model: Model) -> Iterator[Field]:
    yield from model._meta.concrete_fields


def target_of(field: Field) -> Model | None:
    """The model a foreign key points to; None for every other field."""
    related = field.related_model
    return related if isinstance(related, type) and field.is_relation else None


def type_of(field: Field) -> str:
    target = target_of(field)
    if target is not None:
        return f"→ {target.__name__}"
    kind = field.get_internal_type()
    if isinstance(field, models.DecimalField):
        return f"numeric({field.max_digits},{field.decimal_places})"
    if kind == "ArrayField":
        return f"{type_of(field.base_field)}[]"  # type: ignore[attr-defined]
    if field.choices:
        with override("en"):
            return " ".join(str(value) for value, _ in field.flatchoices)
    if isinstance(field, models.CharField):
        return f"text ≤ {field.max_length}"
    return _PLAIN.get(kind, kind)


def sentence_of(model: Model) -> str:
    """The first paragraph of the model's own description."""
    text = (model.__doc__ or "").strip()
    if text.startswith(f"{model.__name__}("):
        return ""  # Django's own, for models that say nothing
    return " ".join(text.split("\n\n")[0].split())


def rules_of(model: Model) -> list[str]:
    """Names of constraints, indexes and triggers, as the database knows them."""
    unique = [
        f"unique({field.name})"
        for field in fields_of(model)
        if field.unique and not field.primary_key
    ]
    named = [constraint.name for constraint in model._meta.constraints]
    indexes = [str(index.name) for index in model._meta.indexes]
    triggers = [trigger.name for trigger in getattr(model._meta, "triggers", [])]
    return [*unique, *named, *indexes, *triggers]
