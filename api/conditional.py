"""Answers that a client may keep for a moment: `ETag`, `Cache-Control`, 304.

Each process remembers the tags it has just given out. As long as an answer may be kept anyway, a
client that asks again with that tag hears 304 without a question to the database.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

from django.http.response import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response

from api.renderers import EnvelopeRenderer

REMEMBERED = 4096


@dataclass
class Tags:
    """Address and language → tag, and until when it is good."""

    given: dict[str, tuple[str, float]] = field(default_factory=dict)

    def known(self, key: str) -> str:
        """The tag that is good now, empty where there is none."""
        tag, until = self.given.get(key, ("", 0.0))
        return tag if until > time.monotonic() else ""

    def remember(self, key: str, tag: str, seconds: int) -> None:
        if len(self.given) >= REMEMBERED:
            self.given.clear()
        self.given[key] = (tag, time.monotonic() + seconds)


tags = Tags()


def unchanged(request: Request, seconds: int) -> HttpResponseBase | None:
    """304 when the caller's copy is one that was given out within the last `seconds`."""
    sent = _sent(request)
    if sent and (tag := tags.known(_key(request))) in sent:
        return _kept(Response(status=304), tag, seconds)
    return None


def tagged(request: Request, response: Response, seconds: int) -> HttpResponseBase:
    """The answer with its tag, or 304 when the caller has the same one."""
    body = EnvelopeRenderer().render(response.data)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    tags.remember(_key(request), tag, seconds)
    if tag in _sent(request):
        return _kept(Response(status=304), tag, seconds)
    return _kept(HttpResponse(body, content_type="application/json"), tag, seconds)


def _kept(response: HttpResponseBase, tag: str, seconds: int) -> HttpResponseBase:
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={seconds}"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _sent(request: Request) -> set[str]:
    """The tags of the copies at hand; proxies that compress mark them as weak."""
    header = request.headers.get("If-None-Match", "")
    return {tag.removeprefix("W/") for tag in parse_etags(header)}


def _key(request: Request) -> str:
    return f"{get_language()} {request.get_full_path()}"
