"""The lists of all public pages, for search engines: an index, and files of 5,000 pages at most."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.html import escape
from django.utils.translation import override
from django.views.decorators.http import require_safe

from branches import selectors as branches
from catalog import selectors as catalog
from core.languages import address_in
from mami.home import HELP_PAGES

MOST_IN_A_FILE = 5000
OF_GOODS = ("home", "catalog:aisles", "catalog:offers")
"""Pages that change with any product."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
Listed = tuple[str, dt.datetime | None]
"""A page's Hebrew path, and when it changed last where that is known."""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Where the lists are. Two queries."""
    parts = -(-catalog.public_count() // MOST_IN_A_FILE)
    paths = [
        reverse("sitemap_pages"),
        reverse("sitemap_departments"),
        *(reverse("sitemap_products", args=[part + 1]) for part in range(parts)),
    ]
    rows = (f"<sitemap><loc>{_absolute(path)}</loc></sitemap>" for path in paths)
    return _file(f"<sitemapindex {SPACE}>", rows, "</sitemapindex>")


@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """The front door, the rooms behind it, branches and help. Three queries."""
    newest = max(catalog.newest_changes().values(), default=None)
    goods = [(_hebrew(route), newest) for route in OF_GOODS]
    return _pages_file([*goods, *((path, None) for path in _single_pages())])


@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """Every shelf, changed with the newest change on it. Four queries at most."""
    changes = catalog.newest_changes()
    return _pages_file(
        (
            _hebrew("catalog:department", node.category.slug),
            max((changes[key] for key in node.ids() if key in changes), default=None),
        )
        for node in catalog.category_tree().walk()
    )


@require_safe
def products(request: HttpRequest, part: int) -> HttpResponse:
    """One file of products, in the order in which they came; 404 for one that is not there. One query."""
    begin = (part - 1) * MOST_IN_A_FILE
    if part < 1 or begin > MOST_IN_A_FILE * 10_000:
        raise Http404
    rows = list(
        catalog.public_products()
        .order_by("pk")
        .values_list("pk", "updated_at")[begin : begin + MOST_IN_A_FILE]
    )
    if not rows:
        raise Http404
    return _pages_file((_hebrew("catalog:product", pk), changed) for pk, changed in rows)


def _single_pages() -> Iterator[str]:
    for route in ("branches:index", "areas", "contact"):
        yield _hebrew(route)
    for branch in branches.active_branches():
        yield _hebrew("branches:detail", branch.code)
    for slug in HELP_PAGES:
        yield _hebrew("page", slug)


def _hebrew(route: str, *args: object) -> str:
    with override(settings.LANGUAGE_CODE):
        return reverse(route, args=args)


def _pages_file(listed: Iterable[Listed]) -> HttpResponse:
    alternates = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return _file(f"<urlset {SPACE} {alternates}>", map(_page, listed), "</urlset>")


def _page(listed: Listed) -> str:
    path, changed = listed
    of = {"he": path, "en": address_in("en", path), "x-default": path}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{_absolute(address)}"/>'
        for code, address in of.items()
    )
    seen = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
    return f"<url><loc>{_absolute(path)}</loc>{seen}{others}</url>"


def _absolute(path: str) -> str:
    return escape(settings.SITE_URL + path)


def _file(begin: str, rows: Iterable[str], end: str) -> HttpResponse:
    body = "\n".join([HEAD + begin, *rows, end, ""])
    response = HttpResponse(body, content_type="application/xml; charset=utf-8")
    patch_cache_control(response, public=True, max_age=600)
    return response
