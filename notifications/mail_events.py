"""What mail providers post to us of letters: read by anymail, which knows their signatures."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import EventType
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest

from accounts.services.bounces import MailFate

PROVIDERS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "sendgrid": "SendGridTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
}
FATES = {
    EventType.BOUNCED: MailFate.HARD,
    EventType.COMPLAINED: MailFate.HARD,
    EventType.DEFERRED: MailFate.SOFT,
    EventType.DELIVERED: MailFate.DELIVERED,
}
REPEATED_FOR = 7 * 24 * 60 * 60
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def read_events(request: HttpRequest, *, provider: str) -> list[tuple[str, MailFate]]:
    """The addresses that a post tells of, with what became of their letters; repeated ones left out.

    Raises Http404 for a provider that is not ours, PermissionError where the signature (mailgun) or the
    name and password (all others) is not ours, ValueError for what cannot be read.
    """
    if provider != settings.MAIL_PROVIDER or provider not in PROVIDERS:
        raise Http404
    if not settings.MAIL_WEBHOOK_KEY:
        raise PermissionError
    try:
        view: Any = _view(provider)
        view.setup(request)
        view.run_validators(request)
    except (AnymailWebhookValidationFailure, *UNREADABLE) as error:
        raise PermissionError from error
    try:
        events = list(view.parse_events(request))
    except UNREADABLE as error:
        raise ValueError from error
    told = [(str(one.recipient or ""), FATES.get(one.event_type), one.event_id) for one in events]
    return [(email, fate) for email, fate, name in told if email and fate and _is_new(name)]


def _view(provider: str) -> Any:
    module = import_module(f"anymail.webhooks.{provider}")
    key = settings.MAIL_WEBHOOK_KEY
    own = {"webhook_signing_key": key} if provider == "mailgun" else {"basic_auth": [key]}
    return getattr(module, PROVIDERS[provider])(**own)


def _is_new(name: object) -> bool:
    """Whether this event was not told before: providers repeat what they got no answer for."""
    if not name:
        return True
    digest = hashlib.sha256(str(name).encode()).hexdigest()
    return bool(cache.add(f"mail-event:{digest}", 1, timeout=REPEATED_FOR))
