"""Shelves, product pages and search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from catalog import my_branch, selectors
from catalog.forms import PAGE_SIZE, ShelfForm
from catalog.models import Product
from catalog.searched import count_search
from catalog.selectors import ShelfPage
from catalog.shelf_view import Browse
from core.errors import NotFound
from core.htmx import is_part


@require_safe
def aisles(request: HttpRequest) -> HttpResponse:
    """All departments with their categories."""
    return render(request, "catalog/aisles.html", {"tree": selectors.category_tree()})


@require_safe
@my_branch.in_address
def department(request: HttpRequest, slug: str) -> HttpResponse:
    """The shelf of a department or category."""
    tree = selectors.category_tree()
    node = tree.by_slug(slug)
    if node is None:
        raise NotFound
    browse = _browse(request, ShelfForm(request.GET), category_id=node.category.pk)
    path = tree.path_to(node)
    context = {"node": node, "path": path, "department": path[0], "browse": browse}
    return _shelf(request, "catalog/department.html", context)


@require_safe
@my_branch.in_address
def search(request: HttpRequest) -> HttpResponse:
    """What a text finds; a whole barcode goes straight to its product."""
    form = ShelfForm(request.GET)
    if form.unreadable:
        page: ShelfPage[Product] = ShelfPage(items=[], total=0, limit=PAGE_SIZE, offset=0)
        answer = _shelf(request, "catalog/search.html", {"browse": Browse(form=form, page=page)})
        answer.status_code = 400 if form.has_error("q", "null_characters_not_allowed") else 200
        return answer
    category_id = form.category.pk if form.category else None
    browse = _browse(request, form, q=form.query, category_id=category_id, departments=True)
    count_search(browse.page, filters={**form.criteria(), "category_id": category_id})
    if browse.is_one_code:
        return redirect("catalog:product", browse.page.items[0].pk)
    return _shelf(request, "catalog/search.html", {"browse": browse})


@require_safe
@my_branch.in_address
def discounts(request: HttpRequest) -> HttpResponse:
    """Everything that costs less than it did."""
    form = ShelfForm(request.GET)
    browse = _browse(request, form, offers=True)
    return _shelf(request, "catalog/offers.html", {"browse": browse})


@require_safe
def product(request: HttpRequest, pk: int) -> HttpResponse:
    """One product: what it is, what it costs, where it is in stock, what is like it."""
    page = selectors.product_page(product_id=pk)
    return render(request, "catalog/product.html", {"page": page})


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Options for the listbox under the search field."""
    form = ShelfForm(request.GET)
    found = selectors.suggestions(q=form.query, texts=True)
    return render(request, "catalog/_suggestions.html", {"found": found, "query": form.query})


def _browse(request: HttpRequest, form: ShelfForm, *, offers: bool = False, **where: Any) -> Browse:
    my_branch.keep(request, form)
    fixed = {"on_sale": False} if offers else {}  # the place says it, no filter
    page = selectors.shelf(
        **{**form.criteria(), **fixed},
        **where,
        offers=offers,
        branch_id=form.branch_id,
        as_typed=form.as_typed,
        sort=form.order,
        limit=PAGE_SIZE,
        offset=(form.page_number - 1) * PAGE_SIZE,
        clamp=True,
    )
    return Browse(form=form, page=page, fixed=frozenset(fixed))


def _shelf(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for a filter's change only what the filter changed."""
    if is_part(request):
        return render(request, "catalog/_results.html", {**context, "swap": True})
    return render(request, template, context)
