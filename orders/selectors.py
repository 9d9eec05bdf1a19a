"""What customers, staff and letters ask about orders."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from mami.errors import NotFound
from mami.money import ZERO
from orders import pricing
from orders.models import DeliveryProof, Invoice, Order, OrderItem, OrderStatus, PickedStatus
from orders.numbering import read_number
from orders.status import OPEN


def orders_of(*, actor: User, statuses: Iterable[str] = ()) -> QuerySet[Order]:
    """The actor's own orders, newest first; slice it. With branch, slot and lines."""
    found = _whole(Order.objects.filter(user=actor)).order_by("-created_at", "-id")
    wanted = set(statuses)
    return found.filter(status__in=wanted) if wanted else found


def order_for(*, actor: User, order_id: int) -> Order:
    """One of the actor's orders; an admin may read anybody's. Raises NotFound. Three queries."""
    return _one(actor, pk=order_id)


def order_by_number(*, actor: User, number: str) -> Order:
    """`order_for` by the number people see, however it was typed. Raises NotFound."""
    return _one(actor, order_number=read_number(number))


def order_by_id(*, order_id: int) -> Order:
    """Any order, for staff. Raises NotFound. Three queries."""
    found = _whole(Order.objects.filter(pk=order_id)).select_related("user", "picker").first()
    if found is None:
        raise NotFound
    return found


def invoice_of(*, order: Order) -> Invoice | None:
    """The invoice of an order read here, once its goods have changed hands. No query."""
    return getattr(order, "invoice", None)


def proof_of(*, order: Order) -> DeliveryProof | None:
    """What was said or photographed at the door. One query for an order that is delivered."""
    if order.status != OrderStatus.DELIVERED:
        return None
    return DeliveryProof.objects.filter(order=order).first()


def number_of_cart(*, cart_id: int) -> str:
    """The number of the order a basket became, or "". One query."""
    found = Order.objects.filter(cart_id=cart_id).values_list("order_number", flat=True).first()
    return found or ""


def can_cancel(*, order: Order) -> bool:
    """Whether its customer may still cancel it."""
    return order.status == OrderStatus.CREATED


def price_lines(*, items: Iterable[OrderItem]) -> list[pricing.Line]:
    """The agreed lines (substitutes are not agreed, they replace) as prices. No query."""
    return [line_of(item) for item in items if item.substitute_for_id is None]


def vat_rows(*, order: Order) -> tuple[pricing.VatRow, ...]:
    """The VAT of the order as it was agreed. Uses the prefetched lines."""
    return pricing.vat_rows(
        lines=price_lines(items=order.items.all()),
        fee=order.delivery_fee,
        fee_vat_rate=order.fee_vat_rate,
    )


def amount_due(*, order: Order, items: Iterable[OrderItem]) -> Decimal:
    """What to charge for what was picked (₪): with the fee, never above the order's total."""
    picked = [
        pricing.picked_line(line=line_of(item), picked=item.picked_quantity)
        for item in items
        if item.picked_status == PickedStatus.PICKED
    ]
    return pricing.amount_due(lines=picked, fee=order.delivery_fee, authorized=order.total_amount)


def missing_total(*, order: Order) -> Decimal:
    """How much less than agreed the order will cost as it stands (₪). Uses prefetched lines."""
    items = list(order.items.all())
    if any(item.picked_status == PickedStatus.PENDING for item in items):
        return ZERO
    return order.total_amount - amount_due(order=order, items=items)


def open_promises() -> dict[tuple[int, int], Decimal]:
    """What open orders still hold on the shelves, by (branch, product). One query."""
    rows = OrderItem.objects.filter(
        picked_status=PickedStatus.PENDING, order__status__in=OPEN
    ).values_list("order__branch_id", "product_id", "quantity")
    found: dict[tuple[int, int], Decimal] = {}
    for branch_id, product_id, quantity in rows:
        key = (branch_id, product_id)
        found[key] = found.get(key, Decimal(0)) + quantity
    return found


def line_of(item: OrderItem) -> pricing.Line:
    """The line as it was agreed."""
    return pricing.Line(
        unit_price=item.unit_price,
        quantity=item.quantity,
        vat_rate=item.vat_rate,
        discount=item.discount,
    )


def _one(actor: User, **key: object) -> Order:
    orders = Order.objects.filter(**key)
    if not actor.is_admin:
        orders = orders.filter(user=actor)
    found = _whole(orders).first()
    if found is None:
        raise NotFound
    return found


def _whole(orders: QuerySet[Order]) -> QuerySet[Order]:
    items = OrderItem.objects.select_related("product__category", "product__brand").defer(
        "product__search_vector", "product__description_he", "product__description_en"
    )
    return orders.select_related(
        "branch", "dated_slot__slot", "delivery", "pickup", "payment", "invoice"
    ).prefetch_related(Prefetch("items", queryset=items), "timeline")
