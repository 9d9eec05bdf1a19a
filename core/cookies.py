"""Cookies of this host alone: over https their names begin with `__Host-`, which browsers take to mean
that they came from this very host, encrypted, for all its paths.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


def cookie_name(name: str) -> str:
    """`name` as this shop sends it."""
    return f"{settings.COOKIE_PREFIX}{name}"


class HostCookieStorage(CookieStorage):
    """A message in a cookie whose name says which host it is from."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return cookie_name("messages")


class Messages(FallbackStorage):
    """Django's own: a cookie, and the session for what is too long for one."""

    storage_classes: Any = (HostCookieStorage, SessionStorage)
