"""The description of the API: the document itself, and two ways to read it in a browser."""

from __future__ import annotations

import threading
from hashlib import blake2b
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_response_headers
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

_document: dict[str, Any] = {}
_writing = threading.Lock()


def document() -> dict[str, Any]:
    """The OpenAPI document; made once in a process."""
    with _writing:  # the generator is not made for two threads
        if not _document:
            with translation.override("en"):
                _document.update(SchemaGenerator().get_schema(request=None, public=True))
    return _document


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """YAML, or JSON by `Accept` or `?format=json`."""
    if _wants_json(request):
        response: HttpResponse = JsonResponse(
            document(), json_dumps_params={"indent": 2, "ensure_ascii": False}
        )
    else:
        response = HttpResponse(
            OpenApiYamlRenderer().render(document(), renderer_context={}),
            content_type="application/vnd.oai.openapi; charset=utf-8",
        )
        response["Content-Disposition"] = 'inline; filename="mami-api.yaml"'
    tag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    response["ETag"] = tag
    response["Vary"] = "Accept"
    patch_response_headers(response, cache_timeout=300)
    return response


def _wants_json(request: HttpRequest) -> bool:
    wanted = request.GET.get("format") or request.headers.get("Accept", "")
    return "json" in wanted and "yaml" not in wanted


# Redoc makes empty style elements and fills them by script, and one with a text of its own.
REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]


@csp_update({"img-src": ["data:"]})
@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", {"version": settings.VERSION})


@csp_update({"style-src": REDOC_STYLES, "worker-src": ["'self'", "blob:"]})
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """Redoc searches in a worker that it makes of a blob."""
    return render(request, "api/redoc.html")
