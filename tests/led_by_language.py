"""The tests' client goes where a browser goes that prefers English.

Public pages have an English address beside the Hebrew one, and a browser that prefers English is led
there. A test that asks for a page in English by cookie or header sees what such a visitor sees: the
client follows that one step, and no other. Tests of the step itself take the fixture `not_led`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client

from core.languages import PREFIX, public_path

METHODS = ("get", "head")
PLAIN = {name: getattr(Client, name) for name in METHODS}


@pytest.fixture(scope="session", autouse=True)
def _led() -> Iterator[None]:
    with _methods({name: _led_method(plain) for name, plain in PLAIN.items()}):
        yield


@pytest.fixture
def not_led() -> Iterator[None]:
    """The client stays where it asked."""
    with _methods(PLAIN):
        yield


def _led_method(plain: Any) -> Any:
    def ask(client: Client, path: str, data: Any = None, **options: Any) -> Any:
        answer = plain(client, path, data, **options)
        target = getattr(answer, "url", "") if answer.status_code == 302 else ""
        is_step = target.startswith(f"{PREFIX}/") and bool(public_path(answer.wsgi_request.path))
        return plain(client, PREFIX + path, data, **options) if is_step else answer

    return ask


@contextmanager
def _methods(methods: dict[str, Any]) -> Iterator[None]:
    before = {name: getattr(Client, name) for name in METHODS}
    for name, method in methods.items():
        setattr(Client, name, method)
    yield
    for name, method in before.items():
        setattr(Client, name, method)
