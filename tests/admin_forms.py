"""The managers' admin as tests use it: addresses of its pages, and forms sent as they were shown."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from audit.selectors import entries


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def actions(entity_type: str, entity_id: int) -> list[str]:
    """What the audit trail tells of a row, in order."""
    return [e.action for e in entries(entity_type=entity_type, entity_id=entity_id)][::-1]


def form_values(client: Client, url: str) -> dict[str, Any]:
    """What the form at `url` would send if nothing was touched."""
    context: Any = client.get(url).context
    values = {}
    for bound in context["adminform"].form:
        value = bound.value()
        if value is None or value is False or bound.name == "image":
            continue
        values[bound.html_name] = (
            value if isinstance(value, list) else bound.field.prepare_value(value)
        )
    for formset in context["inline_admin_formsets"]:
        for bound in formset.formset.management_form:
            values[bound.html_name] = bound.value()
    return values
