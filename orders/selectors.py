"""What customers, staff and letters ask about orders."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import User
from accounts.selectors import people_meant
from billing.selectors import note_of
from catalog.models import Product
from core.errors import NotFound
from core.gtin import coded
from core.money import ZERO, line_total
from orders import pricing
from orders.apportionment import Shares, Weighed, shares
from orders.change_models import OrderQuestion, QuestionOffer
from orders.models import DeliveryProof, Order, OrderItem, OrderStatus, PickedStatus
from orders.numbering import is_number, read_number
from orders.problem_models import ProblemReport
from orders.refund_models import OrderCharge, RefundLine
from orders.schedule import closes_at
from orders.staff_models import LineEdit, StaffNote
from orders.status import OPEN
from payments import selectors as payments

PAPER = re.compile(r"([Cc]?)([0-9]{4})-([0-9]{1,6})")


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


def check_readable(*, actor: User, order_id: int) -> None:
    """Raises NotFound unless it is the actor's order, or the actor is an admin. One query."""
    orders = Order.objects.filter(pk=order_id)
    if not actor.is_admin:
        orders = orders.filter(user=actor)
    if not orders.exists():
        raise NotFound


def order_by_id(*, order_id: int) -> Order:
    """Any order, for staff. Raises NotFound. Three queries."""
    found = (
        _whole(Order.objects.filter(pk=order_id))
        .select_related("user", "picker", "placed_by")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def named(text: str) -> Q:
    """Orders that somebody means by a number in any spelling, whole or its beginning, by the number
    of an invoice or credit note, or by the customer's e-mail, name or phone. At most two queries.
    """
    text = " ".join(text.split())
    number = read_number(text)
    if is_number(number) and Order.objects.filter(order_number=number).exists():
        return Q(order_number=number)
    paper = PAPER.fullmatch(text)
    if paper:
        prefix, year, serial = paper.groups()
        number = f"{prefix.upper()}{year}-{int(serial):06d}"
        return Q(documents__number=number)
    return Q(user__in=people_meant(text=text)) | Q(order_number__startswith=text.upper())


def keys_meant(*, text: str) -> tuple[list[int], list[int]]:
    """The keys of the order of that number, and of the products with that sku or barcode. Two queries."""
    orders = Order.objects.filter(order_number=read_number(text))
    products = Product.objects.filter(coded(text))
    return list(orders.values_list("pk", flat=True)), list(products.values_list("pk", flat=True))


def proof_of(*, order: Order) -> DeliveryProof | None:
    """What was said or photographed at the door. One query for an order that is delivered."""
    if order.status != OrderStatus.DELIVERED:
        return None
    return DeliveryProof.objects.filter(order=order).first()


def is_order_of(*, actor: User, number: str) -> bool:
    """Whether the actor has an order of that number. One query."""
    return Order.objects.filter(user=actor, order_number=number).exists()


def number_of_cart(*, cart_id: int) -> str:
    """The number of the order a basket became, or "". One query."""
    found = Order.objects.filter(cart_id=cart_id).values_list("order_number", flat=True).first()
    return found or ""


def can_cancel(*, order: Order) -> bool:
    """Whether its customer may still cancel it; also while it waits for a window staff chose."""
    if order.status == OrderStatus.DELAYED and order.moved_by_staff_at is not None:
        return not is_begun(order) and order.left_at is None
    return order.status == OrderStatus.CREATED


def change_refusal(*, order: Order, now: dt.datetime) -> str:
    """Why its customer may not change an order: PICKING, CUTOFF, LEFT, CANCELED, or "" (they may).

    No query for an order read here. After a visit that nobody opened to, window and address may be
    changed; after staff chose the window also past its cut-off, until picking begins.
    """
    if order.status == OrderStatus.CANCELED:
        return "CANCELED"
    left = order.left_at is not None
    if order.status == OrderStatus.DELAYED and left:
        return ""
    if left or order.status in (OrderStatus.OUT_FOR_DELIVERY, OrderStatus.DELIVERED):
        return "LEFT"
    if order.status not in (OrderStatus.CREATED, OrderStatus.DELAYED) or is_begun(order):
        return "PICKING"
    until = change_until(order=order)
    return "" if until is None or now < until else "CUTOFF"


def change_until(*, order: Order) -> dt.datetime | None:
    """The last moment at which its customer may change an order that nobody picks; None where no
    hour ends it: staff chose its window, or it came back from the door."""
    if order.moved_by_staff_at is not None or order.left_at is not None:
        return None
    return closes_at(order)


def is_begun(order: Order) -> bool:
    """Whether anybody has begun to pick it. No query."""
    return bool(order.picker_id or order.claimed_at or order.picked_at or order.was_ready)


def questions_of(*, order: Order) -> list[OrderQuestion]:
    """What its customer was asked, the oldest first, with what was offered. No query for an order
    read here of which nothing was asked, else two."""
    if not getattr(order, "has_questions", True):
        return []
    found = OrderQuestion.objects.filter(order=order).order_by("pk")
    products = QuestionOffer.objects.select_related("product__category", "product__brand")
    offers = Prefetch("offers", products)
    return list(found.select_related("item").prefetch_related(offers))


def open_questions(*, order: Order, now: dt.datetime) -> list[OrderQuestion]:
    """Those that may still be answered, with `minutes_left`. Queries as `questions_of`."""
    found = []
    for one in questions_of(order=order):
        if one.status == OrderQuestion.Status.OPEN and now < one.answer_until:
            seconds = (one.answer_until - now).total_seconds()
            one.minutes_left = max(1, math.ceil(seconds / 60))
            found.append(one)
    return found


def asked_until(*, item_id: int) -> dt.datetime | None:
    """Until when the customer may answer an open question about a line. One query."""
    asked = OrderQuestion.objects.filter(item_id=item_id, status=OrderQuestion.Status.OPEN)
    return asked.values_list("answer_until", flat=True).first()


def edits_of(*, order: Order) -> list[LineEdit]:
    """What staff changed of its lines. One query, none for an order that nobody changed."""
    return list(LineEdit.objects.filter(order=order)) if order.version > 1 else []


def notes_of(*, order: Order) -> list[StaffNote]:
    """What staff wrote about an order, oldest first, with who did. One query."""
    return list(StaffNote.objects.filter(order=order).select_related("author").order_by("pk"))


def notes_about(*, customer_id: int) -> list[StaffNote]:
    """What staff wrote about a customer and about their orders, newest first. One query."""
    found = StaffNote.objects.filter(customer_id=customer_id)
    return list(found.select_related("author", "order").order_by("-pk"))


def price_lines(*, items: Iterable[OrderItem]) -> list[pricing.PricedLine]:
    """The agreed lines (substitutes are not agreed, they replace) as prices. No query."""
    return [line_of(item) for item in items if item.substitute_for_id is None]


def vat_rows(*, order: Order) -> tuple[pricing.VatRow, ...]:
    """The VAT of the order as it was agreed. Uses the prefetched lines."""
    charges = pricing.charged(agreed_charges(charges_of(order=order)))
    return pricing.vat_rows(
        lines=[*price_lines(items=order.items.all()), *charges],
        fee=order.delivery_fee,
        fee_vat_rate=order.fee_vat_rate,
    )


def charges_of(*, order: Order) -> list[OrderCharge]:
    """Its deposits and bags, with their lines. No query for an order read here that has none, or
    with them; else one."""
    if "charges" in getattr(order, "_prefetched_objects_cache", {}):
        return list(order.charges.all())
    if not getattr(order, "has_charges", True):
        return []
    return list(order.charges.select_related("item").order_by("pk"))


def agreed_charges(charges: Iterable[OrderCharge]) -> list[OrderCharge]:
    """Those in the order's total; the deposit of a substitute takes the place of another. No query."""
    return [one for one in charges if one.item is None or one.item.substitute_for_id is None]


def counted(
    *, order: Order, items: Iterable[OrderItem], charges: Iterable[OrderCharge]
) -> dict[int, Decimal]:
    """How much of each charge there is: a deposit for each packed unit, bags as counted. No query."""
    packed = {item.pk: item.packed for item in items}
    found = {}
    for charge in charges:
        if charge.item_id is None:
            found[charge.pk] = min(Decimal(order.bags or 0), charge.quantity)
        else:
            found[charge.pk] = packed.get(charge.item_id, Decimal(0))
    return found


def shares_of(
    *,
    order: Order,
    items: Iterable[OrderItem],
    charges: Iterable[OrderCharge] | None = None,
    as_agreed: bool = False,
) -> Shares:
    """What a capture takes of each line, the fee and each charge (₪), as they were picked.

    `as_agreed`: a line that nobody has picked yet counts as it was ordered.
    """
    lines, extras = list(items), charges_of(order=order) if charges is None else list(charges)
    number = counted(order=order, items=lines, charges=extras)
    return shares(
        lines={item.pk: _weighed(item, as_agreed=as_agreed) for item in lines},
        fee=order.delivery_fee,
        extras={one.pk: line_total(one.unit_price, number[one.pk]) for one in extras},
        limit=order.total_amount,
    )


def amount_due(*, order: Order, items: Iterable[OrderItem]) -> Decimal:
    """What to charge for what was picked (₪): with the fee, never above the order's total."""
    return shares_of(order=order, items=items).total


def _weighed(item: OrderItem, *, as_agreed: bool) -> Weighed:
    line = line_of(item)
    if as_agreed and item.picked_status == PickedStatus.PENDING:
        return Weighed(agreed=line.payable, picked=line.payable)
    found = pricing.picked_line(line=line, picked=item.packed or None)
    return Weighed(agreed=line.payable, picked=found.payable)


def due_as_it_stands(*, order: Order, at_hand: Iterable[OrderItem] | None = None) -> Decimal:
    """What would be charged if what is not answered yet were found (₪). Uses the lines `at_hand`, or
    prefetched ones."""
    items = {item.pk: item for item in (order.items.all() if at_hand is None else at_hand)}
    lines = [
        pricing.picked_line(line=line_of(item), picked=_expected(item))
        for item in items.values()
        if item.picked_status != PickedStatus.MISSING
    ]
    extras = ZERO
    for one in charges_of(order=order):
        item = items.get(one.item_id or 0)
        bags = one.quantity if order.bags is None else min(Decimal(order.bags), one.quantity)
        extras += line_total(one.unit_price, _expected(item) if item else bags)
    return pricing.amount_due(
        lines=lines, fee=order.delivery_fee, authorized=order.total_amount, extras=extras
    )


def _expected(item: OrderItem) -> Decimal:
    """What of a line is packed, or will be unless it turns out to be missing."""
    return item.quantity if item.picked_status == PickedStatus.PENDING else item.packed


def missing_total(*, order: Order) -> Decimal:
    """How much less than agreed the order will cost as it stands (₪). Uses prefetched lines."""
    items = list(order.items.all())
    answered = [item for item in items if item.picked_status != PickedStatus.PENDING]
    if not answered:
        return ZERO
    if len(answered) < len(items):
        return order.total_amount - due_as_it_stands(order=order)
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


def refund_summary(*, call_id: int) -> dict[str, Any]:
    """`payments.selectors.refund_summary` with `lines` and `credit_note`. Three queries."""
    summary = payments.refund_summary(call_id=call_id)
    rows = RefundLine.objects.filter(refund_id=summary["refund_id"]).order_by("pk")
    note = note_of(refund_id=summary["refund_id"])
    return {
        **summary,
        "lines": list(rows.values("item_id", "kind", "quantity", "amount")),
        "credit_note": note and {"id": note.id, "number": note.number},
    }


def refunded_total(*, order: Order) -> Decimal:
    """What counts as given back of the lines, the fee and the charges (₪). Uses prefetched lines."""
    charges = sum((one.refunded_amount for one in charges_of(order=order)), ZERO)
    lines = sum((item.refunded_amount for item in order.items.all()), ZERO)
    return lines + charges + order.refunded_fee


def line_of(item: OrderItem) -> pricing.PricedLine:
    """The line as it was agreed."""
    return pricing.PricedLine(
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
        "product__description_he", "product__description_en"
    )
    asked = Exists(OrderQuestion.objects.filter(order=OuterRef("pk")))
    reported = Exists(ProblemReport.objects.filter(order=OuterRef("pk")))
    extra = Exists(OrderCharge.objects.filter(order=OuterRef("pk")))
    orders = orders.annotate(has_questions=asked, has_problems=reported, has_charges=extra)
    return orders.select_related(
        "user", "branch", "dated_slot__slot", "delivery", "pickup", "payment"
    ).prefetch_related(Prefetch("items", queryset=items), "timeline")
