"""A refusal of a service shown where it belongs: beside the form's field, else above the form."""

from __future__ import annotations

from django import forms

from mami import metrics
from mami.errors import DomainError, InvalidInput


def place(form: forms.BaseForm, refusal: DomainError, field: str | None = None) -> None:
    """Add the refusal's messages to the bound form; `field` places a refusal that names none."""
    metrics.refused(refusal.code)
    if not isinstance(refusal, InvalidInput):
        form.add_error(field, str(refusal.message))
        return
    for name, messages in refusal.details["fields"].items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
