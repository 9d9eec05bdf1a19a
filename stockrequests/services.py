"""Asking for a correction of the stock, and deciding about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from branches.selectors import branch as active_branch
from core.errors import DomainError, InvalidInput, PermissionRefused
from core.transactions import write_transaction
from inventory import services as inventory
from inventory.selectors import stock_at
from stockrequests.errors import AlreadyReviewed, SelfReview
from stockrequests.locks import lock_request
from stockrequests.models import StockRequest

MOST_AT_ONCE = 200
REASON_LENGTH = 200
MAX_ON_HAND = Decimal("999999.999")
Status, Type = StockRequest.Status, StockRequest.Type


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a manager decides about one request; `approved_quantity` None approves as asked."""

    request_id: int
    status: str
    approved_quantity: Decimal | None = None
    rejection_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionResult:
    """What became of one decision of many: the request, or why not."""

    request_id: int
    request: StockRequest | None = None
    refusal: DomainError | None = None


def file_request(
    *,
    actor: User,
    branch_id: int,
    product_id: int,
    request_type: str,
    quantity: Decimal,
    reason: str = "",
    now: dt.datetime,
) -> StockRequest:
    """Ask to set a branch's count of a product to `quantity`, or to add it (units or kg).

    Raises PermissionRefused, NotFound (branch, product), InvalidInput.
    """
    if not actor.is_employee:
        raise PermissionRefused
    if request_type not in Type.values:
        raise InvalidInput(fields={"request_type": [_("Choose what is wrong.")]})
    branch = active_branch(branch_id=branch_id)
    stock = stock_at(branch_id=branch.pk, product_id=product_id)
    _check(request_type, quantity, stock.product.sold_by)
    with write_transaction():
        request = StockRequest.objects.create(
            branch=branch,
            product_id=product_id,
            request_type=request_type,
            quantity=quantity,
            quantity_seen=stock.on_hand,
            reason=reason.strip()[:REASON_LENGTH],
            requested_by=actor,
            created_at=now,
        )
        record(
            actor=actor,
            entity_type="stock_request",
            entity_id=request.pk,
            action=Action.CREATE,
            new={
                "branch_id": branch.pk,
                "product_id": product_id,
                "request_type": request_type,
                "quantity": quantity,
            },
        )
    return request


def review(*, actor: User, decision: Decision, now: dt.datetime) -> StockRequest:
    """Approve (and change the stock) or reject a request, in one transaction.

    Raises PermissionRefused, InvalidInput, NotFound, AlreadyReviewed, SelfReview (managers only:
    an admin may decide about their own).
    """
    if not actor.is_manager:
        raise PermissionRefused
    reason = decision.rejection_reason.strip()
    _check_decision(decision, reason)
    with write_transaction(durable=True):
        request = lock_request(request_id=decision.request_id)
        if request.status != Status.PENDING:
            raise AlreadyReviewed(
                status=request.status,
                reviewed_by=request.reviewed_by.full_name if request.reviewed_by else "",
            )
        if request.requested_by_id == actor.pk and not actor.is_admin:
            raise SelfReview
        if decision.status == Status.APPROVED:
            _approve(actor, request, decision.approved_quantity, now)
        else:
            _reject(actor, request, reason, now)
    return request


def review_many(
    *, actor: User, decisions: Sequence[Decision], now: dt.datetime
) -> list[DecisionResult]:
    """Decide about many, each by itself: one that is refused does not stop the others.

    Raises PermissionRefused, and InvalidInput for more than 200.
    """
    if not actor.is_manager:
        raise PermissionRefused
    if len(decisions) > MOST_AT_ONCE:
        text = _("At most %(most)d at once.") % {"most": MOST_AT_ONCE}
        raise InvalidInput(fields={"items": [text]})
    return [_outcome(actor, decision, now) for decision in decisions]


def _outcome(actor: User, decision: Decision, now: dt.datetime) -> DecisionResult:
    try:
        request = review(actor=actor, decision=decision, now=now)
    except DomainError as refusal:
        return DecisionResult(request_id=decision.request_id, refusal=refusal)
    return DecisionResult(request_id=decision.request_id, request=request)


def _approve(
    actor: User, request: StockRequest, approved: Decimal | None, now: dt.datetime
) -> None:
    quantity = request.quantity if approved is None else approved
    _check(request.request_type, quantity, request.product.sold_by, field="approved_quantity")
    _decide(actor, request, now, status=Status.APPROVED, approved_quantity=quantity)
    change: Any = (
        inventory.set_for if request.request_type == Type.SET_QUANTITY else inventory.add_on_hand
    )
    change(
        actor=actor,
        branch_id=request.branch_id,
        product_id=request.product_id,
        quantity=quantity,
        reference=f"stock_request:{request.pk}",
        reason=request.reason,
    )
    record(
        actor=actor,
        entity_type="stock_request",
        entity_id=request.pk,
        action=Action.APPROVE,
        old={"status": Status.PENDING, "quantity": request.quantity},
        new={"status": Status.APPROVED, "approved_quantity": quantity},
    )


def _reject(actor: User, request: StockRequest, reason: str, now: dt.datetime) -> None:
    _decide(actor, request, now, status=Status.REJECTED, rejection_reason=reason)
    record(
        actor=actor,
        entity_type="stock_request",
        entity_id=request.pk,
        action=Action.REJECT,
        old={"status": Status.PENDING},
        new={"status": Status.REJECTED},
        context={"reason": reason},
    )


def _decide(actor: User, request: StockRequest, now: dt.datetime, **values: Any) -> None:
    for name, value in {**values, "reviewed_by": actor, "reviewed_at": now}.items():
        setattr(request, name, value)
    request.save(update_fields=[*values, "reviewed_by", "reviewed_at"])


def _check_decision(decision: Decision, reason: str) -> None:
    if decision.status not in {Status.APPROVED, Status.REJECTED}:
        raise InvalidInput(fields={"status": [_("Approve it or reject it.")]})
    if decision.status == Status.REJECTED and not reason:
        raise InvalidInput(fields={"rejection_reason": [_("Say why: the employee sees it.")]})
    if len(reason) > REASON_LENGTH:
        text = _("At most %(most)d characters.") % {"most": REASON_LENGTH}
        raise InvalidInput(fields={"rejection_reason": [text]})


def _check(request_type: str, quantity: Decimal, sold_by: str, *, field: str = "quantity") -> None:
    message = ""
    if not quantity.is_finite() or quantity > MAX_ON_HAND:
        message = _("That is more than a shelf can hold.")
    elif request_type == Type.SET_QUANTITY and quantity < 0:
        message = _("Zero or more.")
    elif request_type == Type.ADD_QUANTITY and quantity < 1:
        message = _("One or more.")
    elif sold_by == "UNIT" and quantity != quantity.to_integral_value():
        message = _("This product is counted in whole units.")
    elif quantity != quantity.quantize(Decimal("0.001")):
        message = _("Weights are kept to the gram.")
    if message:
        raise InvalidInput(fields={field: [message]})
