"""Headers that stand on every answer of every face, errors and redirects included."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

# The scanner of the staff screens needs the camera; nothing needs the rest.
EVERYWHERE = {
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""An `X-Request-Id` that is echoed; others are replaced."""
FOR_OTHERS = ("/media/", "/static/")
PERSONAL = ("/ops/", "/admin/", "/account/", "/orders/", "/checkout/")


def always_encrypted() -> str:
    """As Django says it, which comes too late for what is refused before."""
    said = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        said.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        said.append("preload")
    return "; ".join(said)


class HeadersMiddleware:
    """Stands outside of everything that may answer. What an inner one has said stays."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        path = request.path_info
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", always_encrypted())
        if path.startswith(FOR_OTHERS):
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
        with_token = path.startswith("/api/") and "HTTP_AUTHORIZATION" in request.META
        if with_token or path.startswith(PERSONAL):
            response["Cache-Control"] = "no-store"
        return response
