"""HTMX, in one place: what it asks for, and how it is led elsewhere or told something."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event
from django_htmx.middleware import HtmxDetails


def is_htmx(request: HttpRequest) -> bool:
    """Whether HTMX asked, and not the browser itself."""
    return bool(_details(request))


def is_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page, and not for a page it restores from history."""
    details = _details(request)
    return bool(details) and not details.history_restore_request


def path_that_asks(request: HttpRequest) -> str:
    """The path of the page on which HTMX runs, as it says itself, or the empty string."""
    try:
        return urlsplit(_details(request).current_url or "").path
    except ValueError:  # brackets that are no address
        return ""


def redirect_to(request: HttpRequest, url: str) -> HttpResponse:
    """To another page, also when HTMX asked: a 302 would only be swapped into the old one."""
    return HttpResponseClientRedirect(url) if is_htmx(request) else HttpResponseRedirect(url)


def leave_for(url: str, *, status: int) -> HttpResponse:
    """Let HTMX go to another page because this one is refused with `status`."""
    response = HttpResponseClientRedirect(url)
    response.status_code = status
    return response


def toast(response: HttpResponse, text: str, *, level: str = "") -> HttpResponse:
    """Let the page tell `text` for a moment; `level` "bad" for a refusal."""
    said = {"text": text, **({"level": level} if level else {})}
    return trigger_client_event(response, "toast", said)


def refused(text: str, *, status: int) -> HttpResponse:
    """A refusal told as a toast; the page stays as it is."""
    return toast(reswap(HttpResponse(status=status), "none"), text)


def _details(request: HttpRequest) -> HtmxDetails:
    """Made here where the request got no further than a middleware that refuses it."""
    return getattr(request, "htmx", None) or HtmxDetails(request)
