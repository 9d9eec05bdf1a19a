"""The language of an answer: in the address of a public page, else as the browser wishes.

Public pages have two addresses: Hebrew without and English with `/en` before the path. All other
pages have one and follow the cookie, else `Accept-Language`; the JSON API follows the header alone.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from core.htmx import is_htmx, path_that_asks

OLD_CODES = {"iw": "he"}
"""What old clients, and every Android, still send for Hebrew."""
PREFIXED = "en"
PREFIX = f"/{PREFIXED}"


class LanguagePrefix(LocalePrefixPattern):
    """`/en` before a path, or nothing: links follow the active language, both are understood always."""

    def __init__(self) -> None:
        super().__init__(prefix_default_language=False)

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, object]]:
        return path.removeprefix(f"{PREFIXED}/"), (), {}


def in_both_languages(*patterns: URLPattern | URLResolver) -> URLResolver:
    """Public pages: each in Hebrew at its own address and in English below `/en`."""
    return URLResolver(LanguagePrefix(), list(patterns))


def wanted_language(request: HttpRequest) -> str:
    """The first language of the header that the shop speaks, else the shop's own."""
    return language_of(request.headers.get("Accept-Language", ""))


def language_of(header: str) -> str:
    """The first language of an `Accept-Language` that the shop speaks, else the shop's own.

    By quality; `q=0` refuses a language, `*` stands for any that the header does not name, and a
    region counts as its language (`iw-IL` is Hebrew).
    """
    qualities: dict[str, float] = {}
    for code, quality in parse_accept_lang_header(header):
        short = code.partition("-")[0]
        qualities.setdefault(OLD_CODES.get(short, short), quality)
    spoken = [settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)]  # the shop's own wins a tie
    best = max(spoken, key=lambda code: qualities.get(code, qualities.get("*", 0.0)))
    wanted = qualities.get(best, qualities.get("*", 0.0))
    return best if wanted else settings.LANGUAGE_CODE


def chosen_language(request: HttpRequest) -> str:
    """What this browser chose once, or the empty string."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def preferred_language(request: HttpRequest) -> str:
    """What this browser chose once, else what its header asks for."""
    return chosen_language(request) or wanted_language(request)


def is_prefixed(path: str) -> bool:
    """Whether an address asks for English, be there such a page or not."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def language_of_path(path: str) -> str:
    """The language that an address speaks by itself; empty where it has none of its own."""
    if is_prefixed(path):
        return PREFIXED
    return settings.LANGUAGE_CODE if public_path(path) else ""


def public_path(path: str) -> str:
    """The Hebrew address of a page that has two, given either of them; else the empty string."""
    plain = path.removeprefix(PREFIX) if path.startswith(f"{PREFIX}/") else path
    if not plain.startswith("/") or plain.startswith(f"{PREFIX}/"):
        return ""
    for group in get_resolver().url_patterns:
        if isinstance(group, URLResolver) and isinstance(group.pattern, LanguagePrefix):
            try:
                group.resolve(plain[1:])
            except Resolver404:
                continue
            return plain
    return ""


def address_in(language: str, address: str) -> str:
    """The address (path, perhaps with a query) of the same page in `language`.

    An address of a page that has only one comes back as it is.
    """
    path, mark, query = address.partition("?")
    plain = public_path(path)
    if not plain:
        return address
    return (PREFIX if language == PREFIXED else "") + plain + mark + query


def spoken_language(request: HttpRequest) -> str:
    """The language of the answer: that of its address, else of the page that HTMX asked from, else
    what the browser wishes.

    A part that a page asks for at a public address speaks as the page does.
    """
    path = request.path_info
    asking = path if is_prefixed(path) or not is_htmx(request) else path_that_asks(request)
    return language_of_path(asking) or preferred_language(request)


def remember_language(response: HttpResponse, language: str) -> None:
    """Let this browser keep the language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


class LanguageMiddleware:
    """Activate the language of the page; lead who prefers English from a Hebrew address to its English
    one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        public = public_path(path)
        if public == path and _prefers_the_other(request):
            response: HttpResponse = HttpResponseRedirect(PREFIX + request.get_full_path())
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            return response
        translation.activate(spoken_language(request))
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        request.public_path = public  # type: ignore[attr-defined]
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", *(["Cookie"] if public else [])))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        if public and public != path and _is_first_page(request, response):
            remember_language(response, PREFIXED)
        return response


def _prefers_the_other(request: HttpRequest) -> bool:
    """Whether a browser that wishes English asks for a whole page."""
    if request.method not in ("GET", "HEAD") or is_htmx(request):
        return False
    return preferred_language(request) == PREFIXED


def _is_first_page(request: HttpRequest, response: HttpResponse) -> bool:
    """A whole page, shown to a browser that has no language yet."""
    whole = request.method in ("GET", "HEAD") and not is_htmx(request)
    return whole and response.status_code == 200 and not chosen_language(request)
