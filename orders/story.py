"""An order told to its customer: where it stands, what comes next, what it will cost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mami.money import ZERO
from orders import selectors
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus, PickedStatus
from orders.pricing import picked_line
from orders.status import FINAL

S = OrderStatus
AT_STEP = {
    S.CREATED: 0,
    S.IN_PROGRESS: 1,
    S.MISSING: 1,
    S.READY: 1,
    S.DELAYED: 1,
    S.OUT_FOR_DELIVERY: 2,
    S.DELIVERED: 3,
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One dot of the progress. `state` is "done", "now" or "later"."""

    state: str
    icon: str
    title: str
    at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class StoryLine:
    """A line of the order with what became of it; amounts in ₪."""

    item: OrderItem
    amount: Decimal
    badge: str
    kind: str
    instead_of: str = ""


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything the order page tells beyond the order's own fields."""

    order: Order
    steps: list[Step]
    lines: list[StoryLine]
    heading: str
    picked: int
    is_over: bool
    can_cancel: bool
    less: Decimal
    will_be_charged: Decimal

    @property
    def line_count(self) -> int:
        return len(self.lines)


def tell(*, order: Order) -> Story:
    """The story of an order read with its lines and timeline. No query."""
    items = list(order.items.all())
    names = {item.pk: item.name for item in items}
    replaced = {item.substitute_for_id for item in items}
    less = selectors.missing_total(order=order)
    return Story(
        order=order,
        steps=_steps(order),
        lines=[
            replace(
                _line(item, replaced=item.pk in replaced),
                instead_of=names.get(item.substitute_for_id or 0, ""),
            )
            for item in items
        ],
        heading=_heading(order),
        picked=sum(item.picked_status != PickedStatus.PENDING for item in items),
        is_over=order.status in FINAL,
        can_cancel=selectors.can_cancel(order=order),
        less=less,
        will_be_charged=order.total_amount - less,
    )


def _heading(order: Order) -> str:
    pickup = order.fulfillment_type == FulfillmentType.PICKUP
    return {
        S.CREATED: _("Got it, thank you"),
        S.IN_PROGRESS: _("Being packed"),
        S.READY: _("Ready for you at the branch") if pickup else _("Packed, waiting for the van"),
        S.OUT_FOR_DELIVERY: _("On the way to you"),
        S.DELIVERED: _("Picked up. Enjoy it") if pickup else _("At your door. Enjoy it"),
        S.CANCELED: _("Cancelled"),
        S.DELAYED: _("Running late, sorry"),
        S.MISSING: _("Packed, something was missing"),
    }[OrderStatus(order.status)]


def _steps(order: Order) -> list[Step]:
    pickup = order.fulfillment_type == FulfillmentType.PICKUP
    times: dict[str, dt.datetime] = {}
    for change in order.timeline.all():
        times.setdefault(change.status, change.at)
    plan = [
        (S.CREATED, "check", _("Got it")),
        (S.IN_PROGRESS, "basket", _("Packing")),
        (S.READY, "store", _("Ready at the branch"))
        if pickup
        else (S.OUT_FOR_DELIVERY, "truck", _("On the way")),
        (S.DELIVERED, "home", _("Picked up") if pickup else _("At your door")),
    ]
    if order.status == S.CANCELED:
        gone = [(*step, "done") for step in plan if step[0] in times]
        shown = [*gone, (S.CANCELED, "x", _("Cancelled"), "now")]
    else:
        here = 2 if pickup and order.status == S.READY else AT_STEP[OrderStatus(order.status)]
        over = order.status == S.DELIVERED
        shown = [(*step, _state(place, here, over=over)) for place, step in enumerate(plan)]
    return [
        Step(
            state=state, icon=icon, title=title, at=times.get(status) if state != "later" else None
        )
        for status, icon, title, state in shown
    ]


def _state(place: int, here: int, *, over: bool) -> str:
    if place < here or over:
        return "done"
    return "now" if place == here else "later"


def _line(item: OrderItem, *, replaced: bool) -> StoryLine:
    if replaced and item.picked_status == PickedStatus.MISSING:
        return StoryLine(item=item, amount=ZERO, badge=_("Replaced, not charged"), kind="bad")
    if item.picked_status == PickedStatus.MISSING:
        return StoryLine(item=item, amount=ZERO, badge=_("Ran out, not charged"), kind="bad")
    if item.picked_status == PickedStatus.PICKED:
        found = item.picked_quantity or Decimal(0)
        weighed = item.sold_by == "WEIGHT"
        share = picked_line(line=selectors.line_of(item), picked=found).payable
        if found < item.quantity and not weighed:
            text = ngettext("%(found)s found", "%(found)s found", int(found))
            return StoryLine(
                item=item,
                amount=share,
                badge=text % {"found": f"{found.normalize():f}"},
                kind="warn",
            )
        return StoryLine(
            item=item, amount=share, badge=_("Weighed") if weighed else _("Packed"), kind="good"
        )
    return StoryLine(item=item, amount=item.line_total - item.discount, badge="", kind="")
