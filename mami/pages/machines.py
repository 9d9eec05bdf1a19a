"""Small files that programs ask for: what robots may read, what an installed shop is called."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

GREEN, CREAM = "#1b5d3e", "#fffaf0"
CLOSED_TO_ROBOTS = (
    "/account/", "/admin/", "/api/", "/checkout/", "/lists/", "/ops/", "/orders/", "/standing/",
    "/u/",
)  # fmt: skip
ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
)


TOUCH_ICON = settings.BASE_DIR / "static" / "img" / "apple-touch-icon.png"
WORKER = settings.BASE_DIR / "static" / "js" / "worker.js"
WORKER_FILES = (
    "css/shop.css", "js/mami.js", "js/forms.js", "js/offline.js", "django_htmx/htmx-2.min.js",
    "img/sprite.svg", "img/favicon.svg",
)  # fmt: skip
MOST_PAGES, MOST_FILES = 30, 150


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("img/favicon.svg"))


@require_safe
def apple_touch_icon(request: HttpRequest) -> HttpResponse:
    """Where phones look for the icon of a page on their first screen: they follow nothing."""
    response = HttpResponse(_touch_icon(), content_type="image/png")
    patch_cache_control(response, public=True, max_age=86400)
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything public may be read, and this is where all of it is listed."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED_TO_ROBOTS)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """What the shop is as an app on somebody's screen, in the language of its address."""
    with override(language):
        response = JsonResponse(
            _installed(language),
            content_type="application/manifest+json",
            json_dumps_params={"ensure_ascii": False},
        )
    response.headers["Content-Language"] = language
    patch_cache_control(response, public=True, max_age=3600)
    return response


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, asked for anew each time: its bytes change with whatever it keeps."""
    known: dict[str, object] = {
        "static": settings.STATIC_URL,
        "files": [static(name) for name in WORKER_FILES],
        "offline": {code: _offline(code) for code in dict(settings.LANGUAGES)},
        "mostPages": MOST_PAGES,
        "mostFiles": MOST_FILES,
    }
    text = _worker()
    known["version"] = hashlib.sha256(f"{json.dumps(known)}{text}".encode()).hexdigest()[:12]
    response = HttpResponse(
        f"const MAMI = {json.dumps(known)};\n{text}", content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/"
    return response


@cache
def _touch_icon() -> bytes:
    return TOUCH_ICON.read_bytes()


@cache
def _worker() -> str:
    return WORKER.read_text(encoding="utf-8")


def _offline(language: str) -> str:
    with override(language):
        return reverse("offline")


def _installed(language: str) -> dict[str, object]:
    """The manifest; links and words in the active language."""
    return {
        "id": "/",
        "name": _("Mami, the supermarket that comes to you"),
        "short_name": _("Mami"),
        "lang": language,
        "dir": "rtl" if language == "he" else "ltr",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": CREAM,
        "theme_color": GREEN,
        "icons": [
            {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("Basket"), "url": reverse("cart:page")},
            {"name": _("Your orders"), "url": reverse("orders:list")},
        ],
    }
