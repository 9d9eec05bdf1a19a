"""What a change of the basket answers: the part that asked, and what must follow elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event

from cart import notices
from cart.context import remember
from cart.selectors import CartLine, CartView
from cart.windows import Window
from mami.errors import DomainError

PARTS = {
    "page": "cart/_basket.html",
    "drawer": "cart/_drawer.html",
    "detail": "cart/_control_big.html",
    "card": "cart/_control.html",
}


def changed(
    request: HttpRequest, before: CartView, view: CartView, product_id: int | None
) -> HttpResponse:
    """The part of the page that asked, with pill and meters out of band; a redirect without HTMX."""
    remember(request, view)
    where = request.POST.get("where", "card")
    old = before.line_of(product_id) if product_id else None
    line = view.line_of(product_id) if product_id else None
    told = _told(view, line)
    if request.headers.get("HX-Request") != "true":
        if told:
            messages.warning(request, told)
        return _back(request, product_id, to_page=where == "page")
    context = {
        "where": where,
        "changed": True,
        "removed": old if old and line is None else None,
        "less": bool(old and (line is None or line.quantity < old.quantity)),
        "product": (line or old).product if (line or old) else None,  # type: ignore[union-attr]
        "touched": product_id,
    }
    response = render(request, PARTS.get(where, PARTS["card"]), context)
    if told:
        trigger_client_event(response, "toast", {"text": told})
    return response


def kept(
    request: HttpRequest, nearest: list[Window], refusal: DomainError | None = None
) -> HttpResponse:
    """The slot picker again with the nearest open windows, the slot bar out of band.

    A window that is gone meanwhile is told; without HTMX on the page it was chosen on.
    """
    if request.headers.get("HX-Request") != "true":
        if refusal is not None:
            messages.error(request, str(refusal.message))
        return _back(request, None, to_page=False)
    context = {"windows": nearest, "changed": True}
    response = render(request, "cart/_slot_picker.html", context)
    if refusal is not None:
        said = {"text": str(refusal.message), "level": "bad"}
        trigger_client_event(response, "toast", said)
    return response


def _told(view: CartView, line: CartLine | None) -> str:
    if view.put_instead is None or line is None:
        return ""
    return notices.put_instead(product=line.product, put=view.put_instead)


def _back(request: HttpRequest, product_id: int | None, *, to_page: bool) -> HttpResponse:
    """To the page the form stood on, at its product."""
    if to_page:
        return redirect("cart:page")
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        came_from = reverse("cart:page")
    parts = urlsplit(came_from)
    query = f"?{parts.query}" if parts.query else ""
    anchor = f"#product-{product_id}" if product_id else ""
    return HttpResponseRedirect(f"{parts.path}{query}{anchor}")
