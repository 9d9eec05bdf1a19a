"""What stands on every answer of every face, errors and redirects included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import person
from core.bodies import MEGABYTE
from core.headers import EVERYWHERE

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
PATHS = [
    "/", "/nowhere", "/account/", "/account/login/", "/ops/", "/admin/", "/api/v1/health",
    "/api/v1/nowhere", "/api/v1/me", "/health/live", "/metrics", "/robots.txt", "/media/nothing.webp",
    "/static/nothing.css",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_them(client: Client, path: str) -> None:
    answer = client.get(path)
    for name, value in EVERYWHERE.items():
        if name == "Cross-Origin-Resource-Policy" and path.startswith(("/media/", "/static/")):
            value = "cross-origin"
        assert answer[name] == value, name
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "Server" not in answer


def long_form(browser: Client) -> Any:
    return browser.post("/account/login/", b"a" * 2 * MEGABYTE, FORM)


@pytest.mark.parametrize(
    "ask",
    [
        lambda browser: browser.get("/", headers={"Host": "evil.test"}),
        lambda browser: browser.get("/api/v1/me", headers={"Host": "evil.test"}),
        long_form,
        lambda browser: browser.delete("/"),
        lambda browser: browser.get("/account"),
        lambda browser: browser.post("/ops/", {}),
        lambda browser: browser.get("/health/live"),
    ],
    ids=[
        "another host",
        "another host, API",
        "too long",
        "no such method",
        "led on",
        "a stranger",
        "probe",
    ],
)
def test_what_is_refused_before_all_else_carries_them_too(
    ask: Callable[[Client], Any], settings: Any
) -> None:
    settings.SECURE_HSTS_SECONDS = 7
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = ask(Client(headers={"X-Forwarded-Proto": "https"}))
    for name, value in EVERYWHERE.items():
        assert answer[name] == value, name
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["Strict-Transport-Security"].startswith("max-age=7")


@pytest.mark.parametrize("path", ["/account/", "/orders/", "/checkout/", "/ops/", "/admin/"])
def test_personal_pages_are_kept_nowhere(path: str) -> None:
    browser = Client()
    assert browser.get(path)["Cache-Control"] == "no-store"
    browser.force_login(person("ADMIN"))
    assert browser.get(path, follow=True)["Cache-Control"] == "no-store"


def test_an_answer_to_a_token_is_kept_nowhere(api) -> None:
    assert "max-age" in api().get("/categories")["Cache-Control"]
    assert api(person()).get("/categories")["Cache-Control"] == "no-store"


def test_a_body_that_was_replaced_is_not_called_compressed(client: Client) -> None:
    answer = client.get("/api/v1/categories", headers={"Host": "evil", "Accept-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "Content-Encoding" not in answer
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
