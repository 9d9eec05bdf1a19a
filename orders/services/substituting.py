"""Giving something else where a product has run out: safe for its customer, and never dearer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from accounts.models import User
from audit.services import Action, record
from cart.charges import DEPOSIT, vat_class_of
from cart.models import Substitution
from catalog.models import Product
from catalog.vat import rates_on
from core.clock import shop_date
from core.errors import NotFound, PermissionRefused
from core.money import ZERO, line_total
from core.transactions import require_transaction, write_transaction
from inventory import services as inventory
from inventory.locks import lock_stocks
from orders.errors import OrderNotInPicking, SubstituteNotPossible
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.refund_models import OrderCharge
from orders.services.picking import (
    check_not_overtaken,
    check_quantity,
    next_version,
    write_pick,
)
from orders.services.questions import close_questions
from orders.status import refuse_own, refuse_while_changed
from orders.substitutes import agreed_price, left_of

REASON = "OUT_OF_STOCK"


def substitute(
    *,
    actor: User,
    order_id: int,
    item_id: int,
    product_id: int,
    now: dt.datetime,
    quantity: Decimal | None = None,
    agreed: bool = False,
    seen_version: int | None = None,
) -> OrderItem:
    """Pack `quantity` (units or kg; None: as many as are missing) of another product for a line.

    A line of which nothing was found becomes MISSING, its promise ends; one of which a part was
    found keeps that part, and the rest is replaced. The other product is taken from what nobody
    was promised. The customer pays its price or that of what it replaces, whichever is lower.
    `agreed`: the customer was asked and said yes; `seen_version`: the line's when it was decided.
    While the order is being picked; a manager also while it waits with items missing. Raises
    PermissionRefused, OwnOrder, NotFound (line, product), OrderNotInPicking, PickOvertaken,
    SubstituteNotPossible, InvalidInput, InsufficientStock.
    """
    with write_transaction(durable=True):
        return substitute_within(
            actor=actor,
            order_id=order_id,
            item_id=item_id,
            product_id=product_id,
            now=now,
            quantity=quantity,
            agreed=agreed,
            seen_version=seen_version,
        )


def substitute_within(
    *,
    actor: User,
    order_id: int,
    item_id: int,
    product_id: int,
    now: dt.datetime,
    quantity: Decimal | None = None,
    agreed: bool = False,
    seen_version: int | None = None,
) -> OrderItem:
    """`substitute` as part of the caller's transaction, with the same refusals."""
    require_transaction()
    if not actor.is_employee:
        raise PermissionRefused
    order = lock_order(order_id=order_id)
    refuse_own(order, actor)
    items = lock_items(order_id=order.pk)
    item = next((one for one in items if one.pk == item_id), None)
    if item is None:
        raise NotFound
    _check_time(actor, order)
    refuse_while_changed(order)
    check_not_overtaken(item, seen_version, stands=False)
    _check_line(item, items, agreed=agreed)
    close_questions(order=order, status="BY_PHONE", now=now, item_ids=[item.pk])
    product = safe_product(item, product_id, order.due_at)
    left = left_of(item, items)
    amount = left if quantity is None else quantity
    check_quantity(item, amount, of=left)
    lock_stocks(branch_id=order.branch_id, product_ids=[item.product_id, product.pk])
    if item.picked_status == PickedStatus.PENDING:
        write_pick(actor=actor, order=order, item=item, picked_status=PickedStatus.MISSING,
               quantity=None, reason=REASON, now=now)  # fmt: skip
    next_version(item)
    return _write(actor, order, item, product, amount, item.left - left, now)


def _check_time(actor: User, order: Order) -> None:
    picking = order.status == OrderStatus.IN_PROGRESS
    if not picking and not (order.status == OrderStatus.MISSING and actor.is_manager):
        raise OrderNotInPicking(status=order.status)


def _check_line(item: OrderItem, items: list[OrderItem], *, agreed: bool) -> None:
    """Raises SubstituteNotPossible: the line is not open, or its customer does not want one."""
    if item.substitute_for_id is not None or not item.left:
        raise SubstituteNotPossible(reason="NOT_MISSING")
    if left_of(item, items) <= 0:
        raise SubstituteNotPossible(reason="ALREADY_REPLACED")
    if item.substitution == Substitution.REFUND:
        raise SubstituteNotPossible(reason="NOT_WANTED")
    if item.substitution == Substitution.CALL_ME and not agreed:
        raise SubstituteNotPossible(reason="NOT_AGREED")


def safe_product(item: OrderItem, product_id: int, due_at: dt.datetime) -> Product:
    """Another product that may be given for a line, with its `vat_rate` of the day of supply. Raises NotFound, SubstituteNotPossible."""
    wanted = Product.objects.filter(pk=product_id).with_vat_rate(shop_date(due_at))
    product = wanted.first()
    if product is None or product.vat_rate is None:  # type: ignore[attr-defined]
        raise NotFound
    if not wanted.active().may_replace(item.product).exists():
        raise SubstituteNotPossible(reason="UNSAFE", **_unlike(item.product, product))
    return product


def charge_deposit(*, order: Order, line: OrderItem, product: Product) -> None:
    """Write the deposit of a substitute down; the order never costs more than agreed all the same."""
    if not product.deposit:
        return
    vat_class = vat_class_of(DEPOSIT)
    rates = rates_on(date=shop_date(order.due_at))
    order.has_charges = True  # type: ignore[attr-defined]  # as `lock_order` looked
    OrderCharge.objects.create(
        order=order,
        item=line,
        kind=OrderCharge.Kind.DEPOSIT,
        quantity=line.quantity,
        unit_price=product.deposit,
        amount=line_total(product.deposit, line.quantity),
        vat_class=vat_class,
        vat_rate=rates.get(vat_class, order.fee_vat_rate),
    )


def _unlike(wanted: Product, other: Product) -> dict[str, list[str]]:
    """What the other one has too much of or lacks."""
    return {
        "allergens": sorted(set(other.allergens) - set(wanted.allergens)),
        "dietary_tags": sorted(set(wanted.dietary_tags) - set(other.dietary_tags)),
    }


def _write(
    actor: User,
    order: Order,
    item: OrderItem,
    product: Product,
    amount: Decimal,
    covered: Decimal,
    now: dt.datetime,
) -> OrderItem:
    """The substitute's line; what it costs above the line it replaces is its discount."""
    reference = f"order:{order.order_number}"
    where = {"actor": actor, "branch_id": order.branch_id, "reference": reference}
    inventory.reserve(quantities={product.pk: amount}, **where)  # type: ignore[arg-type]
    inventory.pick(product_id=product.pk, picked=amount, promised=amount, **where)  # type: ignore[arg-type]
    total = line_total(product.price, amount)
    agreed = agreed_price(item, amount, covered=covered)
    line = OrderItem.objects.create(
        order=order,
        product=product,
        name_he=product.name_he,
        name_en=product.name_en,
        sku=product.sku,
        sold_by=product.sold_by,
        unit_price=product.price,
        quantity=amount,
        discount=max(ZERO, total - agreed),
        line_total=total,
        vat_class=str(product.vat_class_id),
        vat_rate=product.vat_rate,  # type: ignore[attr-defined]
        substitution=item.substitution,
        substitute_for=item,
        picked_status=PickedStatus.PICKED,
        picked_quantity=amount,
        picked_at=now,
    )
    charge_deposit(order=order, line=line, product=product)
    record(
        actor=actor,
        entity_type="order_item",
        entity_id=line.pk,
        action=Action.CREATE,
        new={"product_id": product.pk, "picked_quantity": amount, "discount": line.discount},
        context={"order_id": order.pk, "substitute_for": item.pk},
    )
    return line
