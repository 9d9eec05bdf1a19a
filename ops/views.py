"""The staff screens: the queue, the picking screen, an order."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mami.clock import now as clock_now
from mami.errors import DomainError
from mami.signed_in import PersonRequest
from ops import selectors, services
from ops.forms import (
    AnswerForm,
    ClaimForm,
    DeliverForm,
    FinishForm,
    HandOverForm,
    PlaceForm,
    QueueForm,
    ScanForm,
    StatusForm,
    SwapForm,
)
from ops.replay import replayed
from ops.screens import (
    board_context,
    may_swap,
    order_page,
    pick_context,
    queue_context,
    refusal_words,
    row_context,
    runs_context,
    slip_context,
    stored_screens,
    swaps_context,
)
from orders import services as orders
from orders.doors import door_photo
from orders.printing import print_order
from orders.selectors import order_by_id


def is_part(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page (and not for a page it restores from history)."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


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
    return print_order(order=order_by_id(order_id=found.pk)).answer()


@require_POST
def claim(request: PersonRequest, number: str) -> HttpResponse:
    """Take an order, or take it over; the answer to HTMX is its row."""
    form, found = ClaimForm(request.POST), selectors.order_by_number(number=number)
    toast = _("%(number)s is yours") % {"number": found.order_number}
    try:
        services.claim(actor=request.user, order_id=found.pk, seen_picker=form.seen_picker(),
                       now=clock_now())  # fmt: skip
    except DomainError as refusal:
        if not is_part(request):
            messages.warning(request, str(refusal.message))
            return redirect("ops:queue")
        toast = str(refusal.message)
    if not is_part(request):
        return redirect("ops:pick", number=found.order_number)
    response = render(request, "ops/_row.html", row_context(number=number, now=clock_now()))
    response["HX-Trigger"] = json.dumps({"toast": {"text": toast}})
    return response


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
    if found.status not in {"CREATED", "IN_PROGRESS"}:
        return redirect("ops:order", number=found.order_number)
    asked = {name: request.GET.get(name) for name in ("item", "found", "swap")}
    return _screen(request, number, **asked)


@require_POST
def answer(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """A picker's answer; the answer's answer is the next line."""
    form, found = AnswerForm(request.POST), selectors.order_by_number(number=number)
    if not form.is_valid():
        return _screen(request, number, item=item_id, refusal=_("That is not a number."),
                       weight=request.POST.get("picked_quantity", ""))  # fmt: skip
    data = form.cleaned_data
    if not data["picked_status"]:
        return _screen(request, number, item=item_id, found=data["found"])
    try:
        services.answer(
            actor=request.user,
            order=found,
            item_id=item_id,
            picked_status=data["picked_status"],
            quantity=data["picked_quantity"],
            reason=data["reason"],
            client_id=data["client_id"],
            now=clock_now(),
        )
    except DomainError as refusal:
        return _screen(request, number, item=item_id, refusal=refusal,
                       weight=request.POST.get("picked_quantity", ""))  # fmt: skip
    undone = data["picked_status"] == "PENDING"
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
    form, found = ScanForm(request.POST), selectors.order_by_number(number=number)
    if not form.is_valid():
        return _screen(request, number, item=item_id, refusal=_("Scan or type a barcode."))
    try:
        item = services.scan(
            actor=request.user,
            order=found,
            item_id=item_id,
            barcode=form.cleaned_data["barcode"],
            quantity=form.cleaned_data["picked_quantity"],
            client_id=form.cleaned_data["client_id"],
            now=clock_now(),
        )
    except DomainError as refusal:
        return _screen(request, number, item=item_id, refusal=refusal)
    if item.picked_status == "PENDING":
        return _screen(request, number, item=item_id, scanned=True)
    return _next(request, number, answered=item_id, swap=item_id)


@require_http_methods(["GET", "POST"])
def swap(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """What to give instead of a line; a manager decides here too, when the order waits for it."""
    found = selectors.order_by_number(number=number)
    if not may_swap(found, request.user):
        return redirect("ops:order", number=found.order_number)
    if request.method == "GET":
        return _screen(request, number, swap=item_id, insist=True)
    form = SwapForm(request.POST)
    shown = {"swap": item_id, "insist": True, "typed": request.POST}
    if not form.is_valid():
        return _screen(request, number, refusal=_("That is not a number."), **shown)
    data = form.cleaned_data
    try:
        services.swap(
            actor=request.user,
            order=found,
            item_id=item_id,
            product_id=data["product"],
            barcode=data["barcode"],
            quantity=data["quantity"],
            agreed=data["agreed"],
            client_id=data["client_id"],
            now=clock_now(),
        )
    except DomainError as refusal:
        return _screen(request, number, refusal=refusal, **shown)
    if found.status == "MISSING":
        messages.success(request, _("Done."))
        return redirect("ops:order", number=found.order_number)
    return _next(request, number, answered=item_id)


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
