"""Employees ask for corrections of the stock; managers decide."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.clock import now
from core.errors import DomainError, InvalidInput
from core.long_lists import BoundedPaginator
from core.typed_requests import PersonRequest
from stockrequests import selectors, services
from stockrequests.bulk import Results, decisions_from, lines, results_of
from stockrequests.current_stock import seen_quantity
from stockrequests.forms import AskForm
from stockrequests.products import find_product

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: PersonRequest) -> HttpResponse:
    """Own requests, and the form for a new one."""
    form = AskForm(request.POST or None, initial={"product": request.GET.get("product", "")})
    if request.method == "POST" and form.is_valid() and _filed(request, form):
        messages.success(request, _("Sent to the manager."))
        return redirect("stockrequests:mine")
    own = BoundedPaginator(selectors.own_requests(actor=request.user), PAGE)
    context = {
        "form": form,
        "requests": own.get_page(request.GET.get("page")),
        "seen": seen_quantity(form=form),
    }
    return render(request, "stockrequests/mine.html", context, status=422 if form.errors else 200)


@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Products for the form's list, and what the books say about the one that is meant."""
    form = AskForm(request.GET)
    form.is_valid()
    context = {
        "products": find_product(text=request.GET.get("product", "")),
        "seen": seen_quantity(form=form),
    }
    return render(request, "stockrequests/_products.html", context)


@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """What waits for a manager's decision, or what was decided."""
    return _review_page(request)


@require_POST
def decide(request: PersonRequest) -> HttpResponse:
    """Decide about one row or about all ticked ones; each row answers for itself."""
    try:
        chosen, unread = decisions_from(data=request.POST)
        outcomes = services.review_many(actor=request.user, decisions=chosen, now=now())
    except InvalidInput as refusal:
        for texts in refusal.details["fields"].values():
            messages.error(request, " ".join(texts))
        return _review_page(request, status=422)
    results = results_of(outcomes=[*outcomes, *unread])
    return _review_page(request, results=results, status=200 if chosen else 422)


def _filed(request: PersonRequest, form: AskForm) -> bool:
    data = form.cleaned_data
    try:
        services.file_request(
            actor=request.user,
            branch_id=data["branch"].pk,
            product_id=form.found.pk if form.found else 0,
            request_type=data["request_type"],
            quantity=data["quantity"],
            reason=data["reason"],
            now=now(),
        )
    except InvalidInput as refusal:
        for name, texts in refusal.details["fields"].items():
            form.add_error(name if name in form.fields else None, texts)
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
    return form.is_valid()


def _review_page(
    request: HttpRequest, *, results: Results | None = None, status: int = 200
) -> HttpResponse:
    wanted = request.GET.get("status", "PENDING")
    wanted = wanted if wanted in services.Status.values else "PENDING"
    pages = BoundedPaginator(selectors.requests_to_review(status=wanted), PAGE)
    page = pages.get_page(request.GET.get("page"))
    rows = selectors.review_rows(requests=page.object_list)
    context = {
        "lines": lines(rows=rows, data=request.POST, results=results),
        "reason": request.POST.get("reason", ""),
        "page": page,
        "status": wanted,
        "statuses": services.Status.choices,
        "results": results,
    }
    return render(request, "stockrequests/review.html", context, status=status)
