"""From a kind and its context to a letter in the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.events import Event
from notifications.unsubscribing import unsubscribe_url


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail before it is sent."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    attachments: Sequence[Attachment] = ()
    message_id: str = ""
    unsubscribe: str = field(repr=False, default="")
    """The address that switches this event's mail off; empty where it is a duty."""


def compose(
    *,
    event: Event,
    context: Mapping[str, Any],
    language: str,
    to: str,
    user_id: int,
    dedupe_key: str,
) -> Letter:
    """Render the event's `templates/notifications/…` as subject, text and HTML in `language`.

    `attachments` of the context, a list of `Attachment`, go with it. The same `dedupe_key` has the
    same Message-ID, so that a mail sent twice can be known as one.
    """
    link = "" if event.duty else unsubscribe_url(user_id=user_id, event=event.name)
    with translation.override(language):
        shared = {
            **context,
            "unsubscribe": link,
            "site": settings.SITE_URL,
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        base = f"notifications/{event.files}"
        subject = " ".join(render_to_string(f"{base}.subject.txt", shared).split())
        return Letter(
            to=to,
            subject=subject,
            text=_with_foot(render_to_string(f"{base}.txt", shared), link),
            html=render_to_string(f"{base}.html", {**shared, "subject": subject}),
            attachments=context.get("attachments", ()),
            message_id=_message_id(f"{event.name}:{dedupe_key}"),
            unsubscribe=link,
        )


def short_text(*, event: Event, context: Mapping[str, Any], language: str) -> str:
    """The event as an SMS in `language`: one line, two parts at most."""
    with translation.override(language):
        shared = {**context, "site": settings.SITE_URL, "language": language}
        return " ".join(render_to_string(f"notifications/{event.files}.sms.txt", shared).split())


def _with_foot(text: str, link: str) -> str:
    body = text.strip() + "\n"
    if link:
        body += "\n-- \n" + _("No more of these messages: %(link)s") % {"link": link} + "\n"
    return body


def _message_id(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{urlsplit(settings.SITE_URL).hostname or 'mami.invalid'}>"
