"""Settings that must not reach production: found by `manage.py check`, which every command runs.

Web servers run none: what must stop them stands in `runtime.production`.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.core import checks

SHORTEST_SECRET = 32


@checks.register(checks.Tags.security)
def no_wildcard_origin(**_: Any) -> list[checks.CheckMessage]:
    """A web page of anybody's must not speak to the API in its visitor's name."""
    origins = [
        *settings.CORS_ALLOWED_ORIGINS,
        *getattr(settings, "CORS_ALLOWED_ORIGIN_REGEXES", []),
    ]
    is_open = getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False) or any(
        "*" in str(origin) for origin in origins
    )
    if settings.DEBUG or not is_open:
        return []
    return [
        checks.Error(
            "CORS_ALLOWED_ORIGINS lets every origin in.",
            hint="Name each origin of your own clients, e.g. https://app.shop.example.",
            id="mami.E002",
        )
    ]


@checks.register(checks.Tags.security)
def token_keys_are_sound(**_: Any) -> list[checks.CheckMessage]:
    """JWT_KEYS is a list of id:secret with long secrets and ids that differ."""
    pairs = [pair.partition(":") for pair in settings.JWT_KEYS]
    ids = [name for name, _colon, _secret in pairs]
    if all(name and len(secret) >= SHORTEST_SECRET for name, _, secret in pairs) and (
        len(set(ids)) == len(ids)
    ):
        return []
    return [
        checks.Error(
            "JWT_KEYS cannot be used.",
            hint=f"Write id:secret pairs with different ids and at least {SHORTEST_SECRET} "
            "characters of secret, separated by commas.",
            id="mami.E003",
        )
    ]


@checks.register(checks.Tags.security)
def proxies_are_addresses(**_: Any) -> list[checks.CheckMessage]:
    """TRUSTED_PROXIES holds addresses or networks; a name would trust nobody, silently."""
    wrong = [text for text in settings.TRUSTED_PROXIES if not _is_network(text)]
    if not wrong:
        return []
    return [
        checks.Error(
            f"TRUSTED_PROXIES names {', '.join(wrong)}, which is no address.",
            hint="Use addresses or networks like 10.0.0.0/8, or `unix` for a socket.",
            id="mami.E004",
        )
    ]


def _is_network(text: str) -> bool:
    if text == "unix":
        return True
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
