"""Giving something else where a product has run out: safe for its customer, and never dearer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from accounts.models import User
from audit.services import Action, record
from cart.models import Substitution
from catalog.models import Product
from inventory import services as inventory
from inventory.locks import lock_stocks
from mami.clock import shop_date
from mami.errors import NotFound, PermissionRefused
from mami.money import ZERO, line_total
from mami.transactions import require_transaction, write_transaction
from orders.errors import OrderNotInPicking, SubstituteNotPossible
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.pricing import picked_line
from orders.selectors import line_of
from orders.services.picking import answer, check_quantity

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
) -> OrderItem:
    """Pack `quantity` (units or kg; None: as many as are missing) of another product for a line.

    A line of which nothing was found becomes MISSING, its promise ends; one of which a part was
    found keeps that part, and the rest is replaced. The other product is taken from what nobody
    was promised. The customer pays its price or that of what it replaces, whichever is lower.
    `agreed`: the customer was asked and said yes. While the order is being picked; a manager also
    while it waits with items missing. Raises PermissionRefused, NotFound (line, product),
    OrderNotInPicking, SubstituteNotPossible, InvalidInput, InsufficientStock.
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
) -> OrderItem:
    """`substitute` as part of the caller's transaction, with the same refusals."""
    require_transaction()
    if not actor.is_employee:
        raise PermissionRefused
    order = lock_order(order_id=order_id)
    items = lock_items(order_id=order.pk)
    item = next((one for one in items if one.pk == item_id), None)
    if item is None:
        raise NotFound
    _check_time(actor, order)
    _check_line(item, items, agreed=agreed)
    product = _product(item, product_id, now)
    amount = item.left if quantity is None else quantity
    check_quantity(item, amount, of=item.left)
    lock_stocks(branch_id=order.branch_id, product_ids=[item.product_id, product.pk])
    if item.picked_status == PickedStatus.PENDING:
        answer(actor=actor, order=order, item=item, picked_status=PickedStatus.MISSING,
               quantity=None, reason=REASON, now=now)  # fmt: skip
    return _write(actor, order, item, product, amount, now)


def _check_time(actor: User, order: Order) -> None:
    picking = order.status == OrderStatus.IN_PROGRESS
    if not picking and not (order.status == OrderStatus.MISSING and actor.is_manager):
        raise OrderNotInPicking(status=order.status)


def _check_line(item: OrderItem, items: list[OrderItem], *, agreed: bool) -> None:
    """Raises SubstituteNotPossible: the line is not open, or its customer does not want one."""
    if item.substitute_for_id is not None or not item.left:
        raise SubstituteNotPossible(reason="NOT_MISSING")
    if any(one.substitute_for_id == item.pk for one in items):
        raise SubstituteNotPossible(reason="ALREADY_REPLACED")
    if item.substitution == Substitution.REFUND:
        raise SubstituteNotPossible(reason="NOT_WANTED")
    if item.substitution == Substitution.CALL_ME and not agreed:
        raise SubstituteNotPossible(reason="NOT_AGREED")


def _product(item: OrderItem, product_id: int, now: dt.datetime) -> Product:
    """The other product with its `vat_rate` of today. Raises NotFound, SubstituteNotPossible."""
    wanted = Product.objects.filter(pk=product_id).with_vat_rate(shop_date(now))
    product = wanted.first()
    if product is None or product.vat_rate is None:  # type: ignore[attr-defined]
        raise NotFound
    if not wanted.active().may_replace(item.product).exists():
        raise SubstituteNotPossible(reason="UNSAFE", **_unlike(item.product, product))
    return product


def _agreed(item: OrderItem, amount: Decimal) -> Decimal:
    """What the line would have cost for `amount` more of it, in ₪."""
    line, found = line_of(item), item.packed
    more = picked_line(line=line, picked=found + min(amount, item.left))
    return more.payable - picked_line(line=line, picked=found).payable


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
    now: dt.datetime,
) -> OrderItem:
    """The substitute's line; what it costs above the line it replaces is its discount."""
    reference = f"order:{order.order_number}"
    where = {"actor": actor, "branch_id": order.branch_id, "reference": reference}
    inventory.reserve(quantities={product.pk: amount}, **where)  # type: ignore[arg-type]
    inventory.pick(product_id=product.pk, picked=amount, promised=amount, **where)  # type: ignore[arg-type]
    total = line_total(product.price, amount)
    agreed = _agreed(item, amount)
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
        vat_rate=product.vat_rate,  # type: ignore[attr-defined]
        substitution=item.substitution,
        substitute_for=item,
        picked_status=PickedStatus.PICKED,
        picked_quantity=amount,
        picked_at=now,
    )
    record(
        actor=actor,
        entity_type="order_item",
        entity_id=line.pk,
        action=Action.CREATE,
        new={"product_id": product.pk, "picked_quantity": amount, "discount": line.discount},
        context={"order_id": order.pk, "substitute_for": item.pk},
    )
    return line
