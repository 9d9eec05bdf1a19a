"""The checkout page: one form, one POST. Every refusal comes back beside its field, filled in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role, User
from cart.context import basket_of, remember
from checkout import fixing, memory, services
from checkout.desk import Desk, desk
from checkout.errors import CartAlreadyOrdered, IdempotencyInProgress
from checkout.forms import CheckoutForm, new_key
from checkout.limits import limited_confirm
from checkout.refusals import SAME_KEY, place, words
from mami import clock, metrics
from mami.errors import DomainError, NotFound, PermissionRefused
from orders.numbering import is_number, read_number
from payments.errors import (
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
)
from payments.views import to_card_page


@never_cache
@sensitive_post_parameters("card")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Where to, when, how to pay; a POST orders."""
    if request.method != "POST":
        return _open(request)
    if not request.user.is_authenticated:
        memory.keep(request)
        return _to(request, redirect_to_login(reverse("checkout:page"))["Location"])
    if request.user.role != Role.CUSTOMER:
        raise PermissionRefused
    if "fix" in request.POST:
        return _fix(request)
    return _order(request)


@never_cache
@sensitive_post_parameters("card")
@require_POST
def card(request: HttpRequest) -> HttpResponse:
    """Add a card on the provider's page, and come back to the form as it was filled in."""
    memory.keep(request)
    return to_card_page(request, back=reverse("checkout:page"), then="checkout")


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Where a bank sends its cardholder, who has confirmed, refused or given up."""
    user = request.user
    if not user.is_authenticated or user.role != Role.CUSTOMER:
        return render(request, "checkout/thanks.html")
    number = read_number(request.GET.get("order", ""))
    if not is_number(number):
        raise NotFound
    try:
        services.come_back(actor=user, order_number=number, now=clock.now())
    except PaymentActionRequired as refusal:
        return _at_bank(request, refusal)
    except PaymentPending:
        return render(request, "checkout/back.html", {"number": number}, status=202)
    except (PaymentDeclined, PaymentUnavailable) as refusal:
        messages.error(request, words(refusal))
        return redirect("checkout:page")
    memory.recall(request)
    return redirect("orders:detail", number)


@never_cache
@sensitive_post_parameters("card")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Another place, day or time was chosen: windows and sum again, and the window kept."""
    form = CheckoutForm(request.POST)
    refusal = fixing.keep_window(actor=cast(User, request.user), form=form, now=clock.now())
    if refusal is not None:
        place(form, refusal)
    request.__dict__.pop("basket", None)  # its kept window may be another one now
    shown = _desk(request, form, refusal, day=fixing.day_of(request.POST.get("day")))
    if request.headers.get("HX-Request") == "true":
        return render(request, "checkout/_preview.html", {"desk": shown, "refusal": refusal})
    return render(request, "checkout/page.html", {"desk": shown, "refusal": refusal})


def _open(request: HttpRequest) -> HttpResponse:
    """A fresh form, with what was typed before a sign-in."""
    form = CheckoutForm(initial={"key": new_key(), "save_address": True, **memory.recall(request)})
    if not basket_of(request).items:
        return redirect("cart:page")
    return render(request, "checkout/page.html", {"desk": _desk(request, form)})


def _fix(request: HttpRequest) -> HttpResponse:
    """Take what there is of a short product, or leave it out; the form stays filled."""
    form = CheckoutForm(request.POST)
    view = fixing.fix(actor=cast(User, request.user), what=request.POST["fix"])
    remember(request, view)
    if not view.items:
        return _to(request, reverse("cart:page"))
    return _answer(request, form, None, 200)


def _order(request: HttpRequest) -> HttpResponse:
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _answer(request, form, None, 422)
    actor = cast(User, request.user)
    try:
        result = limited_confirm(
            actor=actor,
            key=form.cleaned_data["key"],
            request=form.confirm_request(),
            request_id=getattr(request, "request_id", ""),
            now=clock.now(),
        )
    except CartAlreadyOrdered as refusal:
        return _ordered_before(request, form, refusal)
    except (PaymentPending, IdempotencyInProgress):
        return _pending(request)
    except PaymentActionRequired as refusal:
        memory.keep(request)
        return _at_bank(request, refusal)
    except DomainError as refusal:
        metrics.refused(refusal.code)
        return _answer(request, form, refusal, 422)
    fixing.keep_address(actor=actor, form=form)
    return _to(request, reverse("orders:detail", args=[result.order_number]))


def _ordered_before(
    request: HttpRequest, form: CheckoutForm, refusal: CartAlreadyOrdered
) -> HttpResponse:
    """The second press after all: show the order it already is."""
    number = refusal.details.get("order_number")
    if not number:
        return _answer(request, form, refusal, 422)
    messages.info(request, _("This basket has already been ordered. Here is the order."))
    return _to(request, reverse("orders:detail", args=[number]))


def _pending(request: HttpRequest) -> HttpResponse:
    """The bank has not answered: the same form asks again by itself until it has."""
    typed = [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
    template = "checkout/_pending.html" if _is_htmx(request) else "checkout/pending.html"
    return render(request, template, {"typed": typed}, status=202)


def _at_bank(request: HttpRequest, wanted: PaymentActionRequired) -> HttpResponse:
    """The way to the bank, and what to do after, or instead. What was typed waits in the session."""
    template = "checkout/_bank.html" if _is_htmx(request) else "checkout/bank.html"
    return render(request, template, {"wanted": wanted.details}, status=202)


def _answer(
    request: HttpRequest, form: CheckoutForm, refusal: DomainError | None, status: int
) -> HttpResponse:
    """The page again as it was filled in, with what is wrong and a key that may be used."""
    if refusal is not None:
        place(form, refusal)
    if not isinstance(refusal, SAME_KEY):
        typed = cast(QueryDict, form.data).copy()
        typed["key"] = new_key()
        form.data = typed
    if refusal is not None:
        request.__dict__.pop("basket", None)  # prices and stock as they are now
    shown = _desk(request, form, refusal)
    template = "checkout/_desk.html" if _is_htmx(request) else "checkout/page.html"
    return render(request, template, {"desk": shown, "refusal": refusal}, status=status)


def _desk(
    request: HttpRequest, form: CheckoutForm, refusal: DomainError | None = None, **more: object
) -> Desk:
    return desk(
        actor=cast(User, request.user),
        basket=basket_of(request),
        form=form,
        now=clock.now(),
        refusal=refusal,
        shown_day=more.get("day"),  # type: ignore[arg-type]
    )


def _to(request: HttpRequest, url: str) -> HttpResponse:
    if _is_htmx(request):
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
