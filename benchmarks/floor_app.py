"""The shop and, under `/floor/`, the barest views Django can serve, on the same gunicorn.

The bare views have no sign-in, no Django REST framework and none of the middleware: what they cost is
what the language, the framework and the database cost anyway.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.api_settings")

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path

shop = get_wsgi_application()

from accounts.models import User  # noqa: E402 - models need the settings
from benchmarks.bare_checkout import write  # noqa: E402
from catalog.models import Product  # noqa: E402

FIELDS = (
    "id", "sku", "barcode", "name_en", "description_en", "brand_id", "category_id", "price", "old_price",
    "sold_by", "quantity_step", "unit_price", "vat_class_id", "dietary_tags", "allergens", "is_active",
)  # fmt: skip
CARDS = """<!doctype html><html lang="en"><title>Cards</title><ul>{% for p in products %}
<li><a href="/products/{{ p.pk }}/"><img src="/static/{{ p.icon }}.svg" alt=""><b>{{ p.name_en }}</b></a>
<span>{{ p.brand.name_en }}</span> <span>{{ p.category.name_en }}</span>
{% if p.old_price %}<s>{{ p.old_price }}</s>{% endif %}<b>{{ p.price }}</b> <i>{{ p.unit_price }}</i>
<form method="post" action="/cart/"><input type="hidden" name="product" value="{{ p.pk }}"><button>Add</button>
</form></li>{% endfor %}</ul></html>"""
_cards: list[Any] = []


def cards(request: HttpRequest) -> HttpResponse:
    """A template of 24 cards and one statement."""
    if not _cards:
        _cards.append(engines["django"].from_string(CARDS))
    products = Product.objects.select_related("brand", "category").order_by("id")[:24]
    return HttpResponse(_cards[0].render({"products": products}))


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return JsonResponse(Product.objects.values(*FIELDS).get(pk=pk))


def listed(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"data": list(Product.objects.order_by("id").values(*FIELDS)[:24])})


def checkout(request: HttpRequest) -> HttpResponse:
    """Eight statements in one transaction."""
    wanted = json.loads(request.body)
    order = write(User(pk=wanted["user_id"]), wanted["branch_id"], wanted["product_ids"])
    return JsonResponse(
        {"order_number": order.order_number, "total": order.total_amount}, status=201
    )


urlpatterns = [
    path("floor/cards", cards),
    path("floor/detail/<int:pk>", detail),
    path("floor/list", listed),
    path("floor/checkout", checkout),
]


class Floor(WSGIHandler):
    """Django without any middleware, and with no address but the bare ones."""

    def resolve_request(self, request: Any) -> Any:
        request.urlconf = "benchmarks.floor_app"
        return super().resolve_request(request)

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]


_floor = Floor()


def application(asked: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    chosen = _floor if asked["PATH_INFO"].startswith("/floor/") else shop
    found: Iterable[bytes] = chosen(asked, start_response)
    return found
