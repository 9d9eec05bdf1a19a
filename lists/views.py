"""Pages of lists: all of them, one of them, joining one, putting things on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import EmailNotVerified
from cart import responses
from cart.context import basket_of
from cart.errors import InvalidQuantity, ProductInactive
from cart.forms import NoteForm, QuantityForm
from catalog import selectors as catalog
from core import clock
from core.errors import DomainError, InvalidInput
from core.htmx import is_htmx, redirect_to, toast
from core.next_pages import page_of_form
from core.typed_requests import PersonRequest
from lists import errors, selectors, services
from lists.forms import ChooseForm, NameForm
from lists.services.keeping import favourites_of

WRONG_NAME = (InvalidInput, errors.DuplicateListName, errors.TooManyLists)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def index(request: PersonRequest) -> HttpResponse:
    """All lists, and a new one."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            made = services.create_list(actor=request.user, name=_typed(form, "name"))
        except WRONG_NAME as refusal:
            _blame(form, refusal)
        else:
            return redirect("lists:detail", made.pk)
    context = {"lists": selectors.lists_of(actor=request.user), "form": form}
    return render(request, "lists/index.html", context, status=422 if form.errors else 200)


@require_safe
@never_cache
def detail(request: PersonRequest, list_id: int) -> HttpResponse:
    """One list."""
    return _page(request, list_id)


@require_POST
def rename(request: PersonRequest, list_id: int) -> HttpResponse:
    """Another name for it."""
    form = NameForm(request.POST)
    try:
        services.rename_list(actor=request.user, list_id=list_id, name=_typed(form, "name"))
    except (InvalidInput, errors.DuplicateListName) as refusal:
        _blame(form, refusal)
        return _page(request, list_id, form=form)
    return redirect("lists:detail", list_id)


@require_POST
def delete(request: PersonRequest, list_id: int) -> HttpResponse:
    """Delete it, for everybody on it."""
    row = selectors.list_row(actor=request.user, list_id=list_id)
    services.delete_list(actor=request.user, list_id=list_id)
    messages.success(request, _("The list “%(name)s” is gone.") % {"name": row.title})
    return redirect("lists:index")


@require_POST
def change(request: PersonRequest, list_id: int, item_id: int) -> HttpResponse:
    """The stepper or the note of a line, or taking it off."""
    actor = request.user
    if "note" in request.POST:
        form = NoteForm(request.POST)
        note = form.cleaned_data["note"] if form.is_valid() else form["note"].data or ""
        services.change_item(actor=actor, list_id=list_id, item_id=item_id, note=note)
    else:
        amount = QuantityForm(request.POST)
        if not amount.is_valid():
            raise InvalidQuantity(step=Decimal(1))
        services.change_item(
            actor=actor, list_id=list_id, item_id=item_id, quantity=amount.cleaned_data["quantity"]
        )
    if is_htmx(request):
        return render(request, "lists/_list.html", _context(request, list_id))
    return redirect("lists:detail", list_id)


@require_POST
def buy(request: PersonRequest, list_id: int) -> HttpResponse:
    """All of it into the basket."""
    bought = services.add_list_to_cart(actor=request.user, list_id=list_id, now=clock.now())
    if bought.not_added:
        text = _("Not everything could be added: %(names)s")
        names = ", ".join(f"{one.name} ({one.why})" for one in bought.not_added)
        messages.warning(request, text % {"names": names})
    else:
        messages.success(request, _("Everything on the list is in your basket."))
    return redirect_to(request, reverse("cart:page"))


@require_POST
def share(request: PersonRequest, list_id: int) -> HttpResponse:
    """A link to join it, or none any more."""
    if request.POST.get("do") == "stop":
        services.stop_sharing(actor=request.user, list_id=list_id)
    else:
        services.share_list(actor=request.user, list_id=list_id, now=clock.now())
    return redirect("lists:detail", list_id)


@require_POST
def remove(request: PersonRequest, list_id: int, user_id: int) -> HttpResponse:
    """The owner removes somebody, a member leaves."""
    services.remove_member(actor=request.user, list_id=list_id, user_id=user_id)
    if user_id == request.user.pk:
        messages.success(request, _("You have left the list."))
        return redirect("lists:index")
    return redirect("lists:detail", list_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def join(request: PersonRequest, token: str) -> HttpResponse:
    """Whose list it is, and one button."""
    now, refusal = clock.now(), None
    try:
        found = services.invitation(actor=request.user, token=token, now=now)
        if request.method == "POST":
            list_id = services.join_list(actor=request.user, token=token, now=now)
            return redirect("lists:detail", list_id)
    except errors.ShareTokenInvalid as gone:
        said = {"refusal": gone.message}
        return render(request, "lists/join.html", said, status=gone.status)
    except (EmailNotVerified, errors.TooManyMembers) as no:
        refusal = no
    context = {"found": found, "refusal": str(refusal.message) if refusal else ""}
    return render(request, "lists/join.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def put(request: PersonRequest, product_id: int) -> HttpResponse:
    """Choose the list on which a product goes."""
    product = catalog.product(product_id=product_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            return _put(request, product_id, product.name)
        except (*WRONG_NAME, errors.TooManyItems, ProductInactive) as no:
            refusal = no
    lists = [
        (one, any(line.product_id == product_id for line in one.items))
        for one in selectors.lists_of(actor=request.user)
    ]
    context = {
        "product": product,
        "lists": lists,
        "refusal": _said(refusal) if refusal else "",
        "typed": request.POST.get("name", ""),
    }
    return render(request, "lists/put.html", context, status=422 if refusal else 200)


@require_POST
def later(request: PersonRequest, product_id: int) -> HttpResponse:
    """From the basket to the favourites."""
    before = basket_of(request)
    row = favourites_of(actor=request.user)
    view = services.save_for_later(
        actor=request.user, list_id=row.pk, product_id=product_id, now=clock.now()
    )
    response = responses.changed(request, before, view, product_id)
    said = _("It is in your favourites now.")
    if is_htmx(request):
        return toast(response, said)
    messages.success(request, said)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def heart(request: PersonRequest, pk: int) -> HttpResponse:
    """Remember a product, or forget it. A GET is somebody coming from the sign-in."""
    if request.method != "POST":
        return redirect("catalog:product", pk)
    saved = request.POST.get("saved") == "yes"
    if saved:
        services.put_favourite(actor=request.user, product_id=pk, now=clock.now())
    else:
        services.take_favourite(actor=request.user, product_id=pk)
    if not is_htmx(request):
        return redirect(f"{page_of_form(request)}#product-{pk}")
    context = {
        "product": catalog.product(product_id=pk),
        "favourites": frozenset({pk} if saved else ()),
    }
    part = "_wish" if request.POST.get("where") == "detail" else "_heart"
    return render(request, f"lists/{part}.html", context)


@require_safe
@never_cache
def favourites(request: PersonRequest) -> HttpResponse:
    """What the heart keeps; all lists before it kept anything."""
    found = selectors.favourites_id(actor=request.user)
    return redirect("lists:index") if found is None else redirect("lists:detail", found)


def _put(request: PersonRequest, product_id: int, product: str) -> HttpResponse:
    form = ChooseForm(request.POST)
    form.is_valid()
    list_id = form.cleaned_data.get("list")
    if list_id is None:
        list_id = services.create_list(actor=request.user, name=_typed(form, "name")).pk
    line = basket_of(request).line_of(product_id)
    services.put_on_list(
        actor=request.user,
        list_id=list_id,
        product_id=product_id,
        quantity=line.quantity if line and not line.nearest else None,
        note=line.note or None if line else None,
        now=clock.now(),
    )
    row = selectors.list_row(actor=request.user, list_id=list_id)
    said = _("%(product)s is on the list “%(name)s”.")
    messages.success(request, said % {"product": product, "name": row.title})
    return redirect("lists:detail", list_id)


def _page(request: PersonRequest, list_id: int, *, form: NameForm | None = None) -> HttpResponse:
    context = _context(request, list_id)
    context["form"] = form or NameForm(initial={"name": context["list"].row.name})
    return render(request, "lists/detail.html", context, status=422 if form else 200)


def _context(request: PersonRequest, list_id: int) -> dict[str, Any]:
    view = selectors.list_view(actor=request.user, list_id=list_id)
    link = services.link_of(row=view.row, now=clock.now()) if view.is_owner else None
    return {"list": view, "link": link}


def _blame(form: NameForm, refusal: DomainError) -> None:
    if form.is_valid():  # else it says so by itself
        form.add_error("name", _said(refusal))


def _typed(form: NameForm | ChooseForm, name: str) -> str:
    return str(form.data.get(name, ""))


def _said(refusal: DomainError) -> str:
    fields = refusal.details.get("fields", {})
    return next((told[0] for told in fields.values()), str(refusal.message))
