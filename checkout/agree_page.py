"""The page where a customer agrees to a change of their order that staff propose."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from checkout import services
from checkout.change_page import card_choices, refusal_lines
from checkout.forms import SAVED, TOKEN
from checkout.requests import CardToken, PayRequest
from core import clock, metrics
from core.errors import DomainError
from core.typed_requests import PersonRequest
from orders.asked_order import own_order
from orders.change_models import OrderQuestion
from orders.errors import QuestionClosed
from orders.models import Order
from orders.selectors import open_questions
from payments.errors import PaymentActionRequired


class AgreeForm(forms.Form):
    """The card on which the new sum is held; empty is the order's own."""

    card = forms.RegexField(r"^(saved:\d{1,18}|token:[\x21-\x7e]{1,200})$", required=False)

    def pay_request(self) -> PayRequest:
        """What the valid form asks for."""
        kind, _colon, card = self.cleaned_data["card"].partition(":")
        provider = settings.PAYMENT_PROVIDER
        return PayRequest(
            payment_token_id=int(card) if kind == SAVED else None,
            payment=CardToken(provider=provider, token=card) if kind == TOKEN else None,
        )


@never_cache
@sensitive_post_parameters("card")
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: PersonRequest, number: str, question_id: int) -> HttpResponse:
    """What staff propose and what it comes to; a POST with `confirm` carries it out."""
    order = own_order(request, number)
    question = _open(order, question_id)
    if question is None:
        messages.info(request, str(QuestionClosed.message))
        return redirect("orders:detail", number=order.order_number)
    if request.method == "POST" and "confirm" in request.POST:
        return _carry_out(request, order, question)
    return _show(request, order, question, AgreeForm(), [])


def _open(order: Order, question_id: int) -> OrderQuestion | None:
    asked = open_questions(order=order, now=clock.now())
    proposals = [one for one in asked if one.kind == OrderQuestion.Kind.CHANGE]
    return next((one for one in proposals if one.pk == question_id), None)


def _carry_out(request: PersonRequest, order: Order, question: OrderQuestion) -> HttpResponse:
    form = AgreeForm(request.POST)
    if not form.is_valid():
        return _show(request, order, question, form, [_("Choose one of the cards.")])
    try:
        services.answer_question(
            actor=request.user,
            order_id=order.pk,
            question_id=question.pk,
            accept=True,
            pay=form.pay_request(),
            request_id=getattr(request, "request_id", ""),
            now=clock.now(),
        )
    except PaymentActionRequired as refusal:
        return render(request, "checkout/bank.html", {"wanted": refusal.details}, status=202)
    except QuestionClosed as refusal:
        messages.error(request, str(refusal.message))
    except DomainError as refusal:
        metrics.refused(refusal.code)
        return _show(request, order, question, form, refusal_lines(refusal))
    else:
        messages.success(request, _("The order is changed."))
    return redirect("orders:detail", number=order.order_number)


def _show(
    request: PersonRequest,
    order: Order,
    question: OrderQuestion,
    form: AgreeForm,
    problems: list[str],
) -> HttpResponse:
    context = {
        "order": order,
        "question": question,
        "form": form,
        "cards": card_choices(order),
        "problems": problems,
    }
    status = 422 if problems else 200
    return render(request, "checkout/agree.html", context, status=status)
