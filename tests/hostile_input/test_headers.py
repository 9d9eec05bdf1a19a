"""Headers and methods: read once for all faces, and never the cause of a 500."""

from __future__ import annotations

import gzip
import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import with_password
from core.languages import wanted_language
from core.rights import methods_of
from tests.hostile_input.values import page_routes
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


class TestReplacedBody:
    @pytest.mark.parametrize(
        ("path", "host", "status"),
        [
            ("/api/v1/products/search", "evil.test", 400),
            ("/api/v1/categories", "[::", 400),
            ("/api/v1/boom", "testserver", 500),
        ],
    )
    @pytest.mark.parametrize("coding", ["gzip", "gzip, deflate, br", "identity"])
    def test_is_what_its_headers_say(self, shop, settings, path, host, status, coding):
        settings.ROOT_URLCONF = "tests.api.boom"
        client = Client(raise_request_exception=False)
        answer = client.get(path, headers={"Host": host, "Accept-Encoding": coding})
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json"
        body = answer.content
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert "error" in json.loads(body)
        assert not answer.has_header("ETag")
        assert answer.headers.get("Content-Length", str(len(answer.content))) == str(
            len(answer.content)
        )


class TestWholeAndPart:
    PAGES = ("/ops/", "/ops/runs/", "/search/?q=a", "/admin/audit/auditentry/")

    @pytest.mark.parametrize("path", PAGES)
    def test_caches_keep_them_apart(self, shop, path):
        client = Client()
        client.force_login(shop.manager())
        whole, part = client.get(path), client.get(path, headers={"HX-Request": "true"})
        for answer in (whole, part):
            assert answer.status_code == 200
            assert "HX-Request" in answer["Vary"]
        assert "no-store" in part["Cache-Control"] or "no-cache" in part["Cache-Control"]


class TestHead:
    def test_is_answered_as_get_on_every_page(self, shop):
        order = shop.order()
        known = {"number": order.order_number, "item_id": order.items.first().pk, "slug": "delivery",
                 "token": "x", "reference": "x", "path": "x"}  # fmt: skip
        client, wrong = Client(raise_request_exception=False), []
        client.force_login(shop.manager())
        for name, pattern in page_routes():
            kwargs = {key: known.get(key, 1) for key in pattern.pattern.converters}
            address = reverse(name, kwargs=kwargs)
            get, head = client.get(address), client.head(address)
            if get.status_code != head.status_code or head.content:
                wrong.append(f"{address}: {get.status_code}, {head.status_code}")
            # `core.next_pages` asks the table whether a page can be looked at.
            if (get.status_code == 405) == ("GET" in methods_of(name)):
                wrong.append(f"{name}: the rights table says {sorted(methods_of(name))}")
        assert not wrong

    @pytest.mark.parametrize("path", ["/ops/", "/admin/", "/api/v1/categories", "/ops/requests/"])
    def test_some_by_name(self, shop, path):
        client = Client()
        client.force_login(shop.manager())
        assert client.head(path).status_code == 200


class TestConditional:
    @pytest.mark.parametrize("tag", ["*", "W/*", '"x", *'])
    def test_any_version_is_the_present_one(self, shop, tag):
        path, expected = "/api/v1/categories", 304 if tag == "*" else 200
        client = Client()
        assert client.get(path).has_header("ETag")
        assert client.get(path, headers={"If-None-Match": tag}).status_code == expected

    def test_of_a_static_file_too(self, shop, settings, tmp_path):
        settings.STATIC_ROOT = tmp_path
        settings.WHITENOISE_AUTOREFRESH = False
        call_command("collectstatic", "--noinput", verbosity=0)
        client = Client()
        assert client.get("/static/img/favicon.svg").status_code == 200
        for tag in ("*", '"nothing"'):
            answer = client.get("/static/img/favicon.svg", headers={"If-None-Match": tag})
            assert answer.status_code == (304 if tag == "*" else 200)

    def test_what_is_not_there_is_not_unchanged(self, shop):
        answer = Client().get("/api/v1/products/987654321", headers={"If-None-Match": "*"})
        assert answer.status_code == 404


class TestLanguage:
    HEADERS = (
        ("iw-IL,iw;q=0.9,en-US;q=0.8", "he"),
        ("iw", "he"),
        ("he-IL", "he"),
        ("fr, en;q=0", "he"),
        ("fr, en;q=0.1", "en"),
        ("en-GB", "en"),
        ("en;q=0.5, he;q=0.6", "he"),
        ("he;q=0, *", "en"),
        ("he;q=0, en;q=0", "he"),
        ("*", "he"),
        ("en, *;q=0.9", "en"),
        ("fr, de", "he"),
        ("", "he"),
        (";;,\x00", "he"),
    )

    @pytest.mark.parametrize(("header", "language"), HEADERS)
    def test_pages_and_api_read_it_alike(self, shop, rf, header, language):
        assert wanted_language(rf.get("/", headers={"Accept-Language": header})) == language
        client = Client(headers={"Accept-Language": header})
        page = client.get("/help/delivery/")
        assert f'<html lang="{language}"' in page.content.decode()
        assert page["Content-Language"] == language
        message = client.get("/api/v1/nothing").json()["error"]["message"]
        assert any("א" <= letter <= "ת" for letter in message) == (language == "he")

    def test_what_the_browser_chose_comes_first(self, shop):
        client = Client(headers={"Accept-Language": "en"})
        client.cookies["mami_language"] = "he"
        assert '<html lang="he"' in client.get("/help/delivery/").content.decode()
        client.cookies["mami_language"] = "xx"
        assert '<html lang="en"' in client.get("/help/delivery/").content.decode()


class TestCurrentUrl:
    @pytest.mark.parametrize("url", ["http://[", "\x00", "//evil.test/", "javascript:x", ""])
    @pytest.mark.parametrize("path", ["/ops/", "/orders/", "/account/"])
    def test_that_is_none_leads_to_the_way_in(self, shop, url, path):
        headers = {"HX-Request": "true", "HX-Current-URL": url}
        answer = Client().get(path, headers=headers)
        assert answer.status_code == 401
        assert answer["HX-Redirect"].startswith("/account/login/?next=/")
        assert "evil" not in answer["HX-Redirect"]


class TestErrorPages:
    """They need nothing: no collected files, no session, no database."""

    @pytest.fixture
    def nothing_collected(self, settings, tmp_path):
        settings.STATIC_ROOT = tmp_path
        settings.STORAGES = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        }

    def test_without_static_files(self, shop, nothing_collected):
        client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
        for path, status, words in (
            ("/", 500, "our fault"),
            ("/no/such/page/", 404, "not here"),
            ("/?a=%00", 400, "Nothing was changed"),
            ("/cart/items/", 405, "Nothing was changed"),
        ):
            answer = client.get(path)
            assert answer.status_code == status, path
            assert words in answer.content.decode(), path
            assert 'href="/"' in answer.content.decode(), path

    def test_in_hebrew_too(self, shop, nothing_collected):
        html = Client(raise_request_exception=False).get("/no/such/page/").content.decode()
        assert '<html lang="he" dir="rtl">' in html

    def test_for_who_may_not(self, shop, nothing_collected):
        client = Client(raise_request_exception=False)
        client.force_login(with_password())
        assert client.get("/ops/").status_code == 403
