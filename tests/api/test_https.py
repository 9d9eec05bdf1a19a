"""A shop that is served over https only: cookies of this host alone, and programs are not led on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.contrib.messages.constants import INFO
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.callers import caller_of
from accounts.tests.factories import PASSWORD, with_password
from core.cookies import Messages
from tests.architecture.project import ROOT
from tests.architecture.test_deployment import PRODUCTION

pytestmark = pytest.mark.django_db
ASKED = """
from django.conf import settings as s
from core.cookies import cookie_name
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, cookie_name("x"))
"""


@pytest.fixture
def https(settings) -> Client:
    settings.SECURE_SSL_REDIRECT = True
    settings.COOKIE_PREFIX = "__Host-"
    for name in ("SESSION", "CSRF", "LANGUAGE"):
        plain = getattr(settings, f"{name}_COOKIE_NAME").removeprefix("__Host-")
        setattr(settings, f"{name}_COOKIE_NAME", f"__Host-{plain}")
        setattr(settings, f"{name}_COOKIE_SECURE", True)
    return Client(headers={"X-Forwarded-Proto": "https"})


def test_the_names_follow_from_the_settings_of_production(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MAMI_VAR": str(tmp_path), **PRODUCTION}
        | {"DJANGO_SETTINGS_MODULE": "mami.settings"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = done.stdout.split()
    assert names == [f"__Host-{name}" for name in ("sessionid", "csrftoken", "mami_language", "x")]


def test_every_cookie_is_of_this_host_alone(https: Client) -> None:
    who = with_password()
    https.get("/account/login/", secure=True)
    https.post("/account/login/", {"email": who.email, "password": PASSWORD}, secure=True)
    assert {f"__Host-{name}" for name in ("sessionid", "csrftoken", "mami_device")} <= set(
        https.cookies
    )
    for name, cookie in https.cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert (cookie["secure"], cookie["httponly"]) == (True, True), name
        assert cookie["samesite"] == "Lax", name
    asked = RequestFactory().get("/")
    asked.COOKIES = {"mami_device": "of a neighbour", "__Host-mami_device": "ours"}
    assert caller_of(asked).device == "ours"


def test_when_the_names_change_browsers_sign_in_again_and_programs_do_not(
    client: Client, request: pytest.FixtureRequest
) -> None:
    """What the runbook says of the version that renamed them. The old ones are not read: a neighbour
    could have set them.
    """
    who, place = with_password(), {"X-Forwarded-For": "192.0.2.7"}
    words = {"email": who.email, "password": PASSWORD}
    client.post("/account/login/", words, headers=place)
    assert client.get("/account/").status_code == 200
    token = client.post(
        "/api/v1/auth/login", words, content_type="application/json", headers=place
    ).json()["data"]["access_token"]
    https = request.getfixturevalue("https")
    https.cookies = client.cookies
    assert https.get("/account/", secure=True)["Location"] == "/account/login/?next=/account/"
    programs = {"Authorization": f"Bearer {token}"}
    assert https.get("/api/v1/me", secure=True, headers=programs).status_code == 200
    again = https.post("/account/login/?next=/account/", words, secure=True, headers=place)
    assert again["Location"] == "/account/"
    assert https.get("/account/", secure=True).status_code == 200
    assert https.cookies["__Host-sessionid"].value != https.cookies["sessionid"].value


def test_a_message_too(https: Client) -> None:
    asked, answer = RequestFactory().get("/"), HttpResponse()
    asked.session = SessionStore()
    kept = Messages(asked)
    kept.add(INFO, "Well done")
    kept.update(answer)
    assert list(answer.cookies) == ["__Host-messages"]


def test_pages_are_led_to_https_and_programs_are_told(https: Client) -> None:
    page = https.get("/account/login/?next=/orders/")
    assert (page.status_code, page["Location"]) == (
        301,
        "https://testserver/account/login/?next=/orders/",
    )
    call = https.get("/api/v1/products/search?q=milk")
    assert (call.status_code, call.json()["error"]["code"]) == (403, "HTTPS_REQUIRED")
    assert https.get("/api/v1/health", secure=True).status_code == 200
