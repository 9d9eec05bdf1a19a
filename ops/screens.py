"""What the templates of the staff screens are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from branches.models import Branch
from branches.selectors import delivery_source
from mami.clock import shop_date
from mami.errors import DomainError, NotFound
from ops import selectors
from ops.forms import ALL_OPEN, ASK_WHY, REASONS, DeliverForm, PlaceForm, QueueForm
from ops.labels import barcode
from ops.selectors import OPEN, Picking, PickLine, QueueCounts, QueueFilter
from ops.selectors.runs import board, runs
from ops.selectors.substitutes import Offer, offers
from ops.tolerance import fine_range
from ops.urgency import URGENCIES
from orders.models import Order, OrderStatus
from orders.selectors import amount_due, proof_of
from orders.status import allowed_transitions
from payments.selectors import payment_summary

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


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the thumb zone starts from: units found, or the weight and its tolerance in kg."""

    found: int
    weight: str
    low: Decimal
    high: Decimal
    reasons: Any
    undo: Any = None

    @property
    def less(self) -> int:
        return max(1, self.found - 1)

    @property
    def more(self) -> int:
        return self.found + 1


@dataclass(frozen=True, kw_only=True)
class Swap:
    """What could be given instead of a line, and what stands in the form (weights in kg)."""

    line: PickLine
    offers: list[Offer]
    choice: str
    low: Decimal
    high: Decimal
    product: str
    barcode: str
    quantity: str
    agreed: bool


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
    )
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    start = (max(1, number) - 1) * PAGE
    found = selectors.with_people(selectors.orders_queue(filters=filters, now=now))
    orders = list(found[start : start + PAGE + 1])
    counts = selectors.counts(branch_id=filters.branch_id, now=now)
    form.show_counts(counts.by_status)
    return {
        "form": form,
        "rows": selectors.rows(orders=orders[:PAGE], now=now),
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


def slip_context(*, order: Order) -> dict[str, Any]:
    """What is printed for an order: its lines in walking order, and a label for each bag."""
    return {
        "order": order,
        "lines": selectors.lines_of(order=order),
        "bags": range(1, (order.bags or 1) + 1),
        "barcode": barcode(text=order.order_number),
    }


def order_page(
    *, order: Order, actor: User, now: dt.datetime, door: DeliverForm | None = None
) -> dict[str, Any]:
    """The staff's page of an order; `door` is the form of a delivery that was refused."""
    lines = selectors.lines_of(order=order)
    items = selectors.items_in(lines)
    answered = all(item.picked_status != "PENDING" for item in items)
    moves = allowed_transitions(order, actor)
    if order.status in {OrderStatus.CREATED, OrderStatus.IN_PROGRESS}:
        # Picking has its own screen: claiming begins it and finishing ends it.
        moves = [to for to in moves if to in {OrderStatus.DELAYED, OrderStatus.CANCELED}]
    return {
        "order": order,
        "row": selectors.rows(orders=[order], now=now)[0],
        "lines": lines,
        "timeline": selectors.timeline(order=order),
        "payment": payment_summary(payment_id=order.payment_id),
        "door": door or DeliverForm(),
        "proof": proof_of(order=order),
        "may_swap": may_swap(order, actor) and order.status == OrderStatus.MISSING,
        "due": amount_due(order=order, items=items) if answered else None,
        "moves": [
            {
                "to": to,
                "label": _label(order, to),
                "ask": to in ASK_WHY,
                "code": to == OrderStatus.DELIVERED and order.fulfillment_type == "PICKUP",
                "door": to == OrderStatus.DELIVERED and order.fulfillment_type == "DELIVERY",
            }
            for to in moves
        ],
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


def pick_context(
    *,
    number: str,
    actor: User,
    now: dt.datetime,
    item: object = None,
    found: object = None,
    answered: object = None,
    weight: str = "",
    scanned: bool = False,
    refusal: DomainError | str | None = None,
    swap: object = None,
    insist: bool = False,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The picking screen at a line; `answered` is the line whose answer can be undone.

    With `swap` it shows what could be given instead of what is missing of that line: where there
    is something, or always (`insist`). `typed` is what stood in that form.
    """
    order = selectors.order_by_number(number=number)
    picking = selectors.picking(order=order, item_id=_whole(item))
    instead = _offered(picking, _whole(swap), typed or {}, insist=insist)
    last = _whole(answered)
    undo = next((line for line in picking.answered if line.item.pk == last), None)
    return {
        "order": order,
        "picking": picking,
        "mine": order.picker_id == actor.pk and order.status == OrderStatus.IN_PROGRESS,
        "minutes": int((order.due_at - now).total_seconds() // 60),
        "answer": _answer(picking.current, found, weight, undo),
        "scanned": scanned,
        "refusal": _told(refusal),
        "swap": instead,
    }


def _offered(
    picking: Picking, item_id: int | None, typed: Mapping[str, str], *, insist: bool
) -> Swap | None:
    """What could be given for the line, which the screen then stands at; None: carry on picking."""
    if item_id is None:
        return None
    line = next((line for line in picking.lines if line.item.pk == item_id), None)
    if line is None:
        raise NotFound
    if not (insist or line.is_missing or line.is_short):
        return None
    swap = _swap(picking.order, line, typed)
    if not (insist or swap.offers):
        return None
    picking.current = line
    return swap


def may_swap(order: Order, actor: User) -> bool:
    """Who decides on substitutes: its picker; a manager while it waits with items missing."""
    if order.status == OrderStatus.MISSING:
        return actor.is_manager
    return order.status == OrderStatus.IN_PROGRESS


def _swap(order: Order, line: PickLine, typed: Mapping[str, str]) -> Swap:
    left = line.item.left
    low, high = fine_range(left)
    found = offers(item=line.item, branch_id=order.branch_id)
    best = str(found[0].product.pk) if found else ""
    usual = "" if line.is_weighed else f"{left.normalize():f}"
    return Swap(
        line=line,
        offers=found,
        choice=line.item.substitution,
        low=low,
        high=high,
        product=typed.get("product", best),
        barcode=typed.get("barcode", ""),
        quantity=typed.get("quantity", usual),
        agreed=bool(typed.get("agreed")),
    )


def stored_screens(picking: Picking) -> list[dict[str, Any]]:
    """The screen of every line, which the device shows by itself while it has no network."""
    return [
        {
            "picking": Picking(order=picking.order, lines=[], current=line, undoable=None),
            "answer": _answer(line, None, "", None),
        }
        for line in picking.lines
    ]


def swaps_context(*, number: str, actor: User) -> dict[str, Any]:
    """The substitutes of every line still to pick, for its picker. One query for each such line."""
    order = selectors.order_by_number(number=number)
    mine = order.picker_id == actor.pk and order.status == OrderStatus.IN_PROGRESS
    lines = selectors.picking(order=order, item_id=None).pending if mine else []
    found = [_swap(order, line, {}) for line in lines]
    return {"order": order, "swaps": [swap for swap in found if swap.offers]}


def _answer(line: PickLine | None, found: object, weight: str, undo: Any) -> Answer:
    if line is None:
        return Answer(found=1, weight="", low=Decimal(0), high=Decimal(0), reasons=(), undo=undo)
    asked = line.item.quantity
    low, high = fine_range(asked)
    most = max(1, int(asked))
    wanted = _number(found)
    return Answer(
        found=min(most, max(1, int(wanted))) if wanted is not None else most,
        weight=weight,
        low=low,
        high=high,
        reasons=REASONS.items(),
        undo=undo,
    )


def _told(refusal: DomainError | str | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    if isinstance(refusal, str):
        return {"title": _("That did not work"), "text": refusal}
    title = getattr(refusal, "title", _("That did not work"))
    return {"title": title, "text": refusal_words(refusal)}


def refusal_words(refusal: DomainError) -> str:
    """What to tell about a refusal: the fields' own words before the general ones."""
    fields = refusal.details.get("fields", {})
    return " ".join(str(m) for texts in fields.values() for m in texts) or str(refusal.message)


def _whole(value: object) -> int | None:
    """A key from an address. Raises NotFound for anything else than a number."""
    if value in (None, ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise NotFound
    return int(text)


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number) < 10_000 else None
