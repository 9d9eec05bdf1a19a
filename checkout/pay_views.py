"""The page where a customer pays for an order that stands: another card, a saved one, or once more."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from checkout import services
from checkout.errors import IdempotencyInProgress
from checkout.forms import PayForm, new_key
from checkout.page_context import PayContext, pay_context
from checkout.refusals import FIELD_OF, SAME_KEY, words
from core import clock
from core.errors import DomainError, InvalidInput
from core.typed_requests import PersonRequest
from orders.asked_order import own_order
from orders.models import Order
from payments.errors import PaymentActionRequired, PaymentClosed, PaymentPending


@never_cache
@sensitive_post_parameters("card")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: PersonRequest, number: str) -> HttpResponse:
    """What is owed, until when, and the cards; a POST pays."""
    actor = request.user
    order = own_order(request, number)
    context = pay_context(actor=actor, order=order, form=PayForm(initial={"key": new_key()}),
                          now=clock.now())  # fmt: skip
    if not context.can_pay:
        messages.info(request, str(PaymentClosed.message))
        return redirect("orders:detail", number=order.order_number)
    if request.method != "POST":
        return _show(request, context, 200)
    return _pay(request, actor, order)


def _pay(request: HttpRequest, actor: User, order: Order) -> HttpResponse:
    form = PayForm(request.POST)
    if not form.is_valid():
        return _again(request, actor, order, form, None)
    try:
        services.pay(
            actor=actor,
            order_id=order.pk,
            key=form.cleaned_data["key"],
            request=form.pay_request(),
            request_id=getattr(request, "request_id", ""),
            now=clock.now(),
        )
    except PaymentActionRequired as refusal:
        shown = {"wanted": refusal.details, "order": order}
        return render(request, "checkout/pay_bank.html", shown, status=202)
    except (PaymentPending, IdempotencyInProgress):
        typed = [(k, v) for k, v in request.POST.items() if k != "csrfmiddlewaretoken"]
        return render(
            request, "checkout/pay_pending.html", {"typed": typed, "order": order}, status=202
        )
    except PaymentClosed as refusal:
        messages.error(request, str(refusal.message))
        return redirect("orders:detail", number=order.order_number)
    except DomainError as refusal:
        return _again(request, actor, order, form, refusal)
    messages.success(request, _("Thank you. The money is taken care of."))
    return redirect("orders:detail", number=order.order_number)


def _again(
    request: HttpRequest, actor: User, order: Order, form: PayForm, refusal: DomainError | None
) -> HttpResponse:
    """The page as it was filled in, with what is wrong and a key that may be used."""
    if refusal is not None:
        _place(form, refusal)
    if not isinstance(refusal, SAME_KEY):
        typed = cast(QueryDict, form.data).copy()
        typed["key"] = new_key()
        form.data = typed
    context = pay_context(actor=actor, order=order, form=form, now=clock.now())
    return _show(request, context, 422)


def _place(form: PayForm, refusal: DomainError) -> None:
    """Beside the card, else above the form."""
    if isinstance(refusal, InvalidInput):
        for texts in refusal.details["fields"].values():
            form.add_error("card", texts)
        return
    field = FIELD_OF.get(type(refusal))
    form.add_error("card" if field == "card" else None, words(refusal))


def _show(request: HttpRequest, context: PayContext, status: int) -> HttpResponse:
    shown: dict[str, Any] = {"checkout": context, "order": context.order, "form": context.form}
    return render(request, "checkout/pay.html", shown, status=status)


def come_back(request: HttpRequest, actor: User, number: str) -> HttpResponse:
    """Back from the bank, to an order that stands already."""
    try:
        done = services.return_from_bank(actor=actor, number=number, now=clock.now())
    except PaymentActionRequired as refusal:
        shown = {"wanted": refusal.details, "order": {"order_number": number}}
        return render(request, "checkout/pay_bank.html", shown, status=202)
    except PaymentPending:
        return render(request, "checkout/back.html", {"number": number}, status=202)
    except DomainError as refusal:
        messages.error(request, words(refusal))
        return redirect("paying:pay", number=number)
    if done:
        messages.success(request, _("Thank you. The money is taken care of."))
    return redirect("orders:detail", number=number)
