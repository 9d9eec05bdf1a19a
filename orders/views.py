"""A customer's orders: the list, one order and how it gets on, cancelling, ordering again."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from mami import clock
from orders import selectors, services
from orders.doors import door_photo
from orders.errors import OrderNotCancelable
from orders.printing import print_order
from orders.story import tell

A_PAGE = 10
STOP_POLLING = 286


@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every order of the customer, newest first."""
    orders = selectors.orders_of(actor=cast(User, request.user))
    page = Paginator(orders, A_PAGE).get_page(request.GET.get("page"))
    stories = [tell(order=order) for order in page.object_list]
    return render(request, "orders/list.html", {"stories": stories, "page": page})


@never_cache
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """One order."""
    order = selectors.order_by_number(actor=cast(User, request.user), number=number)
    context = {"order": order, "story": tell(order=order)}
    context["proof"] = selectors.proof_of(order=order)
    return render(request, "orders/detail.html", context)


@require_safe
def photo(request: HttpRequest, number: str) -> FileResponse:
    """Where the driver left it."""
    order = selectors.order_by_number(actor=cast(User, request.user), number=number)
    return door_photo(order=order)


@never_cache
@require_safe
def progress(request: HttpRequest, number: str) -> HttpResponse:
    """What changes on the order page while somebody watches; 286 ends the asking."""
    order = selectors.order_by_number(actor=cast(User, request.user), number=number)
    story = tell(order=order)
    context = {"order": order, "story": story, "polled": True}
    status = STOP_POLLING if story.is_over else 200
    return render(request, "orders/_progress.html", context, status=status)


@require_safe
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """The order on paper."""
    order = selectors.order_by_number(actor=cast(User, request.user), number=number)
    return print_order(order=order).answer()


@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel before packing begins."""
    actor = cast(User, request.user)
    order = selectors.order_by_number(actor=actor, number=number)
    try:
        services.cancel(actor=actor, order_id=order.pk, now=clock.now())
    except OrderNotCancelable as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("The order is cancelled. Nothing will be charged."))
    return _to(request, reverse("orders:detail", args=[order.order_number]))


@require_POST
def reorder(request: HttpRequest, number: str) -> HttpResponse:
    """Put the same things in the basket again."""
    actor = cast(User, request.user)
    order = selectors.order_by_number(actor=actor, number=number)
    again = services.reorder(actor=actor, order_id=order.pk, now=clock.now())
    if again.left_out:
        text = _("These could not be added, they are sold out or no longer sold: %(names)s")
        messages.warning(request, text % {"names": ", ".join(again.left_out)})
    else:
        messages.success(request, _("Everything is in the basket again."))
    return _to(request, reverse("cart:page"))


def _to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)
