"""The door judges by the head alone, and refuses in the very words of the application."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from core.admission import RETURN_AFTER
from runtime.early_admission import LARGEST_BODY, Refusals, asked_by, named


def head(first: str, *lines: str) -> bytes:
    return "\r\n".join([first, "Host: shop", *lines, "", ""]).encode()


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("first", "method", "path"),
        [
            ("GET / HTTP/1.1", "GET", "/"),
            ("HEAD /search/?q=%D7%9C%D7%97%D7%9D HTTP/1.0", "HEAD", "/search/"),
            ("GET /%6Fps/ HTTP/1.1", "GET", "/ops/"),
            ("POST /checkout/ HTTP/1.1", "POST", "/checkout/"),
        ],
    )
    def test_method_and_path(self, first: str, method: str, path: str) -> None:
        asked = asked_by(head(first))
        assert asked is not None
        assert (asked.method, asked.path, asked.has_body) == (method, path, False)

    def test_what_follows_is_none_of_it(self) -> None:
        asked = asked_by(head("GET /a HTTP/1.1") + head("GET /b HTTP/1.1", "X-Request-Id: b"))
        assert asked is not None
        assert (asked.path, named(asked.lines())) == ("/a", "")

    def test_an_id_that_came_along(self) -> None:
        for sent, taken in (("a-1", "a-1"), ("two words", ""), ("x" * 65, "")):
            asked = asked_by(head("GET / HTTP/1.1", f"X-Request-Id: {sent}"))
            assert asked is not None
            assert named(asked.lines()) == taken

    def test_a_small_body_may_wait_outside(self) -> None:
        asked = asked_by(head("POST /cart/ HTTP/1.1", f"Content-Length: {LARGEST_BODY}"))
        assert asked is not None
        assert asked.has_body
        assert not asked.is_only_read

    @pytest.mark.parametrize(
        "came",
        [
            head("GET http://shop/ HTTP/1.1"),
            head("OPTIONS * HTTP/1.1"),
            head("CONNECT shop:443 HTTP/1.1"),
            head("GET /\xff HTTP/1.1"),
            head("GET / HTTP/2.0"),
            head("PUT / HTTP/1.1", "Transfer-Encoding: chunked"),
            head("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 3"),
            head("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c"),
            head("POST / HTTP/1.1", f"Content-Length: {LARGEST_BODY + 1}"),
            head("POST / HTTP/1.1", "Content-Length: 3", "Content-Length: 4"),
            head("POST / HTTP/1.1", "Content-Length: +3"),
            head("POST / HTTP/1.1", "Content-Length : 3"),
            head("GET / HTTP/1.1", "X: a", " folded"),
            b"\r\n\r\n",
            b"\x16\x03\x01\r\n\r\n",
        ],
    )
    def test_the_unusual_is_left_to_a_thread(self, came: bytes) -> None:
        assert asked_by(came) is None


@pytest.fixture
def application() -> Iterator[Any]:
    """Ours, but it leaves the connection of the tests alone, as Django's own client for tests does."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in both:
        signal.connect(close_old_connections)


def said_by(application: Any, path: str, lines: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """What the application itself says to such a request, when it is to be refused."""
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "shop", "SERVER_PORT": "80",
        "QUERY_STRING": "q=1", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), RETURN_AFTER: 3, **lines,
    }  # fmt: skip
    body = b"".join(application(environ, lambda *answer: told.extend(answer)))
    return told[0], dict(told[1]), body.decode()


LIKE_A_BROWSER = {
    "HTTP_HOST": "localhost", "HTTP_USER_AGENT": "x", "HTTP_ACCEPT": "text/html",
    "HTTP_IF_NONE_MATCH": '"1"', "HTTP_COOKIE": "sessionid=secret; csrftoken=a",
}  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/", "/search/", "/ops/orders/", "/account/", "/cart/", "/api/v1/products/search"]
)
@pytest.mark.parametrize(
    "lines",
    [
        LIKE_A_BROWSER,
        {**LIKE_A_BROWSER, "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,he;q=0.8"},
        {**LIKE_A_BROWSER, "HTTP_COOKIE": "a=b; mami_language=en; c=d"},
        {**LIKE_A_BROWSER, "HTTP_COOKIE": "mami_language=en", "HTTP_ACCEPT_LANGUAGE": "iw"},
        {"HTTP_HX_REQUEST": "true", "HTTP_ACCEPT_LANGUAGE": "en"},
        {"HTTP_AUTHORIZATION": "Bearer x", "HTTP_ORIGIN": "https://app.test"},
        {"HTTP_ORIGIN": "https://evil.test"},
    ],
    ids=["browser", "english", "cookie", "both", "htmx", "token", "evil"],
)
def test_it_says_what_the_application_says(
    application: Any, settings: Any, path: str, lines: dict[str, str]
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    lines = {
        name: value.replace("mami_language", settings.LANGUAGE_COOKIE_NAME)
        for name, value in lines.items()
    }
    status, headers, body = said_by(application, path, {"HTTP_HOST": "localhost", **lines})
    assert status == "503 Service Unavailable"
    named_as_sent = [f"{key[5:].replace('_', '-')}: {value}" for key, value in lines.items()]
    asked = asked_by(head(f"GET {path}?q=1 HTTP/1.1", *named_as_sent))
    assert asked is not None
    answer = Refusals(application).refusal(asked, asked.lines(), wait=3)
    first, *rest = answer.bytes_for("GET", "id-1").decode().partition("\r\n\r\n")[0].split("\r\n")
    told = dict(line.split(": ", 1) for line in rest)
    assert first == f"HTTP/1.1 {status}"
    assert told.pop("Connection") == "close"
    assert told.pop("X-Request-Id") == "id-1"
    assert told.pop("Content-Length") == str(len(body.encode()))
    headers.pop("X-Request-Id")
    headers.pop("Content-Length", None)
    assert told == headers
    assert answer.body.decode() == body
    assert answer.bytes_for("HEAD", "id-1").endswith(b"\r\n\r\n")


def test_strangers_do_not_fill_its_memory(application: Any) -> None:
    refusals = Refusals(application)
    for number in range(20):
        asked = asked_by(
            head(f"GET /{number} HTTP/1.1", f"Accept-Language: x{number}", f"Cookie: a={number}")
        )
        assert asked is not None
        refusals.refusal(asked, asked.lines(), wait=1)
    assert refusals.remembered == 1
