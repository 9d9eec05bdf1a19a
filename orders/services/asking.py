"""Asking a customer what to give instead of something missing, and what follows from the answer.

The order's lock decides between an answer, the end of its time and the picker: the first one counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from cart.models import Substitution
from catalog.models import Product
from core.errors import DomainError, InvalidInput, NotFound, PermissionRefused
from core.money import ZERO, line_total
from core.transactions import require_transaction, write_transaction
from inventory import services as inventory
from notifications.services import queue
from orders.change_models import OrderQuestion, QuestionOffer
from orders.errors import OrderNotInPicking, QuestionClosed, SubstituteNotPossible
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.services.customers_choice import go_by_choice, must_ask, settled_lines
from orders.services.picking import check_quantity, next_version, write_pick
from orders.services.questions import answer_until, close_question
from orders.services.substituting import REASON, charge_deposit, safe_product
from orders.services.timeline import write_status
from orders.status import refuse_own, refuse_while_changed
from orders.substitutes import agreed_price, left_of, substitute_candidates

Status = OrderQuestion.Status
ANSWERABLE = frozenset({OrderStatus.IN_PROGRESS, OrderStatus.MISSING, OrderStatus.DELAYED})
MOST_OFFERS = 3


def ask_customer(
    *,
    actor: User,
    order_id: int,
    item_id: int,
    now: dt.datetime,
    product_ids: Sequence[int] = (),
) -> OrderQuestion:
    """Ask what to give instead of what is missing of a line, offering up to three products.

    Without `product_ids` the closest safe ones are offered. What is offered is promised until the
    answer. Asked again while it is open, it is the same question. Raises PermissionRefused, OwnOrder,
    NotFound, OrderNotInPicking, SubstituteNotPossible, InsufficientStock.
    """
    if not actor.is_employee:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        refuse_own(order, actor)
        items = lock_items(order_id=order.pk)
        item = next((one for one in items if one.pk == item_id), None)
        if item is None:
            raise NotFound
        if order.status != OrderStatus.IN_PROGRESS:
            raise OrderNotInPicking(status=order.status)
        refuse_while_changed(order)
        open_one = OrderQuestion.objects.filter(item=item, status=Status.OPEN).first()
        if open_one is not None:
            return open_one
        _check_line(item, items)
        return _open(actor, order, item, items, now, product_ids)


def ask_at_the_end(
    *, actor: User | None, order: Order, items: list[OrderItem], now: dt.datetime
) -> None:
    """Ask about every line of a locked order that ends with something missing and was not asked for.

    In the caller's transaction.
    """
    require_transaction()
    waiting = must_ask(items, settled_lines(order=order, items=items))
    asked = OrderQuestion.objects.filter(order=order, status=Status.OPEN)
    there = set(asked.values_list("item_id", flat=True))
    for item in waiting:
        if item.pk not in there:
            _open(actor, order, item, items, now, ())


def answer_question(
    *,
    actor: User,
    order_id: int,
    question_id: int,
    accept: bool,
    now: dt.datetime,
    product_id: int | None = None,
    quantity: Decimal | None = None,
) -> Order:
    """The customer's answer: take a product instead (offered or any other safe one), or nothing.

    Accepted, it becomes a line to pick, and an order that waited with something missing is picked
    on; otherwise the missing goods are not charged. Raises NotFound, QuestionClosed (answered, or
    too late), SubstituteNotPossible, InsufficientStock, InvalidInput.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        items = lock_items(order_id=order.pk)
        question = OrderQuestion.objects.filter(pk=question_id, order=order).first()
        if question is None or order.user_id != actor.pk:
            raise NotFound
        if question.status != Status.OPEN or now >= question.answer_until:
            raise QuestionClosed(status=question.status)
        refuse_while_changed(order)
        item = next((one for one in items if one.pk == question.item_id), None)
        if accept and (item is None or order.status not in ANSWERABLE or order.left_at is not None):
            raise QuestionClosed(status=question.status)
        offered = _offered(question, product_id)
        _close(actor, order, question, Status.ACCEPTED if accept else Status.REJECTED, now)
        if accept and item is not None:
            _take(actor, order, item, items, product_id, quantity or offered, now)
        else:
            go_by_choice(order=order, items=items, now=now)
    return order


def expire_questions(*, now: dt.datetime, limit: int = 100) -> int:
    """Close the questions whose time is over: the missing goods are not charged. How many."""
    due = OrderQuestion.objects.filter(status=Status.OPEN, answer_until__lte=now)
    closed = 0
    for order_id, question_id in list(due.order_by("pk").values_list("order_id", "pk")[:limit]):
        try:
            with write_transaction(durable=True):
                order = lock_order(order_id=order_id)
                items = lock_items(order_id=order.pk)
                question = OrderQuestion.objects.get(pk=question_id)
                if question.status == Status.OPEN and not order.is_being_changed:
                    _close(None, order, question, Status.EXPIRED, now)
                    go_by_choice(order=order, items=items, now=now)
                    closed += 1
        except DomainError:  # somebody holds a lock: next time
            continue
    return closed


def _check_line(item: OrderItem, items: list[OrderItem]) -> None:
    if item.substitute_for_id is not None or not item.left:
        raise SubstituteNotPossible(reason="NOT_MISSING")
    if left_of(item, items) <= 0:
        raise SubstituteNotPossible(reason="ALREADY_REPLACED")
    if item.substitution == Substitution.REFUND:
        raise SubstituteNotPossible(reason="NOT_WANTED")


def _open(
    actor: User | None,
    order: Order,
    item: OrderItem,
    items: Sequence[OrderItem],
    now: dt.datetime,
    product_ids: Sequence[int],
) -> OrderQuestion:
    left = left_of(item, items)
    offers = _offers(order, item, left, product_ids)
    if offers:
        inventory.reserve(
            actor=actor,
            branch_id=order.branch_id,
            quantities={product.pk: amount for product, amount in offers},
            reference=f"order:{order.order_number}",
        )
    question = OrderQuestion.objects.create(
        order=order,
        item=item,
        missing_quantity=left,
        asked_by=actor,
        asked_at=now,
        answer_until=answer_until(order, now),
    )
    QuestionOffer.objects.bulk_create(
        QuestionOffer(
            question=question,
            product=product,
            unit_price=product.price,
            quantity=amount,
            line_total=min(
                line_total(product.price, amount),
                agreed_price(item, amount, covered=item.left - left),
            ),
        )
        for product, amount in offers
    )
    _trail(actor, order, question, {"asked": item.pk, "offers": len(offers)})
    queue(
        user_id=order.user_id,
        kind="substitute_question",
        context={"order_id": order.pk, "question_id": question.pk},
        dedupe_key=f"substitute_question:{question.pk}",
    )
    return question


def _offers(
    order: Order, item: OrderItem, left: Decimal, product_ids: Sequence[int]
) -> list[tuple[Product, Decimal]]:
    """The products to offer with how much of each; asked for ones in full, others as there are."""
    if product_ids:
        wanted = list(dict.fromkeys(product_ids))[:MOST_OFFERS]
        return [(safe_product(item, key, order.due_at), left) for key in wanted]
    offers = []
    for one in substitute_candidates(item=item, branch_id=order.branch_id)[:MOST_OFFERS]:
        step = one.product.quantity_step
        most = (one.available / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step
        if amount := min(left, most):
            offers.append((one.product, amount))
    return offers


def _offered(question: OrderQuestion, product_id: int | None) -> Decimal | None:
    """How much of a product was offered, which may be less than is missing; None: it was not."""
    offers = question.offers.filter(product_id=product_id) if product_id is not None else None
    return None if offers is None else offers.values_list("quantity", flat=True).first()


def _take(
    actor: User,
    order: Order,
    item: OrderItem,
    items: Sequence[OrderItem],
    product_id: int | None,
    quantity: Decimal | None,
    now: dt.datetime,
) -> None:
    """The product that was chosen, as a line to pick; never dearer than what it replaces."""
    if product_id is None:
        raise SubstituteNotPossible(reason="UNSAFE")
    product = safe_product(item, product_id, order.due_at)
    left = left_of(item, items)
    amount = left if quantity is None else quantity
    check_quantity(item, amount, of=left)
    if amount > left:  # what a picker weighs may be more, what is asked for may not
        message = _("That is more than was ordered.")
        raise InvalidInput(fields={"quantity": [message]})
    inventory.reserve(
        actor=actor,
        branch_id=order.branch_id,
        quantities={product.pk: amount},
        reference=f"order:{order.order_number}",
    )
    if item.picked_status == PickedStatus.PENDING:
        write_pick(
            actor=actor,
            order=order,
            item=item,
            picked_status=PickedStatus.MISSING,
            quantity=None,
            reason=REASON,
            now=now,
        )
        next_version(item)
    total = line_total(product.price, amount)
    line = OrderItem.objects.create(
        order=order,
        product=product,
        name_he=product.name_he,
        name_en=product.name_en,
        sku=product.sku,
        sold_by=product.sold_by,
        unit_price=product.price,
        quantity=amount,
        discount=max(ZERO, total - agreed_price(item, amount, covered=item.left - left)),
        line_total=total,
        vat_class=str(product.vat_class_id),
        vat_rate=product.vat_rate,  # type: ignore[attr-defined]
        substitution=item.substitution,
        substitute_for=item,
    )
    charge_deposit(order=order, line=line, product=product)
    if order.status == OrderStatus.MISSING:
        order.picked_at = None
        write_status(actor=actor, order=order, to=OrderStatus.IN_PROGRESS, now=now)
        record(
            actor=actor,
            entity_type="order",
            entity_id=order.pk,
            action=Action.STATUS_CHANGE,
            old={"status": OrderStatus.MISSING},
            new={"status": OrderStatus.IN_PROGRESS},
        )


def _close(
    actor: User | None, order: Order, question: OrderQuestion, status: str, now: dt.datetime
) -> None:
    close_question(order=order, question=question, status=status, now=now)
    _trail(actor, order, question, {"status": status})


def _trail(
    actor: User | None, order: Order, question: OrderQuestion, new: dict[str, object]
) -> None:
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        new=new,
        context={"question_id": question.pk},
    )
