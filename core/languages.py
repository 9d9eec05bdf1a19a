"""The language of an answer: one reading of `Accept-Language`, for pages and the JSON API."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

OLD_CODES = {"iw": "he"}
"""What old clients, and every Android, still send for Hebrew."""


def wanted_language(request: HttpRequest) -> str:
    """The first language of the header that the shop speaks, else the shop's own.

    By quality; `q=0` refuses a language, `*` stands for any that the header does not name, and a
    region counts as its language (`iw-IL` is Hebrew).
    """
    qualities: dict[str, float] = {}
    for code, quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        short = code.partition("-")[0]
        qualities.setdefault(OLD_CODES.get(short, short), quality)
    spoken = [settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)]  # the shop's own wins a tie
    best = max(spoken, key=lambda code: qualities.get(code, qualities.get("*", 0.0)))
    wanted = qualities.get(best, qualities.get("*", 0.0))
    return best if wanted else settings.LANGUAGE_CODE


def spoken_language(request: HttpRequest) -> str:
    """The language of a page: what this browser chose once, else what its header asks for."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else wanted_language(request)


class LanguageMiddleware:
    """Activate the language of the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(spoken_language(request))
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response
