"""The front door: greeting, language, small files, error pages."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import OperationalError, connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.translation import override

from accounts.tests.factories import person
from branches import contact
from mami import home

pytestmark = pytest.mark.django_db


def test_the_language_is_remembered() -> None:
    client = Client(headers={"Accept-Language": "he"})
    answer = client.post("/language/", {"language": "en", "next": "/help/privacy/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/en/help/privacy/?a=1")
    assert '<html lang="en"' in client.get("/help/privacy/").content.decode()
    answer = client.post("/language/", {"language": "he", "next": "/en/help/privacy/?a=1"})
    assert answer["Location"] == "/help/privacy/?a=1"
    answer = client.post("/language/", {"language": "en", "next": "/cart/?a=1"})
    assert answer["Location"] == "/cart/?a=1", "one address for both"


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", "\\\\evil.test"]
)
def test_the_language_switch_leads_nowhere_else(target: str) -> None:
    answer = Client().post("/language/", {"language": "en", "next": target})
    assert answer["Location"] == "/en/"


def test_the_language_of_a_signed_in_person_is_kept_with_them() -> None:
    ada = person(email="ada@mami.test", full_name="Ada", language="he")
    client = Client()
    client.force_login(ada)
    client.post("/language/", {"language": "en", "next": "/"})
    ada.refresh_from_db()
    assert ada.language == "en"


def test_an_unknown_language_changes_nothing() -> None:
    answer = Client().post("/language/", {"language": "xx", "next": "/"})
    assert "mami_language" not in answer.cookies


def test_a_post_without_its_token_is_told_kindly() -> None:
    answer = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"}).post("/language/")
    assert answer.status_code == 403
    assert "Please send that again" in answer.content.decode()


def test_small_files() -> None:
    assert Client().get("/favicon.ico").status_code == 302
    robots = Client().get("/robots.txt").content.decode()
    assert "Disallow: /checkout/" in robots


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_error_page_asks_nothing_of_the_database(language: str) -> None:
    request = RequestFactory().get("/cart/")
    request.COOKIES["mami_language"] = language
    request.request_id = "abc-123"  # type: ignore[attr-defined]
    text = home.server_error(request).content.decode()
    assert f'lang="{language}"' in text
    assert "abc-123" in text


@pytest.mark.parametrize("path", ["/", "/search/?q=milk", "/api/v1/categories"])
def test_a_database_that_has_no_time_is_said_with_when_to_come_back(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("no connection came in time")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.cookies["mami_language"] = "en"
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "catching its breath" in answer.content.decode()


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (6, "בוקר טוב, עדה."),
        (13, "צהריים טובים, עדה."),
        (19, "ערב טוב, עדה."),
        (1, "לילה טוב, עדה."),
    ],
)
def test_the_greeting_knows_the_shops_clock(hour: int, words: str) -> None:
    instant = dt.datetime(2026, 7, 1, hour - 3 if hour >= 3 else hour + 21, tzinfo=dt.UTC)
    template = Template("{% load shop %}{% greeting name now %}")
    with override("he"):
        assert template.render(Context({"name": "עדה לביא", "now": instant})) == words


@pytest.mark.parametrize(
    ("referer", "way"),
    [
        ("http://testserver/aisles/?a=1", 'href="/aisles/?a=1"'),
        ("https://evil.test/", 'href="/en/"'),
        ("", 'href="/en/"'),
    ],
)
def test_a_refusal_leads_back_to_its_page(referer: str, way: str) -> None:
    client = Client(headers={"Accept-Language": "en", "Referer": referer})
    answer = client.post("/cart/slot/", {"slot": "x"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert way in text
    assert "evil.test" not in text


def test_a_refusal_is_a_toast_for_htmx() -> None:
    headers = {"HX-Request": "true", "Accept-Language": "en"}
    answer = Client(headers=headers).post("/cart/slot/", {"slot": "x"})
    assert answer.status_code == 400
    assert answer["HX-Reswap"] == "none"
    assert "toast" in answer["HX-Trigger"]


@pytest.mark.parametrize("language", ["he", "en"])
def test_texts_name_the_phone_of_where_deliveries_leave_from(client, language) -> None:
    contact.remember(contact.Contact(phone="08-123-4567"))
    prefix = "/en" if language == "en" else ""
    client.cookies["mami_language"] = language
    for slug in ("refunds", "accessibility", "privacy", "terms"):
        text = client.get(f"{prefix}/help/{slug}/").content.decode()
        main = text[text.index("<main") : text.index("</main>")]
        assert "08-123-4567" in main, slug
        assert "04-855-0101" not in text, slug
