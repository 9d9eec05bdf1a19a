"""The first step of a change: everything checked under locks, what it adds promised.

A few milliseconds, no outsider asked. When anything is refused, everything is as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from accounts.models import User
from branches.locks import lock_dated_slot, lock_dated_slot_row
from branches.models import DatedSlot
from branches.services import release_holds, take_place, take_place_for_staff
from checkout import idempotency
from checkout.errors import PriceChanged
from checkout.models import IdempotencyKey
from checkout.quotes import about
from checkout.requests import ChangeRequest
from checkout.services.change_quotes import (
    Place,
    check_may_change,
    check_minimum,
    details_of,
    place_of,
    plan_of,
)
from core.errors import NotFound, PermissionRefused
from core.money import ZERO
from core.transactions import write_transaction
from inventory import services as inventory
from inventory.errors import InsufficientStock
from orders import status
from orders.change_models import OrderChange, OrderQuestion
from orders.change_plan import ChangePlan, moves_of
from orders.errors import ExceedsHold, OrderChanged
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem
from orders.services.changing import LEASE, write_change
from orders.services.proposing import offered, open_proposal_of
from orders.services.questions import holder_of
from payments import services as payments
from payments.cards import ChosenCard
from payments.payment_results import (
    PaymentHandle,
)
from payments.selectors import held_amount, standing

Status = OrderChange.Status


@dataclass(frozen=True, kw_only=True)
class AskedChange:
    """A change that waits for its money."""

    change_id: int
    key_id: int | None
    payment: PaymentHandle | None
    payment_id: int
    order_number: str


def reserve_change(
    actor: User,
    order_id: int,
    key: str,
    request: ChangeRequest,
    now: dt.datetime,
    by_staff: bool,
    agreed: int | None = None,
) -> AskedChange | None:
    """The first transaction. None: the change is written, or was. `agreed` is the question in which
    staff proposed it: what they may, its customer may then."""
    with write_transaction(durable=True):
        claimed = idempotency.claim_key(
            user_id=actor.pk,
            key=key,
            body_hash=request.body_hash(order_id),
            now=now,
            scope=idempotency.CHANGE,
        )
        if claimed.state == IdempotencyKey.State.DONE:
            return None
        if claimed.created_at != now and (left := _left_open(claimed)) is not None:
            return left
        order = locked(actor, order_id, by_staff)
        items = lock_items(order_id=order.pk)
        if order.is_being_changed:
            raise OrderChanged(version=order.version)
        question = (
            None if agreed is None else open_proposal_of(order=order, now=now, question_id=agreed)
        )
        check_version(order, request)
        as_staff = by_staff or question is not None
        check_may_change(order=order, request=request, by_staff=as_staff, now=now)
        place = place_of(order=order, items=items, request=request, now=now)
        slot = take_new_place(order, place, now, as_staff, question)
        plan = plan_of(order=order, items=items, request=request, place=place, slot=slot, now=now)
        check_minimum(order, place, plan.totals)
        if request.expected_total != plan.totals.total:
            raise PriceChanged(total=str(plan.totals.total))
        added = promise(actor, order, items, plan, already=offered(question))
        if not must_hold(order, plan):
            before = order.total_amount
            write_change(
                actor=actor,
                order=order,
                items=items,
                plan=plan.body(),
                reason=request.reason.strip(),
                now=now,
                question=question,
            )
            _note_done(order, actor, claimed, request, (before, plan.totals.total), now)
            return None
        asked = _open(actor, order, claimed, request, plan, added, now, by_staff)
        if question is not None:
            OrderChange.objects.filter(pk=asked.change_id).update(question=question)
        return asked


def locked(actor: User, order_id: int, by_staff: bool) -> Order:
    order = lock_order(order_id=order_id)
    check_person(actor, order, by_staff)
    status.refuse_while_leaving(order)
    if order.dated_slot_id is not None:
        order.dated_slot = DatedSlot.objects.select_related("slot__branch").get(
            pk=order.dated_slot_id
        )
    return order


def check_person(actor: User, order: Order, by_staff: bool) -> None:
    """Raises NotFound for a stranger, PermissionRefused for staff without the right."""
    if by_staff:
        if not actor.is_manager:
            raise PermissionRefused
        status.refuse_own(order, actor)
    elif order.user_id != actor.pk:
        raise NotFound


def check_version(order: Order, request: ChangeRequest) -> None:
    if request.expected_version not in (None, order.version):
        raise OrderChanged(version=order.version)


def must_hold(order: Order, plan: ChangePlan) -> bool:
    """Whether more has to be held now than is: not of what left, nor of what is held later."""
    if order.left_at is not None:
        return False
    found = standing(payment_id=order.payment_id)
    if found.state == "SCHEDULED":
        return False
    return plan.totals.total > (held_amount(payment_id=order.payment_id) or ZERO)


def has_mandate(order: Order) -> bool:
    """Whether its customer left a card on which more may be held without them."""
    return payments.mandate_of(payment_id=order.payment_id) is not None


def take_new_place(
    order: Order,
    place: Place,
    now: dt.datetime,
    by_staff: bool,
    question: OrderQuestion | None = None,
) -> DatedSlot | None:
    """The window the order will have, with a place taken in it where it is another one: the one that
    is kept for the `question` to which its customer agrees."""
    if place.keeps_slot:
        return order.dated_slot
    slot = lock_window(order, place, now)
    if slot is None:
        return None
    holder = None if question is None else holder_of(question.pk)
    take = take_place_for_staff if by_staff else take_place
    take(dated_slot=slot, branch_id=place.branch.pk, now=now, but_for=holder)
    if holder is not None:
        release_holds(kind=holder.kind, references=[holder.reference])
    return slot


def lock_window(order: Order, place: Place, now: dt.datetime) -> DatedSlot | None:
    """The other window that is asked for, locked; None where none is.

    Old and new row are locked in the order of their keys: two customers may swap places.
    """
    if place.asked is None:
        return None
    slot_id, date = place.asked
    known = (
        DatedSlot.objects.filter(slot_id=slot_id, date=date).values_list("pk", flat=True).first()
    )
    old = order.dated_slot_id
    if old is not None and (known is None or old < known):
        lock_dated_slot_row(dated_slot_id=old)
    with about("delivery_slot_id"):
        slot = lock_dated_slot(slot_id=slot_id, date=date, now=now)
    if old is not None and known is not None and old > known:
        lock_dated_slot_row(dated_slot_id=old)
    return slot


def promise(
    actor: User,
    order: Order,
    items: list[OrderItem],
    plan: ChangePlan,
    *,
    already: Mapping[int, Decimal] | None = None,
) -> dict[int, Decimal]:
    """Promise what is added beyond what is promised `already`, by product. Raises InsufficientStock,
    naming what is short."""
    whole, _removed = moves_of(order, items, lines=plan.lines, branch_id=plan.branch_id)
    there = already or {}
    added = {key: amount - there.get(key, ZERO) for key, amount in whole.items()}
    added = {key: amount for key, amount in added.items() if amount > 0}
    if added:
        try:
            inventory.reserve(
                actor=actor,
                branch_id=plan.branch_id,
                quantities=added,
                reference=f"order:{order.order_number}",
            )
        except InsufficientStock as refusal:
            raise InsufficientStock(**details_of(dict(refusal.details), plan.lines)) from None
    return added


def _open(
    actor: User,
    order: Order,
    key: IdempotencyKey,
    request: ChangeRequest,
    plan: ChangePlan,
    added: dict[int, Decimal],
    now: dt.datetime,
    by_staff: bool,
) -> AskedChange:
    """Write down what waits for its money: the change, and the payment that will be asked for."""
    number = order.order_number
    payment = payments.open_payment(
        user_id=order.user_id,
        order_number=number,
        amount=plan.totals.total,
        card=_card(order, request, by_staff),
        now=now,
        attempt=payments.next_attempt(order_number=number),
    )
    found = OrderChange.objects.create(
        order=order,
        actor=actor,
        key=key,
        payment_id=payment.id,
        version=order.version,
        total_before=order.total_amount,
        total=plan.totals.total,
        reason=request.reason.strip(),
        branch_id=plan.branch_id,
        dated_slot_id=plan.dated_slot_id if plan.is_moved else None,
        added={str(product_id): str(amount) for product_id, amount in added.items()},
        plan=plan.body(),
        lease_expires_at=now + LEASE,
        expires_at=now + dt.timedelta(minutes=settings.RESERVATION_MINUTES),
        created_at=now,
    )
    order.is_being_changed = True
    order.save(update_fields=["is_being_changed", "updated_at"])
    return AskedChange(
        change_id=found.pk,
        key_id=key.pk,
        payment=payment,
        payment_id=payment.id,
        order_number=number,
    )


def _card(order: Order, request: ChangeRequest, by_staff: bool) -> ChosenCard:
    """The card given, else the order's own where its owner left it, else the default one."""
    given = request.payment_token_id is not None or request.payment is not None
    own = None if given and not by_staff else payments.mandate_of(payment_id=order.payment_id)
    if own is not None:
        return own
    if by_staff:
        held = held_amount(payment_id=order.payment_id)
        raise ExceedsHold(authorized=str(held or ZERO))
    return payments.chosen_card(
        user_id=order.user_id,
        payment_token_id=request.payment_token_id,
        card=request.payment,
    )


def _note_done(
    order: Order,
    actor: User,
    key: IdempotencyKey,
    request: ChangeRequest,
    totals: tuple[Decimal, Decimal],
    now: dt.datetime,
) -> None:
    """The change for which nothing had to be asked, among the others; `totals` before and after."""
    OrderChange.objects.create(
        order=order,
        actor=actor,
        key=key,
        status=Status.DONE,
        version=order.version - 1,
        total_before=totals[0],
        total=totals[1],
        reason=request.reason.strip(),
        branch_id=order.branch_id,
        added={},
        plan={},
        lease_expires_at=now,
        expires_at=now,
        created_at=now,
        finished_at=now,
    )
    idempotency.store_response(key_id=key.pk, status=200, body={"order_id": order.pk})


def _left_open(key: IdempotencyKey) -> AskedChange | None:
    """What an earlier request with this key left behind, if it died after reserving."""
    found = OrderChange.objects.filter(key=key, status=Status.OPEN).select_related("order").first()
    if found is None or found.payment_id is None:
        return None
    return AskedChange(
        change_id=found.pk,
        key_id=key.pk,
        payment=None,
        payment_id=found.payment_id,
        order_number=found.order.order_number,
    )
