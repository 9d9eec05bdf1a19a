"""Fields and tables that nobody named, named in the reader's language.

Django calls such a field by its attribute ("on hand delta"), in English whoever reads. Those words
become messages like any other; `mami/tests/test_office_words.py` finds those without Hebrew.
"""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import gettext_lazy


def translate_field_names() -> None:
    """Let the names that Django derived be looked up when they are read. Changes no migration."""
    for config in apps.get_app_configs():
        if isinstance(config.verbose_name, str):
            config.verbose_name = gettext_lazy(config.verbose_name)
    for model in apps.get_models():
        options = model._meta
        for field in options.get_fields():
            name = getattr(field, "verbose_name", None)
            if isinstance(name, str):
                field.verbose_name = gettext_lazy(name)  # type: ignore[union-attr]
        if "verbose_name_plural" not in options.original_attrs:
            options.verbose_name_plural = gettext_lazy(str(options.verbose_name_plural))
        if "verbose_name" not in options.original_attrs:
            options.verbose_name = gettext_lazy(str(options.verbose_name))
