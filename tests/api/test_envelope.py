"""Every failure below /api/ is the same small JSON document."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.tests.factories import person
from tests.api.boom import Boom

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def error(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert isinstance(body["error"]["details"], dict)
    return body["error"]


@pytest.fixture
def boom(settings, monkeypatch):
    """`boom(error)` answers a call that raised it."""
    settings.ROOT_URLCONF = "tests.api.boom"

    def call(failure, **headers):
        monkeypatch.setattr(Boom, "failure", failure)
        return Client(raise_request_exception=False).get("/api/v1/boom", headers=headers)

    return call


@pytest.mark.parametrize(
    "where", ["/api/v1/nothing", "/api/", "/api/v1/", "/api/v2/branches", "/api/v1/branches/", "/api/v1/products/abc"]
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "delete", "patch", "options"])
def test_unknown_path(client, where, method):
    error(getattr(client, method)(where), 404, "NOT_FOUND")


def test_method_not_allowed(client):
    response = client.post("/api/v1/branches", {}, content_type="application/json")
    error(response, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in response["Allow"]
    error(client.options("/api/v1/branches"), 405, "METHOD_NOT_ALLOWED")
    error(client.generic("TRACE", "/api/v1/branches"), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/xml",
        "multipart/form-data; boundary=x",
    ],
)
def test_media_type(api, kind):
    response = api().post("/auth/login", raw="email=a", content_type=kind)
    error(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "body",
    ["{", "[1,]", "nonsense", '{"email": NaN}', '{"email": Infinity}', '"\\ud800"', b'{"email":"\xff"}',
     "[" * 100_000, '{"a":' * 30_000 + "1" + "}" * 30_000, "\x00", "[]", "1", "null", '"x"'],
)  # fmt: skip
def test_malformed_body(api, body):
    found = error(api().post("/auth/login", raw=body), 400, "VALIDATION_ERROR")
    assert "fields" in found["details"]


@pytest.mark.parametrize("size", [300_000, 1_000_000, 20_000_000])
def test_large_body(api, size):
    raw = '{"email": "' + "a" * size + '"}'
    error(api().post("/auth/login", raw=raw), 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "value", [10**30, -(10**30), 1e308, {}, [], [[]], True, "\x00", "a" * 5000]
)
def test_strange_values_name_their_field(api, value):
    found = error(
        api().post("/auth/login", {"email": value, "password": ["x"]}), 400, "VALIDATION_ERROR"
    )
    assert "password" in found["details"]["fields"]


@pytest.mark.parametrize("q", ["%00", "a%00b", "%FF%FE", "%ED%A0%80", "%07", "x" * 201])
def test_strange_queries(api, q):
    found = error(api().get(f"/products/search?q={q}"), 400, "VALIDATION_ERROR")
    assert list(found["details"]["fields"]) == ["q"]


@pytest.mark.parametrize(
    "q",
    [
        "%E2%80%AE",
        "'; DROP TABLE x;--",
        "%3Cscript%3E",
        "%F0%9F%8D%85",
        "%%%",
        "!!!",
        "(((",
        ":*&|",
    ],
)
def test_odd_but_legal_queries(api, q):
    assert api().get(f"/products/search?q={q}").status_code == 200


def test_crash_says_nothing_but_its_request_id(boom):
    response = boom(
        RuntimeError("secret inside"), **{"X-Request-Id": "abc-1", "Accept-Language": "he"}
    )
    found = error(response, 500, "INTERNAL_ERROR")
    assert found["details"] == {"request_id": "abc-1"}
    assert "secret" not in str(found)
    assert response["X-Request-Id"] == "abc-1"


def test_database_gone(boom):
    response = boom(OperationalError("server closed the connection"))
    error(response, 503, "SERVICE_UNAVAILABLE")
    assert int(response["Retry-After"]) > 0


def test_lock_wait(boom):
    failure = OperationalError("canceling statement due to lock timeout")
    failure.__cause__ = type("LockNotAvailable", (Exception,), {"sqlstate": "55P03"})()
    response = boom(failure)
    error(response, 409, "BUSY")
    assert response["Retry-After"] == "1"


def test_bad_host(client):
    error(client.get("/api/v1/branches", headers={"Host": "evil.example"}), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("given", "echoed"), [("a-b_c.1", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("<x>", False)]
)  # fmt: skip
def test_request_id(client, given, echoed):
    response = client.get("/api/v1/nothing", headers={"X-Request-Id": given})
    assert (response["X-Request-Id"] == given) is echoed
    assert response["X-Request-Id"]


def test_language_of_messages(client):
    english = client.get("/api/v1/nothing", headers={"Accept-Language": "en-GB,he;q=0.5"})
    hebrew = client.get("/api/v1/nothing", headers={"Accept-Language": "fr, he;q=0.5, en;q=0.1"})
    client.cookies["mami_language"] = "en"
    silent = client.get("/api/v1/nothing")
    assert english.json()["error"]["message"].isascii()
    assert not hebrew.json()["error"]["message"].isascii()
    assert not silent.json()["error"]["message"].isascii()


def test_answers_are_not_stored_by_others(api):
    assert api(person()).get("/me")["Cache-Control"] == "no-store"


class TestHealth:
    def test_open(self, api):
        assert api().get("/health").json()["data"] == {
            "status": "ok", "database": "ok", "version": "1.0.0"
        }  # fmt: skip

    def test_database_gone(self, api, monkeypatch):
        from runtime import probes

        monkeypatch.setattr(probes, "database_answers", lambda: False)
        error(api().get("/health"), 503, "SERVICE_UNAVAILABLE")


class TestCors:
    ORIGIN = "https://app.mami.test"

    def preflight(self, client, origin, method="POST", wanted="authorization"):
        return client.options(
            "/api/v1/checkout/confirm",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": wanted,
            },
        )

    @pytest.mark.parametrize(
        "header",
        ["authorization", "content-type", "idempotency-key", "x-request-id", "accept-language"],
    )
    def test_preflight(self, client, header):
        response = self.preflight(client, self.ORIGIN, wanted=header)
        assert response.status_code == 200
        assert response["Access-Control-Allow-Origin"] == self.ORIGIN
        assert header in response["Access-Control-Allow-Headers"]
        assert "PATCH" in response["Access-Control-Allow-Methods"]

    @pytest.mark.parametrize("cookies", [False, True])
    def test_with_and_without_credentials(self, client, cookies):
        """A browser that sends cookies along wants to hear that it may; no cookie signs in here."""
        if cookies:
            client.force_login(person("ADMIN"))
        response = self.preflight(client, self.ORIGIN, wanted="authorization, x-request-id")
        assert response["Access-Control-Allow-Origin"] == self.ORIGIN
        assert response["Access-Control-Allow-Credentials"] == "true"
        response = client.get("/api/v1/me", headers={"Origin": self.ORIGIN})
        assert response["Access-Control-Allow-Origin"] == self.ORIGIN
        error(response, 401, "NOT_AUTHENTICATED")

    def test_stranger(self, client):
        response = self.preflight(client, "https://evil.example")
        assert "Access-Control-Allow-Origin" not in response

    def test_failures_carry_the_headers_too(self, client):
        response = client.get("/api/v1/nothing", headers={"Origin": self.ORIGIN})
        assert response["Access-Control-Allow-Origin"] == self.ORIGIN
        assert "X-Request-Id" in response["Access-Control-Expose-Headers"]
        assert "Retry-After" in response["Access-Control-Expose-Headers"]

    def test_crash_carries_the_headers_too(self, boom):
        response = boom(RuntimeError("x"), Origin=self.ORIGIN)
        assert response["Access-Control-Allow-Origin"] == self.ORIGIN

    def test_pages_have_none(self, client):
        response = client.get("/robots.txt", headers={"Origin": self.ORIGIN})
        assert "Access-Control-Allow-Origin" not in response


def test_log_lines_carry_the_request_id_of_the_answer(client, caplog):
    caplog.set_level("INFO")
    response = client.get("/api/v1/nothing", headers={"X-Request-Id": "from-the-client"})
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert lines
    assert {line["request_id"] for line in lines} == {"from-the-client"}
    assert response["X-Request-Id"] == "from-the-client"


def test_fields_are_judged_in_the_callers_language(api):
    body = {"email": "x" * 300, "password": 7, "full_name": "", "phone": None}
    for language, is_hebrew in (("he", True), ("en", False)):
        response = api(language=language).post("/auth/register", body)
        messages = [
            m for texts in response.json()["error"]["details"]["fields"].values() for m in texts
        ]
        assert len(messages) >= 3
        assert all(any("א" <= c <= "ת" for c in m) is is_hebrew for m in messages), messages
