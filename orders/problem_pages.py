"""The pages on which a customer says that something was wrong, and sees what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.selectors import documents_of
from core import clock
from core.errors import DomainError, NotFound
from core.typed_requests import PersonRequest
from orders import services
from orders.asked_order import asked_order, guesses_counted
from orders.forms import ProblemForm
from orders.models import Order
from orders.numbering import read_number
from orders.problem_models import ProblemReport
from orders.problem_reports import (
    asked_for,
    given_back,
    left_to_report,
    photo_of,
    problem_for,
    report_until,
)
from orders.proof_photo import private_picture


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: PersonRequest, number: str) -> HttpResponse:
    """Say what was wrong with a delivered order, with photographs."""
    order = asked_order(request, number)
    items = list(order.items.all())
    form = ProblemForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        items=items,
        left=left_to_report(order=order, items=items),
    )
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                found, _is_new = services.report_problem(
                    actor=request.user,
                    order_id=order.pk,
                    items=form.reported(),
                    key=form.cleaned_data["key"],
                    now=clock.now(),
                )
            except DomainError as refusal:
                form.refuse(refusal)
                status = refusal.status
            else:
                _thank(request, found)
                return redirect("orders:problem", order.order_number, found.pk)
    context = {
        "order": order,
        "form": form,
        "rows": [_row(form, item) for item in form.items],
        "until": report_until(order=order),
        "is_open": _is_open(order),
    }
    return render(request, "orders/problem_report.html", context, status=status)


@never_cache
@require_safe
def problem(request: PersonRequest, number: str, problem_id: int) -> HttpResponse:
    """What became of a report."""
    found = _own(request, number, problem_id)
    notes = {paper.refund_id: paper for paper in documents_of(order_id=found.order_id)}
    refunds = dict.fromkeys(row.refund_id for row in found.items.all() if row.refund_id)
    context = {
        "report": found,
        "order": found.order,
        "given": given_back(found),
        "asked": asked_for(found),
        "papers": [notes[one] for one in refunds if one in notes],
    }
    return render(request, "orders/problem.html", context)


@require_safe
def photo(request: PersonRequest, number: str, problem_id: int, item_id: int) -> FileResponse:
    """A photograph that the customer sent."""
    found = _own(request, number, problem_id)
    return private_picture(photo_of(report=found, item_id=item_id).photo)


def _own(request: PersonRequest, number: str, problem_id: int) -> ProblemReport:
    with guesses_counted(request):
        found = problem_for(actor=request.user, problem_id=problem_id)
        if found.order.order_number != read_number(number):
            raise NotFound
    return found


def _is_open(order: Order) -> bool:
    until = report_until(order=order)
    return until is not None and clock.now() <= until


def _row(form: ProblemForm, item: Any) -> dict[str, Any]:
    left = form.left[item.pk]
    return {
        "item": item,
        "left": left,
        "chosen": item.pk in form.chosen,
        "several": item.sold_by != "UNIT" or left > 1,
        "quantity": form[f"quantity_{item.pk}"],
        "kind": form[f"kind_{item.pk}"],
        "text": form[f"text_{item.pk}"],
        "photo": form[f"photo_{item.pk}"],
    }


def _thank(request: PersonRequest, found: ProblemReport) -> None:
    if found.is_automatic:
        messages.success(request, _("Sorry about that. The money is on its way back."))
    else:
        messages.success(request, _("Thank you. We look at it and write to you."))
