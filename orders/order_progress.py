"""An order told to its customer: where it stands, what comes next, what it will cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.windows import ends_at
from catalog.choices import SoldBy
from catalog.templatetags.shop import moment_text, weekday_date
from core import clock
from core.clock import shop_date
from core.money import ZERO
from orders import selectors
from orders.choices import DelayReason
from orders.invoice_lines import bill_of
from orders.line_changes import LineChange, line_changes
from orders.models import (
    FulfillmentType,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
    PickedStatus,
)
from orders.money_sentences import money_sentence
from orders.pricing import picked_line
from orders.refund_models import OrderCharge
from orders.staff_models import LineEdit
from orders.status import FINAL, NOT_PAID
from payments.choices import PaymentState
from payments.declines import decline_words
from payments.selectors import summary_of

S = OrderStatus
PACKED = frozenset({S.READY, S.MISSING, S.OUT_FOR_DELIVERY, S.DELIVERED, S.DELAYED})
AT_THE_DOOR = (DelayReason.NOT_HOME, DelayReason.REFUSED, DelayReason.NO_ID)
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
class ProgressLine:
    """A line of the order with what became of it; amounts in ₪."""

    item: OrderItem
    amount: Decimal
    badge: str
    kind: str
    instead_of: str = ""


@dataclass(frozen=True, kw_only=True)
class MoneyNews:
    """What the customer has to know of the money: `state` of the payment, why nothing is held, until
    when the order may be changed or has to be paid, and where."""

    state: str
    reason: str = ""
    change_until: dt.datetime | None = None
    pay_path: str | None = None
    may_change_card: bool = False
    is_too_late: bool = False
    """To pay it on its page."""


@dataclass(frozen=True, kw_only=True)
class OrderProgress:
    """Everything the order page tells beyond the order's own fields."""

    order: Order
    steps: list[Step]
    lines: list[ProgressLine]
    heading: str
    money: MoneyNews
    money_sentence: str
    picked: int
    is_over: bool
    can_cancel: bool
    can_change: bool
    changes: list[LineChange]
    change_until: dt.datetime | None
    less: Decimal
    will_be_charged: Decimal
    charges: list[OrderCharge]
    """Deposits and bags, as agreed."""
    vat: Decimal
    """In what will be charged, as the invoice will have it."""

    @property
    def paid(self) -> Decimal:
        """What was charged and not given back (₪)."""
        return self.order.payment.captured - self.order.payment.refunded

    @property
    def mood(self) -> str:
        """How the heading is drawn: bad (to be paid), ask (to be chosen), info, calm, or ""."""
        if self.money.state == "UNPAID" and not self.is_over:
            return "bad"
        if self.order.status == S.CANCELED:
            return "calm"
        if self.comes_again:
            return "info"
        if self.was_moved or self.order.status == S.DELAYED:
            return "ask"
        return "info" if self.order.status == S.OUT_FOR_DELIVERY else ""

    @property
    def has_come_back(self) -> bool:
        """Whether it had left and could not be handed over."""
        return self.order.status == S.DELAYED and self.order.left_at is not None

    @property
    def comes_again(self) -> bool:
        """Whether it could not be handed over, and another time is agreed on since, which is not over."""
        return _comes_again(self.order)

    @property
    def should_have_come(self) -> bool:
        """Whether the time agreed on after it came back is over as well."""
        return self.has_come_back and _is_agreed_again(self.order) and not self.comes_again

    @property
    def time_is_agreed(self) -> bool:
        """Whether it will be brought when its window says."""
        return self.comes_again or not self.has_come_back

    @property
    def came_back_because(self) -> str:
        """Why it could not be handed over, as half a sentence; "" where it says nothing."""
        change = _visit(self.order)
        if change is None or change.reason_code == DelayReason.OTHER:
            return ""
        return str(change.get_reason_code_display())

    @property
    def how_to_cancel(self) -> str:
        """What stands in the way of whoever would cancel it, and who can help."""
        if self.has_come_back:
            return _("To cancel it, please call us. Everything that was charged goes back to you.")
        if self.order.left_at is not None:
            return _("It is on its way, so cancelling needs a person.")
        if selectors.is_begun(self.order):
            return _("Packing has begun, so cancelling needs a person.")
        return _("To cancel it, please call us.")

    @property
    def was_moved(self) -> bool:
        """Whether staff chose its window, and its customer may still choose another one."""
        return self.can_change and self.order.moved_by_staff_at is not None

    @property
    def line_count(self) -> int:
        return len(self.lines)

    @property
    def coming_count(self) -> int:
        """Lines of which something comes: what ran out or was replaced is not counted."""
        return sum(line.kind != "bad" for line in self.lines)

    @property
    def is_counted(self) -> bool:
        """Whether every line has its answer, so that the sum stands."""
        return self.picked == self.line_count


def order_progress(*, order: Order, edits: Iterable[LineEdit] = ()) -> OrderProgress:
    """The story of an order read with its lines and timeline, and what staff changed of it.

    No query but for deposits and bags."""
    items = list(order.items.all())
    names = {item.pk: item.name for item in items}
    replaced = {item.substitute_for_id for item in items}
    less = selectors.missing_total(order=order)
    return OrderProgress(
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
        money=_money(order),
        money_sentence=money_sentence(order=order, due=order.total_amount - less),
        picked=sum(item.picked_status != PickedStatus.PENDING for item in items),
        is_over=order.status in FINAL,
        can_cancel=selectors.can_cancel(order=order),
        changes=line_changes(items if order.status in PACKED else [], edits),
        can_change=not selectors.change_refusal(order=order, now=clock.now()),
        change_until=selectors.change_until(order=order),
        less=less,
        will_be_charged=order.total_amount - less,
        charges=selectors.agreed_charges(selectors.charges_of(order=order)),
        vat=sum((row.vat for row in bill_of(order=order).vat), ZERO),
    )


def _money(order: Order) -> MoneyNews:
    payment = order.payment
    open_ = order.left_at is None and order.status not in FINAL and not order.leaving_to
    failed = payment.failure or order.placed_by_id is None
    return MoneyNews(
        state=payment.state,
        reason=decline_words(payment.failure) if payment.state == "UNPAID" and failed else "",
        change_until=_change_until(order),
        pay_path=summary_of(payment)["pay_path"] if open_ else None,
        may_change_card=open_
        and payment.state in (PaymentState.SCHEDULED, PaymentState.AUTHORIZED),
        is_too_late=open_ and _is_too_late(order),
    )


def _change_until(order: Order) -> dt.datetime | None:
    """The last moment for changes of an order that is not begun, while it is still to come."""
    until = selectors.change_until(order=order) if order.status == S.CREATED else None
    return until if until is not None and clock.now() < until else None


def _is_too_late(order: Order) -> bool:
    """Whether it could have been paid, and its last moment is over."""
    until = order.payment.pay_until
    return order.payment.state == PaymentState.UNPAID and until is not None and until <= clock.now()


def _money_heading(order: Order) -> str:
    """What is more important than how far the packing is."""
    payment, open_ = order.payment, order.left_at is None and order.status not in FINAL
    if payment.state == "UNPAID" and open_:
        if payment.pay_until is None or _is_too_late(order):
            return _("We could not hold the money")
        text = _("We could not hold the money. Pay by %(until)s")
        if order.placed_by_id is not None and not payment.failure:
            text = _("Your order is with us. Pay by %(until)s")
        return text % {"until": moment_text(payment.pay_until)}
    later = payment.authorize_at
    if payment.state == "SCHEDULED" and later is not None and order.status == S.CREATED:
        text = _("All set. We touch your card only on %(date)s")
        return text % {"date": weekday_date(shop_date(later))}
    if order.status == S.DELAYED and order.left_at is not None:
        visit = _visit(order)
        if _comes_again(order):
            return _("We bring it again on %(date)s") % {
                "date": weekday_date(shop_date(order.due_at))
            }
        if _is_agreed_again(order):
            return _("Running late, sorry")
        if visit is not None and visit.reason_code in AT_THE_DOOR:
            return _("We were at your door, and could not hand it over")
        return _("We could not hand it over")
    if order.status == S.CANCELED and any(
        change.reason == NOT_PAID for change in order.timeline.all()
    ):
        return _("Cancelled: it was not paid in time")
    return ""


def _visit(order: Order) -> OrderStatusChange | None:
    """The last time that it could not be handed over."""
    if order.status != S.DELAYED or order.left_at is None:
        return None
    tries = [one for one in order.timeline.all() if one.status == S.DELAYED and one.reason_code]
    return tries[-1] if tries else None


def _comes_again(order: Order) -> bool:
    """Whether it could not be handed over, and another time is agreed on since, which is not over."""
    window = order.dated_slot
    if window is None or not _is_agreed_again(order):
        return False
    return clock.now() < ends_at(window.slot, window.date)


def _is_agreed_again(order: Order) -> bool:
    """Whether it could not be handed over, and another time was agreed on since."""
    visit = _visit(order)
    if visit is None or order.dated_slot is None or order.due_at <= visit.at:
        return False
    return any(one.pk > visit.pk for one in order.timeline.all())  # a change leaves its note


def _heading(order: Order) -> str:
    if heading := _money_heading(order):
        return heading
    pickup = order.fulfillment_type == FulfillmentType.PICKUP
    return {
        S.CREATED: _("Got it, thank you"),
        S.IN_PROGRESS: _("Being packed"),
        S.READY: _("Ready for you at the branch") if pickup else _("Packed, waiting for the van"),
        S.OUT_FOR_DELIVERY: _("On the way to you"),
        S.DELIVERED: _delivered(order, pickup=pickup),
        S.CANCELED: _("Cancelled"),
        S.DELAYED: _("Running late, sorry"),
        S.MISSING: _("Packed, something was missing"),
    }[OrderStatus(order.status)]


def _delivered(order: Order, *, pickup: bool) -> str:
    if order.delivered_at is None:
        return _("Picked up. Enjoy it") if pickup else _("At your door. Enjoy it")
    text = _("You collected it on %(moment)s") if pickup else _("With you since %(moment)s")
    return text % {"moment": moment_text(order.delivered_at)}


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
        if order.status == S.DELAYED and order.left_at is not None:
            here = AT_STEP[S.OUT_FOR_DELIVERY]  # it came back from the door
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


def _line(item: OrderItem, *, replaced: bool) -> ProgressLine:
    if replaced and item.picked_status == PickedStatus.MISSING:
        return ProgressLine(item=item, amount=ZERO, badge=_("Replaced, not charged"), kind="bad")
    if item.picked_status == PickedStatus.MISSING:
        return ProgressLine(item=item, amount=ZERO, badge=_("Ran out, not charged"), kind="bad")
    if item.picked_status == PickedStatus.PICKED:
        found = item.picked_quantity or Decimal(0)
        weighed = item.sold_by == SoldBy.WEIGHT
        share = picked_line(line=selectors.line_of(item), picked=found).payable
        if found < item.quantity and not weighed:
            text = ngettext("%(found)s found", "%(found)s found", int(found))
            return ProgressLine(
                item=item,
                amount=share,
                badge=text % {"found": f"{found.normalize():f}"},
                kind="warn",
            )
        return ProgressLine(
            item=item, amount=share, badge=_("Weighed") if weighed else _("Packed"), kind="good"
        )
    return ProgressLine(item=item, amount=item.line_total - item.discount, badge="", kind="")
