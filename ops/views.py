"""The staff screens: the queue, the picking screen, an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.selectors import stored_pdf
from core.clock import now as clock_now
from core.errors import DomainError, InvalidInput
from core.htmx import is_part, toast
from core.typed_requests import PersonRequest
from ops import selectors, services
from ops.forms import (
    AnswerForm,
    ClaimForm,
    DeliverForm,
    FinishForm,
    HandOverForm,
    PickForm,
    PlaceForm,
    QueueForm,
    ScanForm,
    StatusForm,
    SwapForm,
    is_code,
)
from ops.picking_screen import may_swap, pick_context, refusal_words, stored_screens, swaps_context
from ops.replay import replayed
from ops.screens import (
    board_context,
    order_page,
    queue_context,
    row_context,
    runs_context,
    slip_context,
)
from orders import services as orders
from orders.invoice_pdf import print_order, print_stored
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.numbering import read_number
from orders.proof_photo import door_photo
from orders.selectors import order_by_id


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Orders by urgency; the part with the list for filters and polling."""
    form = QueueForm(request.GET, person_id=request.user.pk)
    context = queue_context(form=form, page=request.GET.get("page", ""), now=clock_now())
    template = "ops/_part.html" if is_part(request) else "ops/queue.html"
    return render(request, template, context)


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """The deliveries of a day by window: the drivers' list, to print."""
    form = PlaceForm(request.GET)
    return render(request, "ops/runs.html", runs_context(form=form, now=clock_now()))


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """How full the windows of the coming week are."""
    form = PlaceForm(request.GET)
    return render(request, "ops/board.html", board_context(form=form, now=clock_now()))


@require_GET
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """The pick list of an order and a label for each bag, to print."""
    found = selectors.order_by_number(number=number)
    return render(request, "ops/slip.html", slip_context(order=found))


@require_GET
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """The invoice of an order, as its customer gets it."""
    found = selectors.order_by_number(number=number)
    return print_order(order=order_by_id(order_id=found.pk)).answer(request)


@require_GET
def document(request: HttpRequest, number: str, document_id: int) -> HttpResponse:
    """A paper as it was issued, in the language of `lang`, else of the page."""
    language = request.GET.get("lang") or get_language() or "he"
    pdf = stored_pdf(order_number=read_number(number), document_id=document_id, language=language)
    return print_stored(pdf).answer(request)


@require_POST
def claim_order(request: PersonRequest, number: str) -> HttpResponse:
    """Take an order, or take it over; the answer to HTMX is its row."""
    form, found = ClaimForm(request.POST), selectors.order_by_number(number=number)
    told = _("%(number)s is yours") % {"number": found.order_number}
    try:
        services.claim_or_take_over(actor=request.user, order_id=found.pk, seen_picker=form.seen_picker(),
                       now=clock_now())  # fmt: skip
    except DomainError as refusal:
        if not is_part(request):
            messages.warning(request, str(refusal.message))
            return redirect("ops:queue")
        told = str(refusal.message)
    if not is_part(request):
        return redirect("ops:pick", number=found.order_number)
    response = render(request, "ops/_row.html", row_context(number=number, now=clock_now()))
    return toast(response, told)


@require_POST
def hand_back(request: PersonRequest, number: str) -> HttpResponse:
    """Leave an order to whoever comes next."""
    found = selectors.order_by_number(number=number)
    orders.hand_back(actor=request.user, order_id=found.pk, now=clock_now())
    return redirect("ops:queue")


@require_GET
def order(request: PersonRequest, number: str) -> HttpResponse:
    """Everything about one order, and where it may go next."""
    found = selectors.order_by_number(number=number)
    return render(request, "ops/order.html", order_page(order=found, actor=request.user,
                                                        now=clock_now()))  # fmt: skip


@require_POST
def status(request: PersonRequest, number: str) -> HttpResponse:
    """Move an order along; a refusal is told on its page."""
    found, form = selectors.order_by_number(number=number), StatusForm(request.POST)
    if form.is_valid():
        try:
            orders.change_status(
                actor=request.user,
                order_id=found.pk,
                to=form.cleaned_data["status"],
                reason=form.cleaned_data["reason"],
                reason_code=form.cleaned_data["reason_code"],
                restock=form.restock,
                now=clock_now(),
            )
            messages.success(request, _("Done."))
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
    for texts in form.errors.values():
        messages.error(request, " ".join(map(str, texts)))
    return redirect("ops:order", number=found.order_number)


@require_POST
def hand_over(request: PersonRequest, number: str) -> HttpResponse:
    """Give a pickup to the customer who says its code."""
    found, form = selectors.order_by_number(number=number), HandOverForm(request.POST)
    try:
        code = form.cleaned_data["code"] if form.is_valid() else ""
        services.hand_over(actor=request.user, order=found, code=code, now=clock_now())
        messages.success(request, _("Handed over."))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    return redirect("ops:order", number=found.order_number)


@require_POST
def deliver(request: PersonRequest, number: str) -> HttpResponse:
    """The goods are at the door; what was typed stays when it is refused."""
    found, form = selectors.order_by_number(number=number), DeliverForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            orders.deliver(
                actor=request.user,
                order_id=found.pk,
                note=form.cleaned_data["note"],
                photo=form.cleaned_data["photo"],
                returned=form.returned,
                now=clock_now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal_words(refusal))
        else:
            messages.success(request, _("Delivered."))
            return redirect("ops:order", number=found.order_number)
    context = order_page(order=found, actor=request.user, now=clock_now(), door=form)
    return render(request, "ops/order.html", context, status=422)


@require_GET
def photo(request: HttpRequest, number: str) -> FileResponse:
    """Where the driver left it."""
    return door_photo(order=selectors.order_by_number(number=number))


@require_GET
def pick(request: PersonRequest, number: str) -> HttpResponse:
    """One line at a time, in walking order."""
    found = selectors.order_by_number(number=number)
    if found.status not in {OrderStatus.CREATED, OrderStatus.IN_PROGRESS}:
        return redirect("ops:order", number=found.order_number)
    asked = {name: request.GET.get(name) for name in ("item", "found", "swap")}
    return _screen(request, number, **asked)


@require_POST
def record_pick(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """A picker's answer; the answer's answer is the next line."""
    weight = request.POST.get("picked_quantity", "")
    if is_code(weight):  # a scanner typed it into the weight
        return _scan(request, number, item_id, form=ScanForm({"barcode": weight}))
    form, found = PickForm(request.POST), selectors.order_by_number(number=number)
    if form.is_valid() and not form.cleaned_data["picked_status"]:
        return _screen(request, number, item=item_id, found=form.cleaned_data["found"])
    try:
        _carried_out(request, found, item_id, form=form, service=services.record_pick)
    except DomainError as refusal:
        return _screen(request, number, item=item_id, refusal=refusal, weight=weight)
    undone = form.cleaned_data["picked_status"] == PickedStatus.PENDING
    return _next(request, number, item=item_id if undone else None, answered=item_id,
                 swap=None if undone else item_id)  # fmt: skip


@require_POST
def replay(request: PersonRequest, number: str) -> HttpResponse:
    """Answers that a device kept while it had no network, in the order they were given."""
    found = selectors.order_by_number(number=number)
    results = replayed(actor=request.user, order=found, body=request.body, now=clock_now())
    return JsonResponse({"results": results})


@require_POST
def scan(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """A barcode for the current line."""
    return _scan(request, number, item_id, form=ScanForm(request.POST))


def _scan(request: PersonRequest, number: str, item_id: int, *, form: ScanForm) -> HttpResponse:
    found = selectors.order_by_number(number=number)
    try:
        item = _carried_out(request, found, item_id, form=form, service=services.scan)
    except DomainError as refusal:
        return _screen(request, number, item=item_id, refusal=refusal)
    if item.picked_status == PickedStatus.PENDING:
        return _screen(request, number, item=item_id, scanned=True)
    return _next(request, number, answered=item_id, swap=item_id)


@require_http_methods(["GET", "POST"])
def swap(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """What to give instead of a line; a manager decides here too, when the order waits for it."""
    found = selectors.order_by_number(number=number)
    if not may_swap(found, request.user):
        return redirect("ops:order", number=found.order_number)
    shown = {"swap": item_id, "insist": True}
    if request.method == "GET":
        return _screen(request, number, **shown)
    form = SwapForm(request.POST)
    try:
        _carried_out(request, found, item_id, form=form, service=services.swap)
    except DomainError as refusal:
        return _screen(request, number, refusal=refusal, typed=request.POST, **shown)
    if found.status == OrderStatus.MISSING:
        messages.success(request, _("Done."))
        return redirect("ops:order", number=found.order_number)
    return _next(request, number, answered=item_id)


def _carried_out(
    request: PersonRequest,
    order: Order,
    item_id: int,
    *,
    form: AnswerForm,
    service: Callable[..., OrderItem],
) -> OrderItem:
    """What a form says of a line, done by its service. Raises InvalidInput when the form cannot be
    read, and what the service raises."""
    if not form.is_valid():
        raise InvalidInput(form.unreadable, fields={})
    return service(actor=request.user, order=order, item_id=item_id, now=clock_now(),
                   **form.arguments())  # fmt: skip


@require_GET
def swaps(request: PersonRequest, number: str) -> HttpResponse:
    """What could be given for each line, for the device to show while it has no network."""
    context = swaps_context(number=number, actor=request.user)
    return render(request, "ops/_swaps.html", context)


@require_POST
def finish(request: PersonRequest, number: str) -> HttpResponse:
    """End picking: ready, or with missing items for a manager to decide."""
    form, found = FinishForm(request.POST), selectors.order_by_number(number=number)
    if not form.is_valid():
        return _screen(request, number, refusal=_("Count the bags: a number from 1 to 99."))
    try:
        done = orders.finish_picking(actor=request.user, order_id=found.pk, now=clock_now(),
                                     bags=form.cleaned_data["bags"])  # fmt: skip
    except DomainError as refusal:
        return _screen(request, number, refusal=refusal)
    words = _("%(number)s: %(status)s") % {
        "number": done.order_number,
        "status": done.get_status_display(),
    }
    messages.success(request, words)
    return redirect("ops:order", number=done.order_number)


def _next(
    request: PersonRequest,
    number: str,
    *,
    answered: int,
    item: int | None = None,
    swap: int | None = None,
) -> HttpResponse:
    """The next line as a part, or by a redirect where there is no script; first of all what could
    be given instead of what is missing of the line `swap`."""
    if is_part(request):
        return _screen(request, number, item=item, answered=answered, swap=swap)
    query = f"?item={item}" if item else f"?answered={answered}"
    query += f"&swap={swap}" if swap else ""
    return HttpResponseRedirect(reverse("ops:pick", args=[number]) + query)


def _screen(request: PersonRequest, number: str, **shown: Any) -> HttpResponse:
    """The picking screen, whole or its part; 422 when it shows a refusal."""
    shown.setdefault("answered", request.GET.get("answered"))
    context = pick_context(number=number, actor=request.user, now=clock_now(), **shown)
    if not is_part(request):
        context["screens"] = stored_screens(context["picking"])
    template = "ops/_pick.html" if is_part(request) else "ops/pick.html"
    return render(request, template, context, status=422 if context["refusal"] else 200)
