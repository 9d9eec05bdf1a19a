"""Keeping a secret in a row: sealed by a key derived from SECRET_KEY, opened by former ones too."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unsealable(Exception):
    """None of the keys we have opens it: SECRET_KEY was changed and the former one dropped."""


def seal(text: str, *, purpose: str) -> str:
    """`text`, readable only with our keys and for the same purpose."""
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text again. Raises Unsealable."""
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    hmac.new(secret.encode(), f"mami.{purpose}".encode(), hashlib.sha256).digest()
                )
            )
            for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        ]
    )
