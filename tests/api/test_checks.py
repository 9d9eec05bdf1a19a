"""Settings that would open the API too far stop the start."""

from __future__ import annotations

import pytest

from api import checks


@pytest.mark.parametrize(
    ("origins", "debug", "found"),
    [
        (["https://app.mami.test"], False, []),
        (["*"], False, ["mami.E002"]),
        (["https://*.mami.test"], False, ["mami.E002"]),
        (["*"], True, []),
    ],
)
def test_wildcard_origin(settings, origins, debug, found):
    settings.CORS_ALLOWED_ORIGINS, settings.DEBUG = origins, debug
    assert [message.id for message in checks.no_wildcard_origin()] == found


def test_all_origins_at_once(settings):
    settings.CORS_ALLOW_ALL_ORIGINS = True
    assert [message.id for message in checks.no_wildcard_origin()] == ["mami.E002"]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ([], []),
        (["a:" + "x" * 32, "b:" + "y" * 32], []),
        (["a:" + "x" * 32, "a:" + "y" * 32], ["mami.E003"]),
        (["a:short"], ["mami.E003"]),
        (["x" * 40], ["mami.E003"]),
    ],
)
def test_token_keys(settings, keys, found):
    settings.JWT_KEYS = keys
    assert [message.id for message in checks.token_keys_are_sound()] == found


@pytest.mark.parametrize(
    ("proxies", "found"),
    [(["10.0.0.0/8", "::1", "unix"], []), (["proxy.local"], ["mami.E004"])],
)
def test_proxies(settings, proxies, found):
    settings.TRUSTED_PROXIES = proxies
    assert [message.id for message in checks.proxies_are_addresses()] == found
