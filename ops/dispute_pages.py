"""The screens of contested charges: the list, one with its form and its two steps."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.clock import now as clock_now
from core.errors import DomainError, InvalidInput
from core.long_lists import BoundedPaginator
from core.text import SoughtField
from core.typed_requests import PersonRequest
from ops import services
from orders import services as orders
from orders.numbering import read_number
from payments.disputes import STATUS_CHOICES, disputes, row_of

A_PAGE = 50
ACTS = ("answer", "accept", "accept_credit", "credit")
INCLUDE = [
    ("PAPERS", gettext_lazy("the papers")),
    ("PROOF", gettext_lazy("what happened at the door")),
    ("TIMELINE", gettext_lazy("the course of the order")),
    ("MESSAGES", gettext_lazy("the messages")),
    ("TERMS", gettext_lazy("the terms agreed to")),
]


class DisputesForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("all")), *STATUS_CHOICES],
        required=False,
    )
    q = SoughtField(label=gettext_lazy("Order number"), max_length=20, required=False)


class DisputeAnswerForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What we say"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6})
    )
    include = forms.MultipleChoiceField(
        label=gettext_lazy("What goes with it"),
        choices=INCLUDE,
        widget=forms.CheckboxSelectMultiple,
        initial=[code for code, _label in INCLUDE],
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


@require_GET
def dispute_list(request: HttpRequest) -> HttpResponse:
    """What banks contest, by the day it must be answered."""
    form = DisputesForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    number = wanted.get("q", "")
    rows = disputes(
        status=wanted.get("status", ""), order_number=read_number(number) if number else ""
    )
    page = BoundedPaginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": [row_of(row) for row in page.object_list]}
    return render(request, "ops/disputes.html", context)


@require_http_methods(["GET", "POST"])
def dispute_page(request: PersonRequest, dispute_id: int) -> HttpResponse:
    """One dispute: the first POST shows what will be handed in, the second one hands it in."""
    row, order = orders.disputed_order(actor=request.user, dispute_id=dispute_id)
    what = request.POST.get("what", "answer")
    if what not in ACTS:
        raise InvalidInput(fields={"what": [_("Answer it, accept it or credit it.")]})
    form = DisputeAnswerForm(
        request.POST if request.POST and what == "answer" else None,
        initial={"include": [code for code, _label in INCLUDE]},
    )
    status, sure = 200, ""
    if request.POST and (what != "answer" or form.is_valid()):
        sure = what
        if "confirm" in request.POST:
            try:
                _act(request, dispute_id, what, form)
                messages.success(request, _("Done."))
                return redirect("ops:dispute", dispute_id=dispute_id)
            except DomainError as refusal:
                messages.error(request, str(refusal.message))
                status, sure = refusal.status, ""
    elif request.POST:
        status = 422
    names = dict(INCLUDE)
    answers = form.cleaned_data if form.is_bound and form.is_valid() else {}
    context: dict[str, Any] = {
        "row": row,
        "order": order,
        "form": form,
        "sure": sure,
        "key": uuid4().hex,
        "chosen": [names[code] for code in answers.get("include", ())],
    }
    return render(request, "ops/dispute.html", context, status=status)


def _act(request: PersonRequest, dispute_id: int, what: str, form: DisputeAnswerForm) -> None:
    given: dict[str, Any] = {
        "actor": request.user,
        "dispute_id": dispute_id,
        "key": request.POST.get("key") or uuid4().hex,
        "now": clock_now(),
    }
    if what == "answer":
        services.answer_once(
            text=form.cleaned_data["text"],
            include=form.cleaned_data["include"],
            language=get_language() or "he",
            **given,
        )
    elif what == "credit":
        services.credit_once(**given)
    else:
        services.accept_once(credit_note=what == "accept_credit", **given)


@require_GET
def dispute_evidence(request: PersonRequest, dispute_id: int) -> HttpResponse:
    """What we know, as the shop's own copy."""
    content = orders.evidence_of(
        actor=request.user, dispute_id=dispute_id, language=get_language() or "he"
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="dispute-{dispute_id}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
