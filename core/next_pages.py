"""Where a person goes next: pages of this shop only, and only ones that can be looked at.

Addresses come from `next`, `Referer` and `HX-Current-URL`, all of which anybody can write.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme

from core.rights import methods_of

ENTRANCES = frozenset({"accounts:login", "accounts:register", "accounts:logout"})
"""Going on to one of these after a sign-in would lead in a circle."""


def page_or(request: HttpRequest, url: str, default: str) -> str:
    """The path and query of `url` when it is a page of ours to look at, else `default`.

    Refused are other sites, relative addresses, the API, addresses that only take a form, the
    entrances themselves, and whatever leads nowhere.
    """
    return _own_page(request, url) or default


def came_from(request: HttpRequest) -> str:
    """The page of ours on which the form or the link of this request stood, or the empty string."""
    for name in ("HX-Current-URL", "Referer"):
        if page := _own_page(request, request.headers.get(name, "")):
            return page
    return ""


def page_of_form(request: HttpRequest) -> str:
    """The page to go back to after this request, which sent a form, could not be carried out.

    Where the browser does not tell, the nearest page above the form's own address.
    """
    if page := came_from(request):
        return page
    path = request.path
    while path != "/":
        if page := _own_page(request, path):
            return page
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return "/"


def _own_page(request: HttpRequest, url: str) -> str:
    """The path and query of a page of ours, or the empty string."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no address
        return ""
    if not url or not url.isprintable() or "\\" in url or not parts.path.startswith("/"):
        return ""
    if not url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    if not _is_page(parts.path):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _is_page(path: str) -> bool:
    """Whether a person can look at this path: some route of ours answers GET there."""
    if path.startswith(("/api/", "//")):
        return False
    try:
        match = resolve(path)
    except Http404:
        return False
    if match.view_name in ENTRANCES:
        return False
    if "admin" in match.namespaces:  # the office's own views say so themselves
        return match.url_name not in {"logout", "jsi18n"}
    return "GET" in methods_of(match.view_name)
