"""Pages of standing orders: all, a new one, one with its dates, one date as a draft; the office's list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.selectors import addresses_of
from branches.selectors import available_slots
from cart.models import Substitution
from cart.selectors import cart_view
from catalog.templatetags.shop import day as day_words
from core import clock
from core.days import read_day
from core.errors import DomainError, InvalidInput, NotFound
from core.long_lists import BoundedPaginator
from core.numbers import NumberField
from core.typed_requests import PersonRequest
from standing import office, selectors, services
from standing.forms import (
    ActForm,
    DateForm,
    NewStandingForm,
    OfficeForm,
    StandingForm,
    initial_of,
)
from standing.reasons import reason_words
from standing.selectors import OccurrenceView
from standing.services import ItemData, OccurrenceChange, StandingData

A_PAGE = 50
AROUND = dt.timedelta(days=3)
DONE = {
    "skip": gettext_lazy("Skipped: %(day)s"),
    "restore": gettext_lazy("It comes again: %(day)s"),
}


@require_safe
@never_cache
def index(request: PersonRequest) -> HttpResponse:
    """All standing orders."""
    views = selectors.standing_orders(actor=request.user, now=clock.now())
    return render(request, "standing/index.html", {"views": views})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: PersonRequest) -> HttpResponse:
    """A new one, from the basket, an order or a list."""
    source = request.POST.get("source") or request.GET.get("from") or "cart"
    named = _named(source)
    items = services.items_from(actor=request.user, **named)
    begins = {} if request.method == "POST" else services.usual_rule(actor=request.user, **named)
    form = NewStandingForm(_sent(request), person=request.user, initial=begins)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            row = services.create_standing(
                actor=request.user,
                data=StandingData(**form.values()),
                items=items,
                agree=form.cleaned_data["agree"],
                now=clock.now(),
                face="PAGES",
            )
        except DomainError as refusal:
            problem = _blamed(form, refusal)
        else:
            messages.success(request, _("It is set up. We will tell you before each date."))
            return redirect("standing:detail", row.pk)
    context = {"form": form, "source": source, "count": len(items), "problem": problem}
    failed = bool(form.errors or problem)
    return render(request, "standing/new.html", context, status=422 if failed else 200)


@require_safe
@never_cache
def detail(request: PersonRequest, standing_id: int) -> HttpResponse:
    """One with its next dates, or those that are over."""
    now = clock.now()
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    view = selectors.view_of(row=row, now=now)
    past = selectors.past_of(row=row, now=now, limit=20) if "past" in request.GET else []
    context = {"view": view, "row": row, "past": past, "why": _why(row.status_reason)}
    return render(request, "standing/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: PersonRequest, standing_id: int) -> HttpResponse:
    """The regular one: its rule and its lines."""
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    view = selectors.view_of(row=row, now=clock.now(), count=1)
    form = StandingForm(_sent(request), person=request.user, initial=initial_of(row))
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            services.update_standing(
                actor=request.user,
                standing_id=standing_id,
                changes=form.values(),
                items=_typed_lines(request, view),
                now=clock.now(),
            )
        except DomainError as refusal:
            problem = _blamed(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("standing:detail", standing_id)
    context = {"form": form, "row": row, "view": view, "problem": problem}
    failed = bool(form.errors or problem)
    return render(request, "standing/edit.html", context, status=422 if failed else 200)


@require_POST
def act(request: PersonRequest, standing_id: int) -> HttpResponse:
    """Pause, go on, end."""
    form = ActForm(request.POST)
    if not form.is_valid():
        raise NotFound
    do = form.cleaned_data["do"]
    key: dict[str, Any] = {"actor": request.user, "standing_id": standing_id}
    try:
        if do == "end":
            services.end_standing(**key)
            messages.success(request, _("It has ended. Orders already placed stay."))
            return redirect("standing:index")
        if do == "pause":
            services.pause_standing(**key, until=form.cleaned_data["until"], now=clock.now())
        else:
            services.resume_standing(**key, now=clock.now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.warning(request, _text(refusal))
    return redirect("standing:detail", standing_id)


@require_safe
@never_cache
def date_page(request: PersonRequest, standing_id: int, date: str) -> HttpResponse:
    """One date as a draft."""
    return _date_page(request, standing_id, date)


def _date_page(request: PersonRequest, standing_id: int, date: str, **typed: Any) -> HttpResponse:
    """With what was `typed` for a line and refused, if anything was."""
    now = clock.now()
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    view = selectors.occurrence_view(row=row, date=_day(date), now=now)
    windows = []
    if view.is_editable and view.row.slot is not None:
        start = max(clock.shop_date(now), view.row.window_date - AROUND)
        windows = [
            choice
            for choice in available_slots(
                branch_id=selectors.branch_of(row, view.row), start=start, days=7, now=now
            )
            if choice.is_open
        ]
    context = {
        "row": row,
        "view": view,
        "windows": windows,
        "why": _why(view.row.reason),
        "percent": view.basket.price_rise_percent.quantize(Decimal("0.01")),
        "addresses": addresses_of(actor=request.user) if row.is_delivery else [],
        "address": (view.row.address or row.address) if row.is_delivery else None,
        "ways": Substitution.choices,
        "typed": typed,
    }
    return render(request, "standing/date.html", context, status=422 if typed else 200)


@require_POST
def date_act(request: PersonRequest, standing_id: int, date: str) -> HttpResponse:
    """One thing done with one date."""
    form, day = DateForm(request.POST), _day(date)
    if not form.is_valid():
        refusal = InvalidInput(fields={name: list(texts) for name, texts in form.errors.items()})
        if "note" not in form.errors:
            raise refusal
        typed = form.cleaned_data | {"note": request.POST["note"]}
        return _date_page(request, standing_id, date, problem=_text(refusal), **typed)
    asked = form.cleaned_data
    key: dict[str, Any] = {"actor": request.user, "standing_id": standing_id, "date": day}
    key["now"] = clock.now()
    acts: dict[str, Callable[..., None]] = {
        "skip": services.skip_occurrence,
        "restore": services.restore_occurrence,
        "draft": services.make_draft,
        "accept": services.accept_prices,
        "place": services.place_now,
    }
    try:
        if asked["do"] in acts:
            acts[asked["do"]](**key)
        else:
            services.change_occurrence(**key, change=_change(request, standing_id, day, asked))
    except NotFound:
        raise
    except DomainError as refusal:
        if asked["do"] == "choice" and isinstance(refusal, InvalidInput):
            return _date_page(request, standing_id, date, problem=_text(refusal), **asked)
        messages.warning(request, _text(refusal))
    else:
        if said := DONE.get(asked["do"]):
            messages.success(request, said % {"day": day_words(day)})
    if request.POST.get("back") == "list":  # where the hand was
        page = reverse("standing:detail", args=[standing_id])
        return redirect(f"{page}#d-{day:%Y-%m-%d}")
    return redirect("standing:date", standing_id, f"{day:%Y-%m-%d}")


@require_safe
@never_cache
def office_list(request: HttpRequest) -> HttpResponse:
    """All customers' standing orders, failures first."""
    form = OfficeForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = office.failures_first(office.all_standing(**wanted))
    page = BoundedPaginator(rows, A_PAGE).get_page(request.GET.get("page"))
    told = office.told(list(page.object_list), now=clock.now())
    pairs = [(one, _why(one.row.status_reason or _failure(one))) for one in told]
    return render(request, "standing/office.html", {"form": form, "rows": pairs, "page": page})


def _sent(request: PersonRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _failure(one: office.Told) -> str:
    return one.occurrence.reason if one.occurrence else ""


def _why(reason: str) -> str:
    return reason_words(reason) if reason else ""


def _day(text: str) -> dt.date:
    try:
        return read_day(text)
    except ValueError:
        raise NotFound from None


def _change(
    request: PersonRequest, standing_id: int, day: dt.date, asked: dict[str, Any]
) -> OccurrenceChange:
    if asked["do"] == "move":
        slot_id, _at, date = asked["slot"].partition("@")
        if not slot_id:
            raise InvalidInput(fields={"slot": [_("Choose a window.")]})
        return OccurrenceChange(delivery_slot_id=int(slot_id), delivery_date=_day(date))
    if asked["do"] == "address":
        return OccurrenceChange(address_id=asked["address"] or 0)
    row = selectors.standing_of(actor=request.user, standing_id=standing_id)
    view = selectors.occurrence_view(row=row, date=day, now=clock.now())
    found = {item.product_id: item for item in _items_of(view)}
    if asked["do"] == "basket":
        _put_basket(request, found)
    else:
        _change_line(found, asked)
    if not found:
        raise InvalidInput(fields={"items": [_("Nothing would be left. Skip this date instead.")]})
    return OccurrenceChange(items=[found[key] for key in sorted(found)])


def _put_basket(request: PersonRequest, found: dict[int, ItemData]) -> None:
    for line in cart_view(actor=request.user).items:
        if line.is_sold and not line.nearest:
            known = found.get(line.product_id)
            most = max(line.quantity, known.quantity) if known else line.quantity
            found[line.product_id] = ItemData(product_id=line.product_id, quantity=most)


def _change_line(found: dict[int, ItemData], asked: dict[str, Any]) -> None:
    """Its amount, or what to do when it runs out and the note. Raises NotFound."""
    old = found.get(asked["product"])
    amount = asked["quantity"] if asked["to"] is None else asked["to"]
    if old is None or (asked["do"] == "line" and amount is None):
        raise NotFound
    if asked["do"] == "choice":
        way = asked["substitution"] or old.substitution
        found[old.product_id] = replace(old, substitution=way, note=asked["note"])
    elif amount:
        found[old.product_id] = replace(old, quantity=amount)
    else:
        del found[old.product_id]


def _items_of(view: OccurrenceView) -> list[ItemData]:
    return [
        ItemData(
            product_id=line.product_id,
            quantity=line.wanted_quantity,
            substitution=line.substitution,
            note=line.note,
        )
        for line in view.basket.lines
        if line.wanted_quantity and line.notice != "NO_LONGER_SOLD"
    ]


def _typed_lines(request: PersonRequest, view: Any) -> list[ItemData]:
    """The lines with the amounts that were typed; what no longer sells goes."""
    found = []
    reader = NumberField(min_value=0, max_digits=9, decimal_places=3, required=False)
    for line in view.basket.lines:
        typed = request.POST.get(f"quantity_{line.product_id}")
        try:
            amount = line.wanted_quantity if typed is None else reader.clean(typed)
        except ValidationError as error:
            raise InvalidInput(fields={"quantity": error.messages}) from None
        if amount and line.notice != "NO_LONGER_SOLD":
            found.append(
                ItemData(
                    product_id=line.product_id,
                    quantity=amount,
                    substitution=line.substitution,
                    note=line.note,
                )
            )
    return found


def _named(source: str) -> dict[str, Any]:
    """What services call `cart`, `order:7`, `list:7`. Raises NotFound."""
    kind, _colon, key = source.partition(":")
    if kind == "cart":
        return {"from_cart": True}
    if kind not in ("order", "list") or not key.isdecimal() or len(key) > 18:
        raise NotFound
    return {f"{kind}_id": int(key)}


def _blamed(form: StandingForm, refusal: DomainError) -> str:
    """A refusal at the fields it is about, and what is about none of them."""
    told = refusal.details.get("fields", {})
    for name in set(told) & set(form.fields):
        form.add_error(name, list(told[name]))
    known = {one.name for one in fields(StandingData)} | set(form.fields)
    return "" if set(told) & known & set(form.fields) else _text(refusal)


def _text(refusal: DomainError) -> str:
    told = refusal.details.get("fields", {})
    return next((texts[0] for texts in told.values() if texts), str(refusal.message))
