"""Asking a customer to agree to a change that staff propose: what it adds is promised meanwhile.

The order's lock decides between the answer, the end of its time and whatever else happens to the
order; any other change of it ends the question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.services import Action, record
from branches.models import DatedSlot, PlaceHold
from branches.services import hold_place, release_holds
from catalog.models import Product
from core.errors import NotFound
from core.money import line_total
from core.transactions import require_transaction
from inventory import services as inventory
from notifications.services import queue
from orders.change_models import OrderQuestion, QuestionOffer
from orders.errors import QuestionClosed
from orders.models import Order
from orders.services.questions import KEPT, answer_until, close_question, holder_of

Kind, Status = OrderQuestion.Kind, OrderQuestion.Status


def open_proposal(
    *,
    actor: User,
    order: Order,
    body: Mapping[str, Any],
    added: Mapping[int, Decimal],
    branch_id: int,
    now: dt.datetime,
    window: DatedSlot | None = None,
) -> OrderQuestion:
    """Ask the customer of a locked order, whose older proposal has ended; `added` is promised at that
    branch already. A place of `window`, which is locked and has one, is kept until the answer."""
    require_transaction()
    question = OrderQuestion.objects.create(
        order=order,
        kind=Kind.CHANGE,
        branch_id=branch_id,
        proposal=dict(body),
        asked_by=actor,
        asked_at=now,
        answer_until=answer_until(order, now),
    )
    if window is not None:
        hold_place(dated_slot=window, holder=holder_of(question.pk), until=question.answer_until)
    products = Product.objects.in_bulk(list(added))
    QuestionOffer.objects.bulk_create(
        QuestionOffer(
            question=question,
            product=products[key],
            unit_price=products[key].price,
            quantity=amount,
            line_total=line_total(products[key].price, amount),
        )
        for key, amount in added.items()
    )
    _trail(actor, question, {"asked": "change", "total": body["total"]})
    queue(
        user_id=order.user_id,
        kind="substitute_question",
        context={"order_id": order.pk, "question_id": question.pk},
        dedupe_key=f"substitute_question:{question.pk}",
    )
    return question


def open_proposal_of(
    *, order: Order, now: dt.datetime, question_id: int | None = None
) -> OrderQuestion | None:
    """The proposal that its customer may still answer; of `question_id` when given. Raises then
    NotFound, QuestionClosed."""
    found = OrderQuestion.objects.filter(order=order, kind=Kind.CHANGE)
    if question_id is None:
        return found.filter(status=Status.OPEN, answer_until__gt=now).first()
    question = found.filter(pk=question_id).first()
    if question is None:
        raise NotFound
    outdated = question.proposal.get("version") != order.version
    if question.status != Status.OPEN or now >= question.answer_until or outdated:
        raise QuestionClosed(status=question.status)
    return question


def offered(question: OrderQuestion | None) -> dict[int, Decimal]:
    """What is promised for an open question, by product. One query."""
    if question is None:
        return {}
    return dict(question.offers.values_list("product_id", "quantity"))


def settle_proposal(
    *,
    actor: User,
    order: Order,
    question: OrderQuestion,
    used: Mapping[int, Decimal],
    now: dt.datetime,
) -> None:
    """The customer of a locked order agreed: what was promised for it is the order's now, and what of
    it the change does not use (`used`, by product) is free again."""
    require_transaction()
    release_holds(kind=PlaceHold.Kind.QUESTION, references=[question.pk])
    free = {
        key: amount - used.get(key, Decimal(0))
        for key, amount in offered(question).items()
        if amount > used.get(key, Decimal(0))
    }
    if free:
        inventory.release(
            actor=None,
            branch_id=question.branch_id or order.branch_id,
            quantities=free,
            reference=f"order:{order.order_number}",
        )
    question.status, question.answered_at = Status.ACCEPTED, now
    question.proposal = {name: question.proposal.get(name) for name in KEPT}
    question.save(update_fields=["status", "answered_at", "proposal"])
    _trail(actor, question, {"status": Status.ACCEPTED})


def close_proposals(*, order: Order, now: dt.datetime) -> None:
    """End what a locked order's customer was asked to agree to: the order is another one now."""
    found = OrderQuestion.objects.filter(order=order, kind=Kind.CHANGE, status=Status.OPEN)
    for question in found:
        close_question(order=order, question=question, status=Status.EXPIRED, now=now)


def _trail(actor: User, question: OrderQuestion, new: dict[str, object]) -> None:
    record(
        actor=actor,
        entity_type="order",
        entity_id=question.order_id,
        action=Action.UPDATE,
        new=new,
        context={"question_id": question.pk},
    )
