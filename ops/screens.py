"""What the templates of the staff screens are given."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.selectors import documents_of
from branches.models import Branch
from branches.selectors import delivery_source
from core.clock import shop_date
from ops import selectors
from ops.forms import ALL_OPEN, ASK_WHY, DeliverForm, PlaceForm, QueueForm
from ops.labels import barcode
from ops.picking_screen import may_swap
from ops.selectors import QueueCounts, QueueFilter
from ops.selectors.customers import tally
from ops.selectors.money import money_panel
from ops.selectors.runs import board, runs
from ops.urgency import URGENCIES
from orders.change_models import OrderQuestion
from orders.choices import DelayReason
from orders.models import FulfillmentType, Order, OrderStatus, PickedStatus
from orders.selectors import amount_due, due_as_it_stands, notes_of, proof_of
from orders.status import BY_CUSTOMERS_CHOICE, FINAL, NOT_PAID, OPEN, offered_transitions
from payments.refunds import refunds_of

PAGE = 50
TILES = {
    "critical": _("Within the hour"),
    "dueSoon": _("Within 3 hours"),
    "onTrack": _("Later today"),
    "scheduled": _("Coming days"),
}
MOVES = {
    OrderStatus.IN_PROGRESS: _("Back to packing"),
    OrderStatus.READY: _("Ready"),
    OrderStatus.MISSING: _("Items missing"),
    OrderStatus.OUT_FOR_DELIVERY: _("Out for delivery"),
    OrderStatus.DELIVERED: _("Delivered"),
    OrderStatus.DELAYED: _("Delayed"),
    OrderStatus.CANCELED: _("Cancel the order"),
}


SIGNS = {
    OrderStatus.CREATED: "check",
    OrderStatus.IN_PROGRESS: "tote",
    OrderStatus.READY: "box",
    OrderStatus.MISSING: "alert",
    OrderStatus.OUT_FOR_DELIVERY: "truck",
    OrderStatus.DELIVERED: "home",
    OrderStatus.DELAYED: "hourglass",
    OrderStatus.CANCELED: "x",
}
WORDS_OF_JOBS = {
    NOT_PAID: _("nobody paid in time"),
    BY_CUSTOMERS_CHOICE: _("as its customer chose"),
}
"""What the shop itself gives as its reason, for people."""


def queue_context(*, form: QueueForm, page: str, now: dt.datetime) -> dict[str, Any]:
    """The queue: filters, tiles and one page of rows."""
    form.is_valid()
    data = form.cleaned_data
    branch = data.get("branch")
    filters = QueueFilter(
        statuses=form.statuses(),
        branch_id=branch.pk if branch else None,
        fulfillment_type=data.get("way") or "",
        picker_id=form.person_id if data.get("mine") else None,
        urgency=data.get("urgency") or "",
        date_from=data.get("day"),
        date_to=data.get("day"),
        due_at=form.window_start(shop_date(now)),
        q=data.get("q") or "",
        unpaid=bool(data.get("unpaid")),
    )
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    start = (max(1, number) - 1) * PAGE
    found = selectors.orders_queue(filters=filters, now=now)
    orders = list(selectors.page_with_people(found[start : start + PAGE + 1]))
    counts = selectors.counts(branch_id=filters.branch_id, now=now)
    form.show_counts(counts.by_status)
    outside = selectors.waiting_outside(filters=filters, now=now) if start == 0 else []
    first = {order.pk for order in outside}
    shown = [*outside, *(order for order in orders[:PAGE] if order.pk not in first)]
    return {
        "form": form,
        "rows": selectors.rows(orders=shown, now=now),
        "more": len(orders) > PAGE,
        "page": max(1, number),
        "first": start + 1,
        "last": start + len(orders[:PAGE]),
        "previous_page": max(1, number - 1),
        "next_page": max(1, number) + 1,
        "branch": branch,
        "now": now,
        "narrowed": any(v for k, v in data.items() if k != "status") or bool(data.get("status")),
        "tiles": _tiles(filters, str(data.get("status") or ""), counts),
    }


def _tiles(filters: QueueFilter, status: str, counts: QueueCounts) -> list[dict[str, Any]]:
    """How pressing the orders of the chosen status and branch are; a tile lists what it counts."""
    if not set(filters.statuses) & set(OPEN):
        filters, status = replace(filters, statuses=OPEN), ALL_OPEN
    found = counts.urgency_of(filters.statuses)
    kept = {"status": status, "branch": filters.branch_id}
    tiles = []
    for name in URGENCIES:
        chosen = filters.urgency == name
        asked = kept | {"urgency": "" if chosen else name}
        tiles.append(
            {
                "name": name,
                "label": TILES[name],
                "count": found[name],
                "chosen": chosen,
                "query": urlencode({key: value for key, value in asked.items() if value}),
            }
        )
    return tiles


def runs_context(*, form: PlaceForm, now: dt.datetime) -> dict[str, Any]:
    """The deliveries of a day, by window."""
    branch, day = _place(form, now)
    return {"form": form, "branch": branch, "date": day, "runs": runs(branch=branch, date=day)}


def board_context(*, form: PlaceForm, now: dt.datetime) -> dict[str, Any]:
    """The coming week's windows with their load."""
    branch, _day = _place(form, now)
    days = board(branch=branch, today=shop_date(now), now=now)
    times = sorted({(slot.start_time, slot.end_time) for day in days for slot in day.slots})
    rows = [
        {
            "times": pair,
            "slots": [
                next((s for s in day.slots if (s.start_time, s.end_time) == pair), None)
                for day in days
            ],
        }
        for pair in times
    ]
    return {"form": form, "branch": branch, "days": days, "rows": rows}


def _place(form: PlaceForm, now: dt.datetime) -> tuple[Branch, dt.date]:
    form.is_valid()
    branch = form.cleaned_data.get("branch") or delivery_source()
    return branch, form.cleaned_data.get("day") or shop_date(now)


def row_context(*, number: str, now: dt.datetime) -> dict[str, Any]:
    """One row of the queue."""
    order = selectors.order_by_number(number=number)
    return {"row": selectors.rows(orders=[order], now=now)[0]}


@dataclass(frozen=True, kw_only=True)
class BagLabel:
    """One bag of an order, with a code of its own."""

    number: int
    code: str
    barcode: str


def bag_label(order: Order, number: int) -> BagLabel:
    """Bags are counted through the order; A until they know the zone they come from."""
    code = f"{order.order_number}-A{number:02}"
    return BagLabel(number=number, code=code, barcode=barcode(text=code))


def slip_context(*, order: Order) -> dict[str, Any]:
    """What is printed for an order: its lines in walking order, and a label for each bag."""
    return {
        "order": order,
        "lines": selectors.lines_of(order=order),
        "bags": [bag_label(order, number) for number in range(1, (order.bags or 1) + 1)],
        "barcode": barcode(text=order.order_number),
        "wants_paper": not order.user.documents_consent,
        "papers": documents_of(order_id=order.pk) if order.captured_at else [],
    }


def papers_and_refunds(order: Order) -> dict[str, Any]:
    """The papers of an order, newest first, and what was given back of it, each with its paper."""
    papers = documents_of(order_id=order.pk) if order.captured_at else []
    notes = {paper.refund_id: paper for paper in papers}
    refunds = refunds_of(payment_id=order.payment_id) if order.captured_at else []
    return {"papers": papers, "refunds": [(one, notes.get(one.id)) for one in refunds]}


def order_page(
    *, order: Order, actor: User, now: dt.datetime, door: DeliverForm | None = None
) -> dict[str, Any]:
    """The staff's page of an order; `door` is the form of a delivery that was refused."""
    lines = selectors.lines_of(order=order)
    items = selectors.items_in(lines)
    answered = all(item.picked_status != PickedStatus.PENDING for item in items)
    moves, is_own = offered_transitions(order, actor), order.user_id == actor.pk
    is_here = order.status not in {*FINAL, OrderStatus.OUT_FOR_DELIVERY}
    asked = selectors.asked(order=order)
    open_ones = [one.answer_until for one in asked if one.status == OrderQuestion.Status.OPEN]
    order.answer_until = min(open_ones, default=None)  # type: ignore[attr-defined]  # for its badge
    if order.status in {OrderStatus.CREATED, OrderStatus.IN_PROGRESS}:
        # Picking has its own screen: claiming begins it and finishing ends it.
        moves = [to for to in moves if to in {OrderStatus.DELAYED, OrderStatus.CANCELED}]
    return {
        "order": order,
        "row": selectors.rows(orders=[order], now=now)[0],
        "lines": lines,
        "items": items,
        "story": _story(order, asked),
        "tally": tally(customer_id=order.user_id, now=now),
        **money_panel(order=order, actor=actor),
        **papers_and_refunds(order),
        "door": door or DeliverForm(),
        "proof": proof_of(order=order),
        "notes": notes_of(order=order),
        "reasons": DelayReason.choices,
        "may_swap": may_swap(order, actor) and order.status == OrderStatus.MISSING,
        "due": amount_due(order=order, items=items)
        if answered
        else due_as_it_stands(order=order, at_hand=items),
        "is_counted": answered,
        "may_change": actor.is_manager and not is_own and is_here,
        "may_refund": actor.is_manager and not is_own and order.captured_at is not None,
        "steps": [_move(order, to) for to in moves if to != OrderStatus.CANCELED],
        "ends": [_move(order, to) for to in moves if to == OrderStatus.CANCELED],
    }


def _move(order: Order, to: str) -> dict[str, Any]:
    """A way on, and what has to be said for it."""
    is_end = to == OrderStatus.DELIVERED
    return {
        "to": to,
        "label": _label(order, to),
        "ask": to in ASK_WHY,
        "why": to == OrderStatus.DELAYED and order.left_at is not None,
        "code": is_end and order.fulfillment_type == FulfillmentType.PICKUP,
        "door": is_end and order.fulfillment_type == FulfillmentType.DELIVERY,
    }


def _story(order: Order, asked: list[OrderQuestion]) -> list[dict[str, Any]]:
    """The timeline as it is drawn: a note that changed no status has a sign of its own, and a change
    of what the order costs both totals; between them what its customer was asked."""
    before, story = "", []
    totals = selectors.totals_changed(order=order)
    for change in selectors.timeline(order=order):
        is_note = change.status == before
        title: Any = change.get_status_display()
        if is_note:
            by_customer = change.actor_id == order.user_id
            title = _("changed by its customer") if by_customer else _("changed by us")
        story.append(
            {
                "at": change.at,
                "who": change.actor,
                "code": change.reason_code and change.get_reason_code_display(),
                "title": title,
                "reason": WORDS_OF_JOBS.get(change.reason, change.reason),
                "totals": totals.get(change.at),
                "icon": "edit" if is_note else SIGNS[OrderStatus(change.status)],
            }
        )
        before = change.status
    story += [_asked(question) for question in asked]
    story.sort(key=lambda step: step["at"])
    if story and order.status not in FINAL:
        story[-1]["is_current"] = True
    return story


def _asked(question: OrderQuestion) -> dict[str, Any]:
    title: Any = _("proposed a change to its customer")
    if question.item is not None:
        title = format_lazy(_("asked its customer about {name}"), name=question.item.name)
    return {
        "at": question.asked_at,
        "title": title,
        "icon": "hourglass",
        "until": question.answer_until if question.status == "OPEN" else None,
        "reason": "" if question.status == "OPEN" else question.get_status_display(),
    }


def _label(order: Order, to: str) -> Any:
    if order.status == OrderStatus.OUT_FOR_DELIVERY and to == OrderStatus.DELAYED:
        return _("Could not be delivered")
    if order.status == OrderStatus.MISSING:
        if to == OrderStatus.READY:
            return _("Ready, without what is missing")
        if to == OrderStatus.IN_PROGRESS:
            return _("Pick again")
    return MOVES[OrderStatus(to)]
