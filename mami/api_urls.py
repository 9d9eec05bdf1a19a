"""Addresses of the JSON API, below /api/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from api import docs
from api.health import Health
from api.views import UnknownPath

app_name = "api"

v1: list[URLPattern | URLResolver] = [  # the most asked first
    path("health", Health.as_view(), name="health"),
    path("", include("catalog.api_urls")),
    path("", include("cart.api_urls")),
    path("", include("checkout.api_urls")),
    path("", include("branches.api_urls")),
    path("", include("accounts.api_urls")),
    path("", include("notifications.api_urls")),
    path("", include("search.api_urls")),
    path("", include("lists.api_urls")),
    path("", include("waiting.api_urls")),
    path("", include("payments.api_urls")),
    path("", include("orders.api_urls")),
    path("", include("standing.api_urls")),
    path("", include("inventory.api_urls")),
    path("", include("stockrequests.api_urls")),
    path("", include("ops.api_urls")),
    path("", include("audit.api_urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(v1)),
    path("schema/", docs.schema, name="schema"),
    path("docs/", docs.swagger, name="docs"),
    path("redoc/", docs.redoc, name="redoc"),
    re_path(r"^.*$", UnknownPath.as_view(), name="unknown"),
]
