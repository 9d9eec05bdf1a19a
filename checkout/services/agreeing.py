"""A change that costs more than is held, and that its customer has to agree to: staff propose it, the
customer's answer carries it out on a card of theirs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from accounts.models import User
from branches.models import DatedSlot
from branches.services import check_open_for_staff
from checkout.errors import BelowMinimum, PriceChanged
from checkout.requests import ChangeRequest, PayRequest
from checkout.services.change_quotes import (
    check_may_change,
    check_minimum,
    place_of,
    plan_of,
)
from checkout.services.change_reserving import check_version, lock_window, locked, promise
from checkout.services.changing import change, preview_change
from core.errors import NotFound, PermissionRefused
from core.money import ZERO
from core.transactions import write_transaction
from orders import services as orders
from orders import status
from orders.change_models import OrderQuestion
from orders.change_plan import ChangePlan
from orders.locks import lock_items
from orders.models import Order, OrderItem
from orders.services.proposing import close_proposals, open_proposal, open_proposal_of

Kind = OrderQuestion.Kind


def propose_change(
    *, actor: User, order_id: int, request: ChangeRequest, now: dt.datetime
) -> OrderQuestion:
    """Ask an order's customer to agree to a change, with a reason; nothing of the order changes yet.

    What it adds is promised until the answer, and a place in another window is kept. The same proposal twice is one question, another one takes its place. Raises what a
    change by staff raises before its money is asked for, and OrderBeingChanged. An older proposal
    ends first: what was kept for it may be kept for this one.
    """
    if not actor.is_manager:
        raise PermissionRefused
    request.check(by_staff=True)
    try:
        return _proposed(actor, order_id, request, now)
    except BelowMinimum:  # with what it would come to, now that nothing is locked
        preview_change(actor=actor, order_id=order_id, request=request, now=now, by_staff=True)
        raise


def _proposed(
    actor: User, order_id: int, request: ChangeRequest, now: dt.datetime
) -> OrderQuestion:
    with write_transaction(durable=True):
        order = locked(actor, order_id, True)
        status.refuse_while_changed(order)
        items = lock_items(order_id=order.pk)
        check_version(order, request)
        check_may_change(order=order, request=request, by_staff=True, now=now)
        asked = open_proposal_of(order=order, now=now)
        if asked is not None and asked.proposal.get("request") == request.proposal():
            return asked
        place = place_of(order=order, items=items, request=request, now=now)
        window = lock_window(order, place, now)
        close_proposals(order=order, now=now)
        if window is not None:
            check_open_for_staff(dated_slot=window, branch_id=place.branch.pk, now=now)
        slot = order.dated_slot if place.keeps_slot else window
        plan = plan_of(order=order, items=items, request=request, place=place, slot=slot, now=now)
        check_minimum(order, place, plan.totals)
        if request.expected_total != plan.totals.total:
            raise PriceChanged(total=str(plan.totals.total))
        added = promise(actor, order, items, plan)
        body = {
            "request": request.proposal(),
            "version": order.version,
            "total_before": str(order.total_amount),
            "total": str(plan.totals.total),
            "reason": request.reason.strip(),
            **_told(items, plan, window),
        }
        return open_proposal(
            actor=actor,
            order=order,
            body=body,
            added=added,
            branch_id=plan.branch_id,
            now=now,
            window=window,
        )


def _told(items: list[OrderItem], plan: ChangePlan, window: DatedSlot | None) -> dict[str, object]:
    """What its customer reads of the change besides what is added: the window, and what gets less."""
    after: dict[int, Decimal] = {}
    for line in plan.lines:
        after[line.product_id] = after.get(line.product_id, ZERO) + line.quantity
    before: dict[int, tuple[OrderItem, Decimal]] = {}
    for item in items:
        if item.substitute_for_id is None:
            there = before.get(item.product_id, (item, ZERO))[1]
            before[item.product_id] = item, there + item.quantity
    return {
        "window": window
        and {
            "date": window.date.isoformat(),
            "start": window.slot.start_time.isoformat(),
            "end": window.slot.end_time.isoformat(),
        },
        "less": [
            {
                "name_he": item.name_he,
                "name_en": item.name_en,
                "before": str(there),
                "after": str(after.get(key, ZERO)),
            }
            for key, (item, there) in before.items()
            if after.get(key, ZERO) < there
        ],
    }


def answer_question(
    *,
    actor: User,
    order_id: int,
    question_id: int,
    accept: bool,
    now: dt.datetime,
    product_id: int | None = None,
    quantity: Decimal | None = None,
    pay: PayRequest | None = None,
    request_id: str = "",
) -> None:
    """A customer's answer to any question about their order. A change that staff proposed is carried
    out on the card that `pay` names, else on the order's own, else on the default one.

    Raises what `orders.services.answer_question` raises, and for a change what `change` raises.
    """
    asked = OrderQuestion.objects.filter(pk=question_id, order_id=order_id, order__user=actor)
    question = asked.select_related("order").first()
    if question is None:
        raise NotFound
    if question.kind != Kind.CHANGE or not accept:
        orders.answer_question(
            actor=actor,
            order_id=order_id,
            question_id=question_id,
            accept=accept,
            product_id=product_id,
            quantity=quantity,
            now=now,
        )
        return
    if question.status == OrderQuestion.Status.ACCEPTED:
        return  # pressed twice
    _carry_out(actor, question.order, question, pay or PayRequest(), request_id, now)


def _carry_out(
    actor: User,
    order: Order,
    question: OrderQuestion,
    pay: PayRequest,
    request_id: str,
    now: dt.datetime,
) -> None:
    proposal = question.proposal
    open_proposal_of(order=order, now=now, question_id=question.pk)
    change(
        actor=actor,
        order_id=order.pk,
        key=f"question:{question.pk}",
        request=ChangeRequest.proposed(
            proposal["request"],
            payment_token_id=pay.payment_token_id,
            payment=pay.payment,
            expected_version=proposal["version"],
            expected_total=Decimal(proposal["total"]),
            reason=proposal["reason"],
        ),
        request_id=request_id,
        now=now,
        agreed=question.pk,
    )
