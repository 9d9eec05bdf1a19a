"""A refusal of a service shown where it belongs: beside the form's field, else above the form."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from core import metrics
from core.errors import DomainError, InvalidInput

NOTHING: Mapping[str, str] = {}


def add_refusal(
    form: forms.BaseForm,
    refusal: DomainError,
    field: str | None = None,
    *,
    text: str = "",
    names: Mapping[str, str] = NOTHING,
    parts: Mapping[str, forms.BaseForm] | None = None,
) -> None:
    """Add the refusal's messages to the bound form, and count it.

    `field` and `text` are for a refusal that names no field. `names` tells the form's word for a
    field that a service calls otherwise; `parts` are forms within, by what stands before the dot.
    """
    metrics.refused(refusal.code)
    if not isinstance(refusal, InvalidInput):
        form.add_error(field, text or str(refusal.message))
        return
    for name, messages in refusal.details["fields"].items():
        part, _, inner = name.rpartition(".")
        where = (parts or {}).get(part)
        shown = names.get(name, name) if where is None else inner
        where = form if where is None else where
        for message in messages:
            where.add_error(shown if shown in where.fields else None, message)
