"""A customer's orders: the list, one order and how it gets on, cancelling, ordering again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.selectors import documents_of, stored_pdf
from core import clock
from core.errors import DomainError, InvalidInput
from core.htmx import redirect_to
from core.text import sought, validate_text
from core.typed_requests import PersonRequest
from inventory.errors import InsufficientStock
from lists.errors import DuplicateListName, TooManyItems, TooManyLists
from orders import selectors, services
from orders.asked_order import asked_order, guesses_counted
from orders.errors import OrderNotCancelable, OrderNotReady, QuestionClosed, SubstituteNotPossible
from orders.forms import HistoryForm, QuestionForm
from orders.history import found_in
from orders.invoice_pdf import print_order, print_stored
from orders.numbering import read_number
from orders.order_progress import order_progress
from orders.problem_reports import problems_of, report_until
from orders.proof_photo import door_photo
from orders.substitutes import substitute_candidates
from payments.refunds import agreed_refunds

A_PAGE = 10
STOP_POLLING = 286


@never_cache
@require_safe
def listing(request: PersonRequest) -> HttpResponse:
    """Every order of the customer, newest first."""
    form = HistoryForm(request.GET)
    orders = found_in(selectors.orders_of(actor=request.user), **form.asked())
    page = Paginator(orders, A_PAGE).get_page(request.GET.get("page"))
    stories = [order_progress(order=order) for order in page.object_list]
    return render(request, "orders/list.html", {"stories": stories, "page": page, "form": form})


@never_cache
@require_safe
def detail(request: PersonRequest, number: str) -> HttpResponse:
    """One order."""
    order = asked_order(request, number)
    edits = selectors.edits_of(order=order)
    context = {"order": order, "story": order_progress(order=order, edits=edits)}
    context["papers"] = documents_of(order_id=order.pk) if order.captured_at else []
    context["refunds"] = agreed_refunds(payment_id=order.payment_id) if order.captured_at else []
    context["questions"] = selectors.open_questions(order=order, now=clock.now())
    context["proof"] = selectors.proof_of(order=order)
    context["problems"] = problems_of(order=order)
    until = report_until(order=order)
    context["report_until"] = until
    context["may_report"] = until is not None and clock.now() <= until
    return render(request, "orders/detail.html", context)


@require_safe
def photo(request: PersonRequest, number: str) -> FileResponse:
    """Where the driver left it."""
    order = asked_order(request, number)
    return door_photo(order=order)


@never_cache
@require_safe
def progress(request: PersonRequest, number: str) -> HttpResponse:
    """What changes on the order page while somebody watches; 286 ends the asking."""
    order = asked_order(request, number)
    story = order_progress(order=order, edits=selectors.edits_of(order=order))
    context = {"order": order, "story": story, "polled": True}
    context["questions"] = selectors.open_questions(order=order, now=clock.now())
    status = STOP_POLLING if story.is_over else 200
    return render(request, "orders/_progress.html", context, status=status)


@require_safe
def invoice(request: PersonRequest, number: str) -> HttpResponse:
    """The order on paper."""
    order = asked_order(request, number)
    return print_order(order=order).answer(request)


@require_safe
def document(request: PersonRequest, number: str, document_id: int) -> HttpResponse:
    """A paper as it was issued, in the language of `lang`, else of the page."""
    actor = request.user
    with guesses_counted(request):
        pdf = stored_pdf(
            order_number=read_number(number),
            document_id=document_id,
            language=request.GET.get("lang") or get_language() or "he",
            owner_id=None if actor.is_admin else actor.pk,
        )
    return print_stored(pdf).answer(request)


@require_POST
def cancel(request: PersonRequest, number: str) -> HttpResponse:
    """Cancel before packing begins."""
    actor = request.user
    order = asked_order(request, number)
    try:
        services.cancel(actor=actor, order_id=order.pk, now=clock.now())
    except OrderNotCancelable as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("The order is cancelled. Nothing will be charged."))
    return redirect_to(request, reverse("orders:detail", args=[order.order_number]))


@require_POST
def arrived(request: PersonRequest, number: str) -> HttpResponse:
    """The customer stands outside; `bay` is where they parked."""
    order = asked_order(request, number)
    bay = request.POST.get("bay", "")
    try:
        validate_text(bay)
        services.arrive(actor=request.user, order_id=order.pk, bay=bay, now=clock.now())
    except OrderNotReady as refusal:
        messages.error(request, str(refusal.message))
    except InvalidInput as refusal:
        messages.error(request, " ".join(refusal.details["fields"]["bay"]))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("We know that you are here. We bring it out in a moment."))
    return redirect_to(request, reverse("orders:detail", args=[order.order_number]))


@require_POST
def business(request: PersonRequest, number: str) -> HttpResponse:
    """Whose name the invoice bears: a business's `business_name` and `vat_id`, or neither."""
    order = asked_order(request, number)
    try:
        services.bill_business(
            actor=request.user,
            order_id=order.pk,
            business_name=request.POST.get("business_name", ""),
            vat_id=request.POST.get("vat_id", ""),
        )
    except InvalidInput as refusal:
        for texts in refusal.details["fields"].values():
            messages.error(request, " ".join(str(text) for text in texts))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    else:
        named = request.POST.get("business_name", "").strip()
        plain = _("The invoice will bear your own name.")
        messages.success(request, _("The invoice will say so.") if named else plain)
    return redirect_to(request, reverse("orders:detail", args=[order.order_number]))


@never_cache
@require_safe
def another(request: PersonRequest, number: str, question_id: int) -> HttpResponse:
    """Any other safe product instead of what ran out, found by its name."""
    order, q = asked_order(request, number), sought(request.GET.get("q", ""))[:80]
    asked = selectors.open_questions(order=order, now=clock.now())
    question = next((one for one in asked if one.pk == question_id), None)
    if question is None or question.item is None:
        return redirect_to(request, reverse("orders:detail", args=[order.order_number]))
    found = substitute_candidates(item=question.item, branch_id=order.branch_id, text=q)
    context = {"order": order, "question": question, "found": found, "q": q}
    return render(request, "orders/another.html", context)


@require_POST
def answer(request: PersonRequest, number: str, question_id: int) -> HttpResponse:
    """What to pack instead: `product` an offered one, empty for nothing."""
    order = asked_order(request, number)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what to pack, or that it is left out."))
        return redirect_to(request, reverse("orders:detail", args=[order.order_number]))
    product = form.cleaned_data["product"]
    try:
        services.answer_question(
            actor=request.user,
            order_id=order.pk,
            question_id=question_id,
            accept=product is not None,
            product_id=product,
            now=clock.now(),
        )
    except (QuestionClosed, SubstituteNotPossible, InsufficientStock) as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Thank you for your answer."))
    return redirect_to(request, reverse("orders:detail", args=[order.order_number]))


@require_POST
def reorder(request: PersonRequest, number: str) -> HttpResponse:
    """Put the same things in the basket again."""
    actor = request.user
    order = asked_order(request, number)
    again = services.reorder(actor=actor, order_id=order.pk, now=clock.now())
    if again.not_added:
        text = _("Not everything could be added: %(names)s")
        names = ", ".join(f"{one.name} ({one.why})" for one in again.not_added)
        messages.warning(request, text % {"names": names})
    else:
        messages.success(request, _("Everything is in the basket again."))
    return redirect_to(request, reverse("cart:page"))


@require_POST
def to_list(request: PersonRequest, number: str) -> HttpResponse:
    """Keep what was ordered as a list."""
    order = asked_order(request, number)
    name = request.POST.get("name", "")
    try:
        list_id = services.order_to_list(
            actor=request.user, order_id=order.pk, name=name, now=clock.now()
        )
    except (InvalidInput, DuplicateListName, TooManyLists, TooManyItems) as refusal:
        fields = refusal.details.get("fields", {})
        messages.warning(request, next((told[0] for told in fields.values()), refusal.message))
        return redirect_to(request, reverse("orders:detail", args=[order.order_number]))
    return redirect_to(request, reverse("lists:detail", args=[list_id]))
