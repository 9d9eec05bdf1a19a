"""From a kind and its context to a letter in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail before it is sent."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def compose(*, kind: str, context: Mapping[str, Any], language: str, to: str) -> Letter:
    """Render `templates/notifications/<kind>` as subject, text and HTML in `language`."""
    with translation.override(language):
        shared = {
            **context,
            "site": settings.SITE_URL,
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        base = f"notifications/{kind}"
        subject = " ".join(render_to_string(f"{base}.subject.txt", shared).split())
        return Letter(
            to=to,
            subject=subject,
            text=render_to_string(f"{base}.txt", shared).strip() + "\n",
            html=render_to_string(f"{base}.html", {**shared, "subject": subject}),
        )
