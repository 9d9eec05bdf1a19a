"""What no address, header or form should have to bear, and how it is tried."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import cached_property

NUL = "\x00"
IN_ADDRESSES = (
    NUL,
    "%00",
    "\ud800",
    "9" * 30,
    "-1",
    "[]",
    "%",
    "a" * 300,
    "'\"<b>",
    "٣",
    "\u202ex",
    "..",
)
IN_QUERIES = (
    NUL, f"a{NUL}b", "", "x", "[]", "(", "\\", "9" * 30, "-1", "1e999", "NaN", "1_0", "٣", "0001-01-01", "9999-12-31",
    "2026-02-31", "0001-01-01..9999-12-31", "<b>", "%", "\u202ex", "http://[", "\udcff", "1,2,x",
)  # fmt: skip
IN_FORMS = (
    NUL,
    "",
    "x",
    "[]",
    "9" * 30,
    "-1",
    "NaN",
    "1e999",
    "9999-12-31",
    "0001-01-01",
    "y" * 5000,
    "\u202ex",
)
HEADERS: tuple[dict[str, str], ...] = (
    {"HX-Request": "true", "HX-Current-URL": "http://["},
    {"HX-Request": "true", "HX-Current-URL": "\x00"},
    {"HX-Request": "true", "HX-Current-URL": "//evil.test/x"},
    {"Referer": "http://["},
    {"Referer": "http://testserver/\x00"},
    {"Accept-Language": "\x00;q=x,,;;," + "a" * 300},
    {"Accept-Language": "he;q=9e999"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"'},
    {"If-Modified-Since": "Mon, 99 Foo 99999 99:99:99 GMT"},
    {"Range": "bytes=9-1,x"},
    {"Accept-Encoding": "gzip;q=x"},
    {"X-Request-Id": "\x00"},
    {"X-Forwarded-For": "::x,[,"},
    {"Cookie": "sessionid=\x00; csrftoken=[; mami_language=%00"},
    {"Cookie": "messages=%00; mami_language=../../x"},
    {"Host": "evil.test"},
    {"Host": "[::"},
    {"Authorization": "Bearer \x00"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "text/html; charset=nothing"},
)  # fmt: skip


def page_routes() -> list[tuple[str, URLPattern]]:
    """Every address outside the API and the office, by its name."""
    found = []

    def walk(patterns: list[Any], namespaces: tuple[str, ...]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
                walk(pattern.url_patterns, inner)
            else:
                found.append((":".join((*namespaces, pattern.name or "")), pattern))

    walk(get_resolver().url_patterns, ())
    return [
        (name, pattern) for name, pattern in found if name.split(":")[0] not in {"admin", "api"}
    ]


class Watched(WSGIRequest):
    """Notes whether anybody opens the query, or the body."""

    opened = False

    @cached_property
    def GET(self) -> Any:  # type: ignore[override]
        self.opened = True
        return WSGIRequest.GET.func(self)

    def _load_post_and_files(self) -> None:
        self.opened = True
        super()._load_post_and_files()

    @property
    def body(self) -> bytes:
        self.opened = True
        return super().body


class Watching(ClientHandler):
    """Django's own, but its requests are watched."""

    opened = True

    def get_response(self, request: HttpRequest) -> Any:
        request.__class__ = Watched
        try:
            return super().get_response(request)
        finally:
            self.opened = request.opened


class Trial:
    """Calls a page as somebody, and notes what broke instead of being answered."""

    def __init__(self, client: Client) -> None:
        self.client, self.broken, self.calls = client, list[str](), 0
        client.raise_request_exception = False
        client.handler = self.handler = Watching(enforce_csrf_checks=False)

    @property
    def was_opened(self) -> bool:
        """Whether the last call's page opened what it was sent. One that did not answers anything
        else in the same way: it has no means to know the difference.
        """
        return self.handler.opened

    def call(self, method: str, path: str, data: Any = None, **more: Any) -> Any:
        self.calls += 1
        before = transaction.savepoint()  # a page outside a test has a transaction of its own
        try:
            answer = getattr(self.client, method)(path, data, **more)
        except Exception as error:  # what no middleware caught would be a dropped connection
            self.broken.append(f"{method} {path!r} {data!r} {more!r}: {error!r}"[:300])
            return None
        finally:
            transaction.savepoint_rollback(before)
        if answer.status_code >= 500:
            error = getattr(answer, "exc_info", None) or ("", "", "")
            self.broken.append(
                f"{method} {path!r} {data!r} {more!r}: {answer.status_code} {error[1]!r}"[:400]
            )
        return answer
