"""The screens of what customers report as wrong: the list, one with its decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from core.clock import now as clock_now
from core.errors import DomainError
from core.long_lists import BoundedPaginator
from core.numbers import NumberField
from core.text import TextField
from core.typed_requests import PersonRequest
from orders import services as orders
from orders.problem_models import ProblemStatus
from orders.problem_reports import (
    asked_for,
    automatic_refunds,
    given_back,
    photo_of,
    problem,
    problems,
)
from orders.proof_photo import private_picture

A_PAGE = 50
DECISIONS = [
    ("REFUND", gettext_lazy("give all of it back")),
    ("PART", gettext_lazy("give a part back")),
    ("REJECT", gettext_lazy("give nothing back")),
]


class ProblemsForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[*ProblemStatus.choices, ("ALL", gettext_lazy("all"))],
        required=False,
    )


class DecideForm(forms.Form):
    """`confirm` says that the sum was seen."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), choices=DECISIONS, widget=forms.RadioSelect
    )
    amount = NumberField(
        label=gettext_lazy("Amount of the part"), required=False, min_value=0, decimal_places=2
    )
    note = TextField(
        label=gettext_lazy("In words; the customer reads this"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def refuse(self, refusal: DomainError) -> None:
        """Say a refusal at the field it is about."""
        fields = refusal.details.get("fields") or {}
        for name, texts in fields.items():
            self.add_error(name if name in self.fields else None, texts)
        if not fields:
            self.add_error(None, str(refusal.message))


@require_GET
def problem_list(request: HttpRequest) -> HttpResponse:
    """What customers reported; those that wait, the oldest first, unless another status is asked."""
    form = ProblemsForm(request.GET)
    status = (form.cleaned_data["status"] if form.is_valid() else "") or "RECEIVED"
    form = ProblemsForm({"status": status})
    rows = problems(status="" if status == "ALL" else status)
    page = BoundedPaginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(one, asked_for(one), given_back(one)) for one in page.object_list],
    }
    return render(request, "ops/problems.html", context)


@require_http_methods(["GET", "POST"])
def problem_page(request: PersonRequest, problem_id: int) -> HttpResponse:
    """One report: the first POST shows what will happen, the second one decides."""
    found = problem(problem_id=problem_id)
    form = DecideForm(request.POST or None, initial={"decision": "REFUND"})
    status, sure = 200, False
    if request.POST:
        status = 422
        if form.is_valid():
            values: dict[str, Any] = form.cleaned_data
            try:
                if "confirm" in request.POST:
                    orders.decide_problem(actor=request.user, problem_id=problem_id,
                                          now=clock_now(), **values)  # fmt: skip
                    messages.success(request, _("Decided. The customer gets a mail."))
                    return redirect("ops:problem", problem_id=problem_id)
                orders.check_decision(**values)
                status, sure = 200, True
            except DomainError as refusal:
                form.refuse(refusal)
                status = refusal.status
    context = {
        "report": found,
        "order": found.order,
        "form": form,
        "sure": sure,
        "given": given_back(found),
        "asked": asked_for(found),
        "automatic": automatic_refunds(user_id=found.user_id, now=clock_now()),
        "is_own": found.user_id == request.user.pk,
    }
    return render(request, "ops/problem.html", context, status=status)


@require_GET
def problem_photo(request: HttpRequest, problem_id: int, item_id: int) -> FileResponse:
    """A photograph that the customer sent."""
    return private_picture(photo_of(report=problem(problem_id=problem_id), item_id=item_id).photo)
