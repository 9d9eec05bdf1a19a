"""The basket's pages: the page itself, the drawer over any page, the control in every card."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from branches.chosen_place import destination
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from cart import responses, services, windows
from cart.context import basket_of, remember
from cart.errors import InvalidQuantity, NothingToUndo
from cart.forms import AddForm, NoteForm, QuantityForm, SlotForm, SubstitutionForm
from cart.session import owner_from
from core import clock
from core.errors import InvalidInput, NotFound
from core.htmx import is_htmx
from core.typed_requests import PersonRequest


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The whole basket."""
    return render(request, "cart/page.html")


@require_safe
@never_cache
def drawer(request: HttpRequest) -> HttpResponse:
    """The basket as a drawer over any page; as an ordinary page without HTMX."""
    if not is_htmx(request):
        return redirect("cart:page")
    response = render(request, "cart/_drawer.html")
    return trigger_client_event(response, "open-drawer", after="settle")


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """The plus: one step more of a product."""
    form = AddForm(request.POST)
    if not form.is_valid():
        raise NotFound if "product" in form.errors else InvalidQuantity(step=Decimal(1))
    before = basket_of(request)
    view = services.add_item(
        actor=owner_from(request),
        product_id=form.cleaned_data["product"],
        quantity=form.cleaned_data["quantity"],
        fit=True,
    )
    return responses.changed(request, before, view, form.cleaned_data["product"])


@require_POST
def set_quantity(request: HttpRequest, product_id: int) -> HttpResponse:
    """The stepper: how much of a product; 0 takes it out."""
    form = QuantityForm(request.POST)
    if not form.is_valid():
        raise InvalidQuantity(step=Decimal(1))
    before = basket_of(request)
    view = services.set_quantity(
        actor=owner_from(request),
        product_id=product_id,
        quantity=form.cleaned_data["quantity"],
        fit=True,
    )
    return responses.changed(request, before, view, product_id)


@require_POST
def set_substitution(request: HttpRequest, product_id: int | None = None) -> HttpResponse:
    """What to do when a product runs out, or when any of them does."""
    form = SubstitutionForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(fields={"substitution": list(form.errors.get("substitution", []))})
    view = services.set_substitution(
        actor=owner_from(request), product_id=product_id, **form.cleaned_data
    )
    return responses.changed(request, view, view, product_id)


@require_POST
def set_note(request: HttpRequest, product_id: int) -> HttpResponse:
    """A word for who picks this product; an empty one removes it."""
    form = NoteForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else form["note"].data or ""
    view = services.set_quantity(actor=owner_from(request), product_id=product_id, note=note)
    return responses.changed(request, view, view, product_id)


@require_POST
def undo_merge(request: PersonRequest) -> HttpResponse:
    """Put the basket back as it was before the guest's joined it."""
    try:
        services.undo_merge(actor=request.user, now=clock.now())
    except NothingToUndo as refusal:
        messages.warning(request, str(refusal.message))
    else:
        messages.success(request, _("Your basket is as it was before you signed in."))
    return redirect("cart:page")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Take everything out."""
    before = basket_of(request)
    view = services.clear(actor=owner_from(request))
    return responses.changed(request, before, view, None)


@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Keep a delivery window for an hour."""
    form = SlotForm(request.POST)
    if not form.is_valid():
        raise InvalidSlot
    slot_id, date = form.cleaned_data["slot"]
    now = clock.now()
    owner = owner_from(request)
    try:
        remember(request, services.hold_slot(actor=owner, slot_id=slot_id, date=date, now=now))
    except (SlotFull, SlotClosed, InvalidSlot) as refusal:
        offered = windows.nearest(basket=basket_of(request), now=now, to=destination(request))
        return responses.kept(request, offered, refusal)
    return responses.kept(
        request, windows.nearest(basket=basket_of(request), now=now, to=destination(request))
    )


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Let the kept window go."""
    now = clock.now()
    view = services.release_hold(actor=owner_from(request), now=now)
    remember(request, view)
    return responses.kept(
        request, windows.nearest(basket=basket_of(request), now=now, to=destination(request))
    )
