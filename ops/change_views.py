"""Changing customers' orders: their lines, their window, and those whose window fell away."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from branches.selectors import SlotChoice, available_slots
from checkout import change_page
from core.clock import now as clock_now
from core.clock import shop_date
from core.errors import DomainError
from core.text import validate_text
from core.typed_requests import PersonRequest
from ops import selectors
from ops.selectors.affected import affected_orders
from orders import services as orders
from orders.models import Order
from orders.selectors import order_by_id

DAYS = 8


class ReslotForm(forms.Form):
    """Another window, `12@2026-11-24`, and what the customer is told."""

    slot = forms.RegexField(
        r"^\d{1,18}@\d{4}-\d{2}-\d{2}$",
        error_messages={"required": gettext_lazy("Please choose a time.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, for the customer"),
        min_length=3,
        max_length=200,
        validators=[validate_text],
        error_messages={
            "required": gettext_lazy("Tell the customer why, in 3 to 200 characters."),
            "min_length": gettext_lazy("Tell the customer why, in 3 to 200 characters."),
        },
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    over_capacity = forms.BooleanField(label=gettext_lazy("Also a full one"), required=False)

    def clean_slot(self) -> tuple[int, dt.date]:
        slot_id, _at, date = self.cleaned_data["slot"].partition("@")
        try:
            return int(slot_id), dt.date.fromisoformat(date)
        except ValueError as error:
            raise forms.ValidationError(gettext_lazy("Please choose a time.")) from error


@never_cache
@sensitive_post_parameters("card")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, number: str) -> HttpResponse:
    """The change page of any order that has not left: what it comes to first."""
    order = order_by_id(order_id=selectors.order_by_number(number=number).pk)
    return change_page.respond(request, order=order, done="ops:order", template="ops/change.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reslot(request: PersonRequest, number: str) -> HttpResponse:
    """Another window for an order: chosen, shown once more, then taken."""
    order = order_by_id(order_id=selectors.order_by_number(number=number).pk)
    form = ReslotForm(request.POST if request.method == "POST" else None)
    sure = False
    if request.method == "POST" and form.is_valid():
        sure = True
        if "confirm" in request.POST and _moved(request, form, order):
            return redirect(_back(request, order))
    status = 422 if form.errors else 200
    context = {
        "order": order,
        "form": form,
        "times": _times(order),
        "sure": sure and not form.errors,
    }
    return render(request, "ops/reslot.html", context, status=status)


@require_GET
def affected(request: HttpRequest) -> HttpResponse:
    """Orders whose window cannot be kept, with a way out for each and for all."""
    rows = affected_orders(now=clock_now())
    shown = [(row, [_choice(choice) for choice in row.suggested]) for row in rows]
    return render(request, "ops/affected.html", {"rows": shown})


@require_POST
def reslot_affected(request: PersonRequest) -> HttpResponse:
    """Move every affected order to the first window suggested for it; who could not be is named."""
    form = ReslotForm({**request.POST.dict(), "slot": "1@2000-01-01"})
    if not form.is_valid():
        messages.error(request, _("Tell the customer why, in 3 to 200 characters."))
        return redirect("ops:affected")
    moved, left = 0, []
    for row in affected_orders(now=clock_now()):
        order = row.order
        first = row.suggested[0] if row.suggested else None
        try:
            if first is None:
                left.append(order.order_number)
                continue
            orders.reslot(
                actor=request.user,
                order_id=order.pk,
                slot_id=first.slot_id,
                date=first.date,
                reason=form.cleaned_data["reason"],
                now=clock_now(),
            )
            moved += 1
        except DomainError:
            left.append(order.order_number)
    messages.success(request, _("%(n)s orders have another time.") % {"n": moved})
    if left:
        messages.warning(request, _("Still to do: %(numbers)s") % {"numbers": ", ".join(left)})
    return redirect("ops:affected")


def _moved(request: PersonRequest, form: ReslotForm, order: Order) -> bool:
    slot_id, date = form.cleaned_data["slot"]
    try:
        orders.reslot(
            actor=request.user,
            order_id=order.pk,
            slot_id=slot_id,
            date=date,
            reason=form.cleaned_data["reason"],
            over_capacity=form.cleaned_data["over_capacity"],
            now=clock_now(),
        )
    except DomainError as refusal:
        form.add_error("slot", str(refusal.message))
        return False
    messages.success(request, _("The order has another time; its customer is told."))
    return True


def _back(request: HttpRequest, order: Order) -> str:
    return "/ops/affected/" if "from_list" in request.POST else f"/ops/orders/{order.order_number}/"


def _times(order: Order) -> list[tuple[str, str]]:
    now = clock_now()
    choices = available_slots(branch_id=order.branch_id, start=shop_date(now), days=DAYS, now=now)
    return [_choice(one) for one in choices if not one.is_shut]


def _choice(choice: SlotChoice) -> tuple[str, str]:
    value, label = change_page.time_choice(choice)
    return value, f"{label} · {_('full')}" if choice.closed_reason == "FULL" else label
