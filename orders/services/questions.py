"""Closing questions to customers: what was offered is free again. In the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.conf import settings

from branches.models import Holder, PlaceHold
from branches.services import release_holds
from core.transactions import require_transaction
from inventory import services as inventory
from orders.change_models import OrderQuestion
from orders.models import Order

AT_LEAST = dt.timedelta(minutes=5)
BEFORE_WINDOW = dt.timedelta(minutes=10)
KEPT = ("version", "total_before", "total", "reason")
"""What of a proposal stays once it is answered."""


def answer_until(order: Order, now: dt.datetime) -> dt.datetime:
    """Until when the customer of an order may answer a question that is asked now."""
    minutes = dt.timedelta(minutes=settings.QUESTION_MINUTES)
    return max(min(now + minutes, order.due_at - BEFORE_WINDOW), now + AT_LEAST)


def holder_of(question_id: int) -> Holder:
    """For whom the place is kept that a proposed change would take."""
    return Holder(PlaceHold.Kind.QUESTION, question_id)


def close_question(*, order: Order, question: OrderQuestion, status: str, now: dt.datetime) -> None:
    """Close an open question of a locked order and release what it promised, the place it keeps too."""
    require_transaction()
    if question.kind == OrderQuestion.Kind.CHANGE:
        release_holds(kind=PlaceHold.Kind.QUESTION, references=[question.pk])
    offered = dict(question.offers.values_list("product_id", "quantity"))
    if offered:
        inventory.release(
            actor=None,
            branch_id=question.branch_id or order.branch_id,
            quantities=offered,
            reference=f"order:{order.order_number}",
        )
    question.status, question.answered_at = status, now
    fields = ["status", "answered_at"]
    if question.kind == OrderQuestion.Kind.CHANGE:  # an address may stand in it
        question.proposal = {name: question.proposal.get(name) for name in KEPT}
        fields.append("proposal")
    question.save(update_fields=fields)


def close_questions(
    *, order: Order, status: str, now: dt.datetime, item_ids: Collection[int] | None = None
) -> None:
    """Close all open questions of a locked order, or those about some of its lines."""
    found = OrderQuestion.objects.filter(order=order, status=OrderQuestion.Status.OPEN)
    if item_ids is not None:
        found = found.filter(item_id__in=item_ids)
    for question in found.order_by("pk"):
        close_question(order=order, question=question, status=status, now=now)
