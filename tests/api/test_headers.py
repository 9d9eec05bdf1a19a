"""What stands on every answer of every face, errors and redirects included."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.tests.factories import person
from core.headers import EVERYWHERE

pytestmark = pytest.mark.django_db
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
    assert "Server" not in answer


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
