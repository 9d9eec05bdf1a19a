"""The link in a mail that switches its kind off: signed, without expiry, for one click."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer

from notifications.events import EMAIL

SALT = "notifications.unsubscribe"


def unsubscribe_url(*, user_id: int, event: str, channel: str = EMAIL) -> str:
    """Its address, which needs neither cookies nor a sign-in."""
    return f"{settings.SITE_URL}/u/{token_for(user_id=user_id, event=event, channel=channel)}/"


def token_for(*, user_id: int, event: str, channel: str = EMAIL) -> str:
    return Signer(salt=SALT).sign_object([user_id, event, channel])


def read_token(token: str) -> tuple[int, str, str] | None:
    """Person, event and channel; None where it is forged."""
    try:
        user_id, event, channel = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(user_id), str(event), str(channel)
