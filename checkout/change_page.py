"""The page that changes an order: look first, then confirm. For its customer, and for staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from branches import selectors as branches
from branches.areas import EVERYWHERE, Destination
from branches.selectors import SlotChoice
from catalog.models import Product
from catalog.selectors import suggestions
from catalog.templatetags.shop import day, moment_text
from checkout import services
from checkout.change_form import ChangeForm
from checkout.change_lines import Change, FormLine, changes_of, form_lines, signed, stepped
from checkout.destinations import address_of, branch_for, place_of_text
from checkout.forms import new_key
from checkout.idempotency import CHANGE, has_stored_response
from checkout.refusals import words
from core import clock, metrics
from core.clock import shop_date
from core.errors import DomainError, InvalidInput, NotFound
from core.money import ZERO
from orders import selectors
from orders.frequent_products import habits_of
from orders.models import Order, OrderItem
from payments.errors import PaymentActionRequired, PaymentPending
from payments.forms import SANDBOX_CARDS
from payments.services import tokens_of

Choice = tuple[str, str]
"""What a field sends, and what people read."""

DAYS = 8
MOST_OFFERED = 6


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """What the page shows. `seen` is the sum, once it was looked at."""

    order: Order
    form: ChangeForm
    lines: list[FormLine]
    times: list[Choice]
    places: list[Choice]
    branches: list[Choice]
    cards: list[Choice]
    offered: list[Product]
    until: dt.datetime | None
    by_staff: bool
    seen: services.ChangePreview | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """One for each sum that is shown: pressing twice changes once."""
        return new_key()

    @property
    def changes(self) -> list[Change]:
        return changes_of(self.order, self.lines, self.seen) if self.seen else []

    @property
    def difference(self) -> str:
        """`+₪12.80`, `−₪20.20`, or `₪0.00`."""
        return signed(self.seen.difference if self.seen else ZERO)

    @property
    def is_at_other_place(self) -> bool:
        """Whether another time or place is typed already: its fields stay open."""
        return any(self.form[name].value() for name in ("slot", "where"))

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Everything typed, for the second step's hidden fields."""
        skipped = {
            "csrfmiddlewaretoken",
            "key",
            "version",
            "expected_total",
            "confirm",
            "ask",
            "add",
            "q",
            "step",
            "why",
        }
        return [(name, value) for name, value in self.form.data.items() if name not in skipped]


def respond(request: HttpRequest, *, order: Order, done: str, template: str) -> HttpResponse:
    """The page of an order: GET shows it, a POST its new sum, a POST with `confirm` changes it and
    leads to `done`. Staff change anybody's."""
    actor: User = request.user  # type: ignore[assignment]
    by_staff = actor.is_employee
    items = list(order.items.all())
    data = stepped(request.POST, items) if request.method == "POST" else None
    form = ChangeForm(data, order=order, items=items)
    seen, problems = None, []
    if data is not None:
        if not form.is_valid():
            problems.append(_("Something in the form needs another look."))
        else:
            try:
                if "ask" in data and by_staff:
                    return _asked(request, form, order, done)
                if "confirm" in data:
                    return _changed(request, form, order, done)
                if _is_searching(form) or ("step" in data and form.asks_nothing()):
                    page = _page(actor, order, items, form, None, [], by_staff)
                    return render(request, template, {"page": page, "order": order})
                seen = _look(actor, form, order, by_staff)
                if "why" in data and not form.cleaned_data["reason"]:
                    form.ask_why()
            except DomainError as refusal:
                metrics.refused(refusal.code)
                if isinstance(refusal, PaymentActionRequired):
                    return render(
                        request, "checkout/bank.html", {"wanted": refusal.details}, status=202
                    )
                problems += refusal_lines(refusal)
    page = _page(actor, order, items, form, seen, problems, by_staff)
    return render(
        request,
        template,
        {"page": page, "order": order},
        status=422 if problems or form.errors else 200,
    )


def _is_searching(form: ChangeForm) -> bool:
    """Whether a product is looked for, to be added."""
    return bool(form.cleaned_data["q"]) and form.cleaned_data["add"] is None


def _look(actor: User, form: ChangeForm, order: Order, by_staff: bool) -> services.ChangePreview:
    """What it would come to; the product `add` becomes a line of the form."""
    added = form.cleaned_data["add"]
    step = None
    if added is not None:
        product = Product.objects.active().filter(pk=added).first()
        if product is None:
            raise NotFound
        step = product.quantity_step
    seen = services.preview_change(
        actor=actor,
        order_id=order.pk,
        request=form.change_request(step_of_added=step),
        now=clock.now(),
        by_staff=by_staff,
    )
    if added is not None and step is not None:
        _put(form, added, step)
    return seen


def _put(form: ChangeForm, product_id: int, step: Decimal) -> None:
    """Keep what was added in the form: on its line, else as a new one."""
    data = cast(QueryDict, form.data).copy()
    own = next((item for item in form.items if item.product_id == product_id), None)
    name = f"quantity_{own.pk}" if own else f"added_{product_id}"
    data[name] = f"{Decimal(form.cleaned_data.get(name) or 0) + step:f}"
    data["q"] = ""
    form.data = data
    if name not in form.fields:
        form.fields[name] = form.fields["expected_total"]


def _changed(request: HttpRequest, form: ChangeForm, order: Order, done: str) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    key = form.cleaned_data["key"]
    if has_stored_response(user_id=actor.pk, key=key, scope=CHANGE):  # pressed twice
        return HttpResponseRedirect(reverse(done, args=[order.order_number]))
    services.change(
        actor=actor,
        order_id=order.pk,
        key=key,
        request=form.change_request(),
        request_id=getattr(request, "request_id", ""),
        now=clock.now(),
        by_staff=actor.is_employee,
    )
    messages.success(request, _("The order is changed."))
    return HttpResponseRedirect(reverse(done, args=[order.order_number]))


def _asked(request: HttpRequest, form: ChangeForm, order: Order, done: str) -> HttpResponse:
    """Staff send the customer the change, to agree to."""
    actor: User = request.user  # type: ignore[assignment]
    question = services.propose_change(
        actor=actor, order_id=order.pk, request=form.change_request(), now=clock.now()
    )
    text = _("The customer is asked, and may answer until %(until)s.")
    messages.success(request, text % {"until": moment_text(question.answer_until)})
    return HttpResponseRedirect(reverse(done, args=[order.order_number]))


def refusal_lines(refusal: DomainError) -> list[str]:
    """The refusal in words, what is short by name."""
    if isinstance(refusal, InvalidInput) and refusal.details.get("fields"):
        return [str(text) for texts in refusal.details["fields"].values() for text in texts]
    if isinstance(refusal, PaymentPending):
        return [
            _("The bank has not answered yet. Press again in a moment; nothing is asked twice.")
        ]
    found = [words(refusal)]
    for row in refusal.details.get("missing_items", ()):
        text = _("%(name)s: %(available)s left.")
        found.append(text % {"name": row["product_name"], "available": row["available_quantity"]})
    for row in refusal.details.get("items", ()):
        text = _("%(name)s: the nearest amount is %(nearest)s.")
        found.append(text % {"name": row["product_name"], "nearest": row["nearest"]})
    return found


def _page(
    actor: User,
    order: Order,
    items: list[OrderItem],
    form: ChangeForm,
    seen: services.ChangePreview | None,
    problems: list[str],
    by_staff: bool,
) -> ChangePage:
    now = clock.now()
    shops = list(branches.active_branches())
    where = str(form["where"].value() or "")
    branch_id = order.branch_id
    if where == "pickup":
        chosen = str(form["branch"].value() or "")
        branch_id = next((shop.pk for shop in shops if str(shop.pk) == chosen), order.branch_id)
    elif where:
        branch_id = branch_for(_goal_of(order, form, where)).pk
    windows = branches.available_slots(
        branch_id=branch_id, start=shop_date(now), days=DAYS, now=now
    )
    return ChangePage(
        order=order,
        form=form,
        lines=form_lines(form, items, seen),
        times=[time_choice(choice) for choice in windows if choice.is_open],
        places=_places(order),
        branches=[(str(shop.pk), shop.name) for shop in shops],
        cards=[] if by_staff else card_choices(order),
        offered=_offered(order, form),
        until=None if by_staff else selectors.change_until(order=order),
        by_staff=by_staff,
        seen=seen,
        problems=problems,
    )


def _goal_of(order: Order, form: ChangeForm, where: str) -> Destination:
    """The place that is asked for: one of the customer's addresses, or a new one as far as it is typed."""
    if where == "new":
        return place_of_text(str(form.address["city"].value() or "")) or EVERYWHERE
    return address_of(people.addresses_of(actor=order.user), where)


def time_choice(choice: SlotChoice) -> Choice:
    """A window as a choice of a form: `12@2026-11-24`, and its day and times."""
    value = f"{choice.slot_id}@{choice.date.isoformat()}"
    times = f"{choice.start_time:%H:%M}–{choice.end_time:%H:%M}"
    return value, f"{day(choice.date)}, \u2066{times}\u2069"


def _places(order: Order) -> list[Choice]:
    """Where it may go; what came back from the door stays a delivery. One query."""
    pickup = [] if order.left_at is not None else [("pickup", _("Pick up at a branch"))]
    return [
        *(
            (f"address:{one.pk}", f"{one.line1}, {one.city}")
            for one in people.addresses_of(actor=order.user)
        ),
        ("new", _("A new address")),
        *pickup,
    ]


def card_choices(order: Order) -> list[Choice]:
    """The cards of an order's customer, and the test cards of this shop. One query."""
    saved = [
        (f"saved:{card.pk}", f"{card.brand.capitalize()} ···· {card.last4}")
        for card in tokens_of(user_id=order.user_id)
    ]
    tried = SANDBOX_CARDS if settings.PAYMENT_PROVIDER == "sandbox" else ()
    return [*saved, *((f"token:{token}", str(label)) for token, label in tried)]


def _offered(order: Order, form: ChangeForm) -> list[Product]:
    """What could be added with one press: what was looked for, else what the customer usually buys
    and the order has not."""
    q = "" if "q" in form.errors else str(form["q"].value() or "").strip()[:80]
    if q:
        return list(suggestions(q=q, limit=MOST_OFFERED).products)
    there = {item.product_id for item in form.items}
    usual = habits_of(actor=order.user, limit=MOST_OFFERED * 3).products
    return [product for product in usual if product.pk not in there][:MOST_OFFERED]
