"""Closing questions to customers: what was offered is free again. In the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.conf import settings

from branches.models import Holder, PlaceHold
from branches.services import release_holds
from core.money import line_total
from core.transactions import require_transaction
from inventory import services as inventory
from orders.change_models import OrderQuestion
from orders.models import Order, OrderItem
from orders.substitutes import agreed_price

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


def follow_line(*, order: Order, item: OrderItem, now: dt.datetime) -> None:
    """Let the open question about a locked line that nothing replaces ask for what is missing of it
    now; close it where nothing is.

    Of what is offered no more than that is promised any longer, and it costs no more than that. One
    query where nothing is asked.
    """
    require_transaction()
    found = OrderQuestion.objects.filter(item=item, status=OrderQuestion.Status.OPEN)
    question, left = found.first(), item.left
    if question is None or question.missing_quantity == left:
        return
    if not left:  # found after all: nobody needs to be asked
        status = OrderQuestion.Status.EXPIRED
        close_question(order=order, question=question, status=status, now=now)
        return
    freed = {}
    for offer in question.offers.filter(quantity__gt=left):
        freed[offer.product_id] = offer.quantity - left
        offer.quantity = left
        offer.line_total = min(line_total(offer.unit_price, left), agreed_price(item, left))
        offer.save(update_fields=["quantity", "line_total"])
    if freed:
        inventory.release(
            actor=None,
            branch_id=question.branch_id or order.branch_id,
            quantities=freed,
            reference=f"order:{order.order_number}",
        )
    question.missing_quantity = left
    question.save(update_fields=["missing_quantity"])
