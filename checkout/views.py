"""The checkout page: one form, one POST. Every refusal comes back beside its field, filled in."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role
from branches.chosen_place import chosen_city, chosen_place
from cart.context import basket_of, remember
from cart.selectors import CartView
from checkout import change_page, page_actions, saved_form, services
from checkout.confirm_gate import limited_confirm
from checkout.errors import CartAlreadyOrdered, IdempotencyInProgress
from checkout.forms import CheckoutForm, new_key
from checkout.page_context import CheckoutContext, checkout_context
from checkout.pay_views import come_back
from checkout.refusals import SAME_KEY, show_refusal, words
from core import clock
from core.errors import DomainError, NotFound
from core.htmx import is_htmx, redirect_to, toast
from core.limits import client_address, count_unknown_number
from core.typed_requests import PersonRequest
from orders.asked_order import asked_order
from orders.numbering import is_number, read_number
from orders.selectors import is_order_of
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
def page(request: PersonRequest) -> HttpResponse:
    """Where to, when, how to pay; a POST orders."""
    if request.method != "POST":
        return _open(request)
    if "fix" in request.POST:
        return _fix(request)
    return _order(request)


@never_cache
@sensitive_post_parameters("card")
@require_POST
def card(request: PersonRequest) -> HttpResponse:
    """Add a card on the provider's page, and come back to the form as it was filled in."""
    saved_form.keep(request)
    return to_card_page(request, back=reverse("checkout:page"), then="checkout")


@never_cache
@sensitive_post_parameters("card")
@require_POST
def who(request: PersonRequest) -> HttpResponse:
    """Change name or phone, and come back to the form as it was filled in."""
    saved_form.keep(request)
    return redirect_to(request, f"{reverse('accounts:profile')}?next={reverse('checkout:page')}")


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
    stands = is_order_of(actor=user, number=number)
    try:
        if stands and services.resume_change(actor=user, order_number=number, now=clock.now()):
            messages.success(request, _("The order is changed."))
            return redirect("orders:detail", number)
        if stands:
            saved_form.recall(request)
            return come_back(request, user, number)
        services.resume_after_authentication(actor=user, order_number=number, now=clock.now())
    except NotFound:
        count_unknown_number(request)
        raise
    except PaymentActionRequired as refusal:
        return _at_bank(request, refusal)
    except PaymentPending:
        return render(request, "checkout/back.html", {"number": number}, status=202)
    except (PaymentDeclined, PaymentUnavailable) as refusal:
        messages.error(request, words(refusal))
        return redirect("orders:detail", number) if stands else redirect("checkout:page")
    saved_form.recall(request)
    return redirect("orders:detail", number)


@never_cache
@sensitive_post_parameters("card")
@require_POST
def preview(request: PersonRequest) -> HttpResponse:
    """Another place, day or time was chosen: windows and sum again, and the window kept."""
    form, asked = CheckoutForm(request.POST), request.POST.get("wait", "")
    said = page_actions.wait_for_window(actor=request.user, what=asked, now=clock.now())
    refusal = page_actions.keep_window(actor=request.user, form=form, now=clock.now())
    if refusal is not None:
        show_refusal(form, refusal)
    request.__dict__.pop("basket", None)  # its kept window may be another one now
    shown = _context(request, form, refusal, day=page_actions.day_of(request.POST.get("day")))
    if is_htmx(request):
        context = {"checkout": shown, "refusal": refusal, "is_choosing": True}
        response = render(request, "checkout/_preview.html", context)
        return toast(response, said) if said else response
    if said:
        messages.info(request, said)
    return render(request, "checkout/page.html", {"checkout": shown, "refusal": refusal})


@never_cache
@sensitive_post_parameters("card")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PersonRequest, number: str) -> HttpResponse:
    """Change an order of one's own: its new sum first, then the change."""
    order = asked_order(request, number)
    return change_page.respond(
        request, order=order, done="orders:detail", template="checkout/change.html"
    )


def _open(request: PersonRequest) -> HttpResponse:
    """A fresh form, with what was typed before a sign-in."""
    basket = basket_of(request)
    form = CheckoutForm(
        initial={
            **_kept_for_pickup(basket),
            "key": new_key(),
            "save_address": True,
            "city": chosen_city(request),
            "delivery_preference": getattr(request.user, "delivery_preference", ""),
            "delivery_note": getattr(request.user, "delivery_note", ""),
            **saved_form.recall(request),
        }
    )
    if not basket.items:
        return redirect("cart:page")
    return render(request, "checkout/page.html", {"checkout": _context(request, form)})


def _kept_for_pickup(basket: CartView) -> dict[str, Any]:
    """What a basket with a kept place of a branch's pickups begins with."""
    held = basket.held
    if held is None or held.pickup_at is None:
        return {}
    return {"where": "pickup", "branch": held.pickup_at.pk, "slot": held.value}


def _fix(request: PersonRequest) -> HttpResponse:
    """Take what there is of a short product, or leave it out; the form stays filled."""
    form = CheckoutForm(request.POST)
    view = page_actions.fix(actor=request.user, what=request.POST["fix"])
    remember(request, view)
    if not view.items:
        return redirect_to(request, reverse("cart:page"))
    return _answer(request, form, None, 200)


def _order(request: PersonRequest) -> HttpResponse:
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _answer(request, form, None, 422)
    actor = request.user
    page_actions.keep_documents_answer(actor=actor, form=form, now=clock.now())
    try:
        result = limited_confirm(
            actor=actor,
            key=form.cleaned_data["key"],
            request=form.confirm_request(),
            request_id=getattr(request, "request_id", ""),
            address=client_address(request),
            now=clock.now(),
        )
    except CartAlreadyOrdered as refusal:
        return _ordered_before(request, form, refusal)
    except (PaymentPending, IdempotencyInProgress):
        return _pending(request)
    except PaymentActionRequired as refusal:
        saved_form.keep(request)
        return _at_bank(request, refusal)
    except DomainError as refusal:
        return _answer(request, form, refusal, 422)
    page_actions.keep_address(actor=actor, form=form)
    return redirect_to(request, reverse("orders:detail", args=[result.order_number]))


def _ordered_before(
    request: PersonRequest, form: CheckoutForm, refusal: CartAlreadyOrdered
) -> HttpResponse:
    """The second press after all: show the order it already is."""
    number = refusal.details.get("order_number")
    if not number:
        return _answer(request, form, refusal, 422)
    messages.info(request, _("This basket has already been ordered. Here is the order."))
    return redirect_to(request, reverse("orders:detail", args=[number]))


def _pending(request: PersonRequest) -> HttpResponse:
    """The bank has not answered: the same form asks again by itself until it has."""
    typed = [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
    template = "checkout/_pending.html" if is_htmx(request) else "checkout/pending.html"
    return render(request, template, {"typed": typed}, status=202)


def _at_bank(request: HttpRequest, wanted: PaymentActionRequired) -> HttpResponse:
    """The way to the bank, and what to do after, or instead. What was typed waits in the session."""
    template = "checkout/_bank.html" if is_htmx(request) else "checkout/bank.html"
    return render(request, template, {"wanted": wanted.details}, status=202)


def _answer(
    request: PersonRequest, form: CheckoutForm, refusal: DomainError | None, status: int
) -> HttpResponse:
    """The page again as it was filled in, with what is wrong and a key that may be used."""
    if refusal is not None:
        show_refusal(form, refusal)
    if not isinstance(refusal, SAME_KEY):
        typed = cast(QueryDict, form.data).copy()
        typed["key"] = new_key()
        form.data = typed
    if refusal is not None:
        request.__dict__.pop("basket", None)  # prices and stock as they are now
    shown = _context(request, form, refusal)
    template = "checkout/_form.html" if is_htmx(request) else "checkout/page.html"
    return render(request, template, {"checkout": shown, "refusal": refusal}, status=status)


def _context(
    request: PersonRequest, form: CheckoutForm, refusal: DomainError | None = None, **more: object
) -> CheckoutContext:
    return checkout_context(
        actor=request.user,
        basket=basket_of(request),
        form=form,
        now=clock.now(),
        refusal=refusal,
        shown_day=more.get("day"),  # type: ignore[arg-type]
        locality=chosen_place(request),
    )
