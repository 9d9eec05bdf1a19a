"""What a change of the basket answers: the part that asked, and what must follow elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from cart import notices
from cart.context import remember
from cart.selectors import CartLine, CartView
from cart.windows import Window
from catalog import selectors as catalog
from core.errors import DomainError
from core.htmx import is_htmx, toast
from core.next_pages import came_from

PARTS = {
    "page": "cart/_basket.html",
    "drawer": "cart/_drawer.html",
    "detail": "cart/_control_big.html",
    "card": "cart/_control.html",
}
WITHOUT_PRODUCT = frozenset({"page", "drawer"})


def changed(
    request: HttpRequest, before: CartView, view: CartView, product_id: int | None
) -> HttpResponse:
    """The part of the page that asked, with pill and meters out of band; a redirect without HTMX."""
    remember(request, view)
    where = request.POST.get("where", "card")
    old = before.line_of(product_id) if product_id else None
    line = view.line_of(product_id) if product_id else None
    told = _told(view, line)
    if not is_htmx(request):
        if told:
            messages.warning(request, told)
        return _back(request, product_id, to_page=where == "page")
    touched = line or old
    product = touched.product if touched else None
    if product is None:  # another tab has taken it out before, or all of it was taken out
        product = catalog.product(product_id=product_id) if product_id else None
        where = where if product or where in WITHOUT_PRODUCT else "page"
    context = {
        "where": where,
        "changed": True,
        "removed": old if old and line is None else None,
        "less": bool(old and (line is None or line.quantity < old.quantity)),
        "product": product,
        "touched": product_id,
    }
    response = render(request, PARTS.get(where, PARTS["card"]), context)
    if told:
        toast(response, told)
    return response


def kept(
    request: HttpRequest, nearest: list[Window], refusal: DomainError | None = None
) -> HttpResponse:
    """The slot picker again with the nearest open windows, the slot bar out of band.

    A window that is gone meanwhile is told; without HTMX on the page it was chosen on.
    """
    if not is_htmx(request):
        if refusal is not None:
            messages.error(request, str(refusal.message))
        return _back(request, None, to_page=False)
    context = {"windows": nearest, "changed": True}
    response = render(request, "cart/_slot_picker.html", context)
    if refusal is not None:
        toast(response, str(refusal.message), level="bad")
    return response


def _told(view: CartView, line: CartLine | None) -> str:
    if line is None:
        return ""
    if view.put_instead is None:
        steps = view.put_in_steps
        return notices.put_in_steps(product=line.product, put=steps) if steps else ""
    return notices.put_instead(product=line.product, put=view.put_instead)


def _back(request: HttpRequest, product_id: int | None, *, to_page: bool) -> HttpResponse:
    """To the page the form stood on, at its product."""
    if to_page:
        return redirect("cart:page")
    anchor = f"#product-{product_id}" if product_id else ""
    return HttpResponseRedirect(f"{came_from(request) or reverse('cart:page')}{anchor}")
