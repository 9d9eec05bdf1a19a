"""The door of a web process: who may go in at once, who waits, who is sent away, before a thread is taken.

It looks at what a connection has sent so far. A head that is not whole yet waits for the rest of it. A
whole one is put into its line (`core.admission`) and costs nothing until there is a place; when its
patience is over, the door itself tells it to come back. What the door cannot judge, because it
is unusual, large or no HTTP, is left to a thread, and there to the middleware.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings

from core.admission import RETURN_AFTER
from core.headers import PERSONAL, REQUEST_ID
from core.languages import language_of

LONGEST_HEAD = 16 * 1024
LARGEST_BODY = 64 * 1024
"""What the system's buffer holds, so that nobody has to read it before there is a place."""
END_OF_HEAD = b"\r\n\r\n"
REQUEST_LINE = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)(?:\?[!-~]*)? HTTP/1\.[01]\r\n"
)
UNUSUAL = re.compile(
    rb"\r\n(?:transfer-encoding|expect|upgrade|[^:\r\n]*[ \t]:|[ \t])", re.IGNORECASE
)
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([^\r\n]*)", re.IGNORECASE)
LINE = re.compile(rb"\r\n([A-Za-z0-9-]+):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as its head tells it."""

    method: str
    path: str
    has_body: bool
    head: bytes

    @property
    def is_only_read(self) -> bool:
        """Whether it may be answered without hearing more of it."""
        return self.method in ("GET", "HEAD") and not self.has_body

    def lines(self) -> dict[str, str]:
        """The lines of the head, named as WSGI names them."""
        return {
            "HTTP_" + name.decode().upper().replace("-", "_"): value.decode("latin-1")
            for name, value in LINE.findall(self.head)
        }


def asked_by(came: bytes) -> Asked | None:
    """The request that `came` begins with, its head whole; None where a thread has to look."""
    first = REQUEST_LINE.match(came)
    if first is None:
        return None
    head = came[: came.index(END_OF_HEAD) + 4]
    if UNUSUAL.search(head):
        return None
    lengths = LENGTH.findall(head)
    if lengths and not _is_small(lengths):
        return None
    path = unquote_to_bytes(first[2]).decode("latin-1")
    return Asked(method=first[1].decode(), path=path, has_body=bool(lengths), head=head)


def _is_small(lengths: list[bytes]) -> bool:
    return len(lengths) == 1 and lengths[0].isdigit() and int(lengths[0][:9]) <= LARGEST_BODY


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer of HTTP/1.1, after which the connection closes."""

    head: bytes
    body: bytes

    def bytes_for(self, method: str, request_id: str) -> bytes:
        named = b"X-Request-Id: " + request_id.encode() + b"\r\n" if request_id else b""
        return self.head + named + b"\r\n" + (b"" if method == "HEAD" else self.body)


class Refusals:
    """What the application says to those who are sent away, remembered by all that it depends on."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._remembered = lru_cache(maxsize=256)(self._asked_of_the_application)

    @property
    def remembered(self) -> int:
        return self._remembered.cache_info().currsize

    def refusal(self, asked: Asked, lines: dict[str, str], wait: int) -> Answer:
        """503 for `asked`, in the words and with the headers that the application has for it."""
        return self._remembered(_place_of(asked.path), _speaking(asked.path, lines), wait)

    def probe(self, path: str) -> Answer:
        """The answer to a probe that never changes."""
        return self._remembered(path, (), 0)

    def _asked_of_the_application(
        self, path: str, speaking: tuple[tuple[str, str], ...], wait: int
    ) -> Answer:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers]

        environ = _environ(path) | dict(speaking)
        if wait:
            environ[RETURN_AFTER] = wait
        body = self._application(environ, start)
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return _answer(told[0], told[1], content)


def _answer(status: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    kept = [
        f"{name}: {value}"
        for name, value in headers
        if name.lower() not in ("x-request-id", "content-length", "connection")
    ]
    head = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *kept, ""]
    return Answer(head="\r\n".join(head).encode("latin-1"), body=body)


def _environ(path: str) -> dict[str, Any]:
    """A request of nobody, over https where the shop wants that."""
    is_secure = bool(settings.SECURE_SSL_REDIRECT)
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443" if is_secure else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if is_secure else "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        environ[name] = value
    return environ


def _place_of(path: str) -> str:
    """A path whose refusals are the same."""
    return next((place for place in ("/api/", *PERSONAL) if path.startswith(place)), "/")


def _speaking(path: str, lines: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """What of a head a refusal depends on, beside its path: few values, whatever a client sends."""
    found = {"HTTP_ACCEPT_LANGUAGE": language_of(lines.get("HTTP_ACCEPT_LANGUAGE", ""))}
    if lines.get("HTTP_HX_REQUEST") == "true":
        found["HTTP_HX_REQUEST"] = "true"
    if (origin := lines.get("HTTP_ORIGIN")) in settings.CORS_ALLOWED_ORIGINS:
        found["HTTP_ORIGIN"] = str(origin)
    if "HTTP_AUTHORIZATION" in lines and path.startswith("/api/"):
        found["HTTP_AUTHORIZATION"] = "-"
    for part in lines.get("HTTP_COOKIE", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == settings.LANGUAGE_COOKIE_NAME and value in dict(settings.LANGUAGES):
            found["HTTP_COOKIE"] = f"{name}={value}"
    return tuple(found.items())


def named(lines: dict[str, str]) -> str:
    """The well-formed id that came along, if one did."""
    given = lines.get("HTTP_X_REQUEST_ID", "")
    return given if REQUEST_ID.fullmatch(given) else ""
