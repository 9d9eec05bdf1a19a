"""A shop that is served over https only: cookies of this host alone, and programs are not led on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages.constants import INFO
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.callers import caller_of
from accounts.tests.factories import PASSWORD, with_password
from catalog.models import Product
from core.cookies import Messages
from tests.architecture.project import ROOT
from tests.architecture.test_deployment import PRODUCTION
from tests.shop import open_shop

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


@pytest.fixture
def renamed(client: Client, request: pytest.FixtureRequest) -> Callable[[], Client]:
    """The browser of `client` after the upgrade: it sends what it was given before."""

    def made() -> Client:
        upgraded: Client = request.getfixturevalue("https")
        upgraded.cookies = client.cookies
        return upgraded

    return made


def in_it(browser: Client, product: Product, **how: Any) -> bool:
    """Whether the basket's page has a line of it."""
    return reverse("cart:set", args=[product.pk]) in browser.get("/cart/", **how).content.decode()


class TestWhatABrowserLosesWhenTheNamesChange:
    """As the runbook says of that version, each by the same request before and after."""

    def test_a_guest_begins_with_an_empty_basket(
        self, client: Client, renamed: Callable[[], Client]
    ) -> None:
        milk = open_shop().product()
        client.post("/cart/items/", {"product": milk.pk, "where": "card"})
        assert in_it(client, milk)
        assert "sessionid" in client.cookies
        https = renamed()
        assert not in_it(https, milk, secure=True)
        https.post("/cart/items/", {"product": milk.pk, "where": "card"}, secure=True)
        assert in_it(https, milk, secure=True)

    def test_a_customer_keeps_theirs(self, client: Client, renamed: Callable[[], Client]) -> None:
        milk, who = open_shop().product(), with_password()
        words = {"email": who.email, "password": PASSWORD}
        client.post("/account/login/", words)
        client.post("/cart/items/", {"product": milk.pk, "where": "card"})
        https = renamed()
        https.post("/account/login/", words, secure=True)
        assert in_it(https, milk, secure=True)

    def test_a_chosen_language_has_to_be_chosen_again(
        self, client: Client, renamed: Callable[[], Client]
    ) -> None:
        def spoken(browser: Client, **how: Any) -> str:
            page = browser.get("/account/login/", headers={"Accept-Language": "he"}, **how)
            found = re.search(r'<html lang="(\w+)"', page.content.decode())
            return found[1] if found else ""

        assert spoken(client) == "he"
        client.post("/language/", {"language": "en", "next": "/account/login/"})
        assert spoken(client) == "en"
        https = renamed()
        assert spoken(https, secure=True) == "he"
        https.post("/language/", {"language": "en", "next": "/account/login/"}, secure=True)
        assert spoken(https, secure=True) == "en"

    def test_its_device_is_unknown_until_it_signs_in_and_its_place_counts(
        self, client: Client, renamed: Callable[[], Client], settings: Settings
    ) -> None:
        settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
        who, home, away = with_password(), {"X-Forwarded-For": "192.0.2.7"}, "198.51.100.77"
        words = {"email": who.email, "password": PASSWORD}
        client.post("/account/login/", words, headers=home)
        for n in range(10):  # the account is guarded: only who is known may try
            wrong = {**words, "password": "wrong"}
            elsewhere = {"X-Forwarded-For": f"198.51.100.{n + 1}"}
            Client().post("/account/login/", wrong, headers=elsewhere)
        known = client.post("/account/login/", words, headers={"X-Forwarded-For": away})
        assert known.status_code == 302, "the device is known wherever it is"

        https = renamed()
        unknown = https.post(
            "/account/login/", words, secure=True, headers={"X-Forwarded-For": "198.51.100.78"}
        )
        assert unknown.status_code == 429, (
            "its cookie has the old name, which a neighbour could set"
        )
        at_home = https.post("/account/login/", words, secure=True, headers=home)
        assert at_home.status_code == 302, "its place still counts"
        again = https.post(
            "/account/login/", words, secure=True, headers={"X-Forwarded-For": "198.51.100.78"}
        )
        assert again.status_code == 302, "and the device is known again"


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
