"""Shelves, product pages and search."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from catalog import selectors, services
from catalog.browsing import Browse
from catalog.forms import PAGE_SIZE, ShelfForm
from mami.errors import NotFound


@require_safe
def aisles(request: HttpRequest) -> HttpResponse:
    """All departments with their categories."""
    return render(request, "catalog/aisles.html", {"tree": selectors.category_tree()})


@require_safe
@vary_on_headers("HX-Request")
def department(request: HttpRequest, slug: str) -> HttpResponse:
    """The shelf of a department or category."""
    tree = selectors.category_tree()
    node = tree.by_slug(slug)
    if node is None:
        raise NotFound
    browse = _browse(ShelfForm(request.GET), category_id=node.category.pk)
    path = tree.path_to(node)
    context = {"node": node, "path": path, "department": path[0], "browse": browse}
    return _shelf(request, "catalog/department.html", context)


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """What a text finds; a whole barcode goes straight to its product."""
    form = ShelfForm(request.GET)
    browse = _browse(form, q=form.query)
    if browse.is_one_barcode:
        return redirect("catalog:product", browse.page.items[0].pk)
    return _shelf(request, "catalog/search.html", {"browse": browse})


@require_safe
@vary_on_headers("HX-Request")
def offers(request: HttpRequest) -> HttpResponse:
    """Everything that costs less than it did."""
    form = ShelfForm(request.GET)
    browse = _browse(form, place={"on_sale": True})
    return _shelf(request, "catalog/offers.html", {"browse": browse})


@require_safe
def product(request: HttpRequest, pk: int) -> HttpResponse:
    """One product: what it is, what it costs, where it is in stock, what is like it."""
    page = selectors.product_page(product_id=pk, actor=_person(request))
    return render(request, "catalog/product.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Remember a product for later, or forget it. A GET is somebody coming from the sign-in."""
    if request.method != "POST":
        return redirect("catalog:product", pk)
    saved = request.POST.get("saved") == "yes"
    if saved:
        services.save_wish(actor=_known(request), product_id=pk)
    else:
        services.forget_wish(actor=_known(request), product_id=pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("catalog:product", pk)
    context = {"product": selectors.product(product_id=pk), "saved": saved}
    return render(request, "catalog/_wish.html", context)


@require_safe
@never_cache
def saved(request: HttpRequest) -> HttpResponse:
    """Everything a person saved for later."""
    products = selectors.saved_products(actor=_known(request))
    return render(request, "catalog/saved.html", {"products": products})


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Options for the listbox under the search field."""
    form = ShelfForm(request.GET)
    found = selectors.suggestions(q=form.query)
    return render(request, "catalog/_suggestions.html", {"found": found, "query": form.query})


def _person(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def _known(request: HttpRequest) -> User:
    return cast(User, request.user)  # the rights table lets nobody else in


def _browse(form: ShelfForm, *, place: dict[str, Any] | None = None, **where: Any) -> Browse:
    page = selectors.shelf(
        **{**form.criteria(), **(place or {})},
        **where,
        sort=form.order,
        limit=PAGE_SIZE,
        offset=(form.page_number - 1) * PAGE_SIZE,
        clamp=True,
    )
    return Browse(form=form, page=page, fixed=frozenset(place or ()))


def _shelf(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for a filter's change only what the filter changed."""
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and not htmx.history_restore_request:
        return render(request, "catalog/_results.html", {**context, "swap": True})
    return render(request, template, context)
