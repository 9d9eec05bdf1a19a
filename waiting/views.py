"""Pages of waiting: what I wait for, and the buttons that get one into a line."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.errors import InvalidSlot, SlotClosed
from catalog import selectors as catalog
from core import clock
from core.htmx import is_htmx, toast
from core.long_lists import BoundedPaginator
from core.next_pages import page_of_form
from core.typed_requests import PersonRequest
from waiting import errors, office, selectors, services

A_PAGE = 50
NO_NEED = (errors.AlreadyAvailable, errors.AlreadyWaiting, errors.WaitingLimit)
GONE = (errors.OfferOver, SlotClosed, InvalidSlot)


@require_safe
@never_cache
def index(request: PersonRequest) -> HttpResponse:
    """Everything I wait for, offers first."""
    entries = selectors.waiting_of(actor=request.user, now=clock.now())
    return render(request, "waiting/index.html", {"entries": entries})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def product(request: PersonRequest, product_id: int) -> HttpResponse:
    """“Tell me” at a sold-out product. A GET is somebody coming from the sign-in."""
    if request.method != "POST":
        return redirect("catalog:product", product_id)
    found = catalog.product(product_id=product_id)
    try:
        services.wait_for_product(actor=request.user, product_id=product_id, now=clock.now())
        said, is_in = _("We will tell you when it is back: %(name)s.") % {"name": found.name}, True
    except NO_NEED as refusal:
        said, is_in = str(refusal.message), isinstance(refusal, errors.AlreadyWaiting)
    if not is_htmx(request):
        tell = messages.success if is_in else messages.warning
        tell(request, said)
        return redirect(f"{page_of_form(request)}#product-{product_id}")
    where = "detail" if request.POST.get("where") == "detail" else "card"
    context = {"product": found, "is_in_line": is_in, "pressed": True, "where": where}
    return toast(render(request, "waiting/_tell_me.html", context), said)


@require_safe
@never_cache
def office_list(request: PersonRequest) -> HttpResponse:
    """What customers wait for, the longest line first."""
    page = BoundedPaginator(office.lines(), A_PAGE).get_page(request.GET.get("page"))
    rows = office.told(page.object_list)
    return render(request, "waiting/office.html", {"page": page, "rows": rows})


@require_POST
def leave(request: PersonRequest, entry_id: int) -> HttpResponse:
    """Wait no longer."""
    services.leave(actor=request.user, entry_id=entry_id, now=clock.now())
    messages.success(request, _("You no longer wait for it."))
    return redirect("waiting:index")


@require_POST
def accept(request: PersonRequest, entry_id: int) -> HttpResponse:
    """Take what is offered."""
    try:
        services.accept(actor=request.user, entry_id=entry_id, now=clock.now())
    except GONE as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("waiting:index")
    messages.success(request, _("It is yours: look at your basket."))
    return redirect("cart:page")
