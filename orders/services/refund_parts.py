"""The parts of a refund: what is given back of each line, the fee and each charge, and no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput, NotFound
from core.money import GRAM, ZERO, shekels
from orders import apportionment
from orders.errors import RefundExceedsLine
from orders.models import Order, OrderItem
from orders.refund_models import OrderCharge, RefundLine
from payments.errors import RefundExceedsCapture
from payments.services import refund_id_of

LARGEST_NUMBER = Decimal("9999999999.99")
NOTHING = Decimal(0)
SHARES = ["refunded_amount", "refunded_quantity"]
Kind = RefundLine.Kind


@dataclass(frozen=True, kw_only=True)
class ItemPart:
    """Of one line: `quantity` (units or kg) or `amount` (₪); `restock` puts the units back."""

    id: int
    quantity: Decimal | None = None
    amount: Decimal | None = None
    restock: bool = False


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """What to give back: an `amount` over everything, or lines, the fee (True: what is left of it)
    and charges (quantities by id) together."""

    items: Sequence[ItemPart] = ()
    fee: Decimal | bool | None = None
    charges: Mapping[int, Decimal] = field(default_factory=dict)
    amount: Decimal | None = None
    everything: bool = False
    reason_code: str = "OTHER"
    reason: str = ""

    def fingerprint(self) -> str:
        """A hash that tells this request from every other with the same key."""
        parts = [
            [one.id, _plain(one.quantity), _plain(one.amount), one.restock]
            for one in sorted(self.items, key=lambda one: one.id)
        ]
        charges = sorted((key, _plain(value)) for key, value in self.charges.items())
        fee = _plain(self.fee) if isinstance(self.fee, Decimal) else self.fee
        body = [parts, fee, charges, _plain(self.amount), self.everything]
        text = json.dumps([*body, self.reason_code, self.reason.strip()])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RefundPart:
    """What is given back of one line, the fee or a charge."""

    kind: str
    amount: Decimal
    quantity: Decimal | None = None
    item: OrderItem | None = None
    charge: OrderCharge | None = None


def priced(
    *,
    order: Order,
    items: Sequence[OrderItem],
    charges: Sequence[OrderCharge],
    request: RefundRequest,
) -> list[RefundPart]:
    """What the request comes to, part by part. Changes nothing.

    Raises InvalidInput, NotFound, RefundExceedsLine, RefundExceedsCapture.
    """
    check_shape(request)
    if request.everything:
        return left_of(order=order, items=items, charges=charges)
    if request.amount is not None:
        return _spread(order, items, charges, _amount(request.amount))
    return _named(order, items, charges, request)


def check_shape(request: RefundRequest) -> None:
    """Raises InvalidInput unless it is an amount alone, or lines, fee and charges."""
    single = request.items or request.fee is not None or request.charges
    if bool(single) + (request.amount is not None) + request.everything != 1:
        raise InvalidInput(fields={"amount": [_("Give either an amount or lines.")]})
    if request.amount is not None:
        _amount(request.amount)


def _named(
    order: Order,
    items: Sequence[OrderItem],
    charges: Sequence[OrderCharge],
    request: RefundRequest,
) -> list[RefundPart]:
    by_id = {item.pk: item for item in items}
    deposits = {charge.item_id: charge for charge in charges if charge.item_id is not None}
    by_charge = {charge.pk: charge for charge in charges}
    if len({one.id for one in request.items}) != len(request.items):
        raise InvalidInput(fields={"items": [_("Name each line once.")]})
    parts: list[RefundPart] = []
    for one in request.items:
        item = by_id.get(one.id)
        if item is None:
            raise NotFound
        parts.append(_of_item(item, one))
        deposit = deposits.get(item.pk)
        if one.quantity is not None and deposit is not None and deposit.charged:
            parts.append(_of_charge(deposit, one.quantity))
    for charge_id, quantity in request.charges.items():
        charge = by_charge.get(charge_id)
        if charge is None:
            raise NotFound
        if any(part.charge == charge for part in parts):
            raise InvalidInput(fields={"charges": [_("Its deposit goes with the line already.")]})
        parts.append(_of_charge(charge, quantity))
    if request.fee is not None and request.fee is not False:
        parts.append(_of_fee(order, request.fee))
    return parts


def _of_item(item: OrderItem, one: ItemPart) -> RefundPart:
    if (one.quantity is None) == (one.amount is None):
        raise InvalidInput(fields={"items": [_("Give a quantity or an amount for each line.")]})
    left = item.charged - item.refunded_amount
    rest = item.packed - item.refunded_quantity
    details = {
        "item_id": item.pk,
        "refundable_quantity": _number(rest if left else NOTHING),
        "refundable": str(left),
    }
    if one.amount is not None:
        if one.restock:
            raise InvalidInput(fields={"items": [_("Only counted goods return to the shelf.")]})
        amount = _amount(one.amount)
        if amount > left:
            raise RefundExceedsLine(**details)
        return RefundPart(kind=Kind.ITEM, item=item, amount=amount)
    quantity = _quantity(one.quantity, whole=item.sold_by == "UNIT")
    if quantity > rest or not left:
        raise RefundExceedsLine(**details)
    amount = apportionment.part_of(
        charged=item.charged,
        quantity=item.packed,
        refunded_quantity=item.refunded_quantity,
        refunded=item.refunded_amount,
        more=quantity,
    )
    return RefundPart(kind=Kind.ITEM, item=item, quantity=quantity, amount=amount)


def _of_charge(charge: OrderCharge, asked: Decimal) -> RefundPart:
    quantity = _quantity(asked, whole=True)
    left = charge.charged - charge.refunded_amount
    rest = charge.charged_quantity - charge.refunded_quantity
    if quantity > rest or not left:
        raise RefundExceedsLine(
            item_id=charge.item_id,
            charge_id=charge.pk,
            refundable_quantity=_number(rest if left else NOTHING),
            refundable=str(left),
        )
    amount = apportionment.part_of(
        charged=charge.charged,
        quantity=charge.charged_quantity,
        refunded_quantity=charge.refunded_quantity,
        refunded=charge.refunded_amount,
        more=quantity,
    )
    return RefundPart(
        kind=charge.kind, item=charge.item, charge=charge, quantity=quantity, amount=amount
    )


def _of_fee(order: Order, asked: Decimal | bool) -> RefundPart:
    left = order.charged_fee - order.refunded_fee
    amount = left if asked is True else _amount(Decimal(asked))
    if amount > left or not left:
        raise RefundExceedsLine(item_id=None, refundable_quantity=0, refundable=str(left))
    return RefundPart(kind=Kind.FEE, amount=amount)


def left_of(
    *, order: Order, items: Sequence[OrderItem], charges: Sequence[OrderCharge]
) -> list[RefundPart]:
    """All that is still refundable, part by part; empty parts are left out."""
    found = [
        RefundPart(
            kind=Kind.ITEM,
            item=item,
            amount=item.charged - item.refunded_amount,
            quantity=(item.packed - item.refunded_quantity) or None,
        )
        for item in items
    ]
    found.append(RefundPart(kind=Kind.FEE, amount=order.charged_fee - order.refunded_fee))
    found += [
        RefundPart(
            kind=charge.kind,
            item=charge.item,
            charge=charge,
            amount=charge.charged - charge.refunded_amount,
            quantity=(charge.charged_quantity - charge.refunded_quantity) or None,
        )
        for charge in charges
    ]
    return [part for part in found if part.amount]


def _spread(
    order: Order, items: Sequence[OrderItem], charges: Sequence[OrderCharge], amount: Decimal
) -> list[RefundPart]:
    """An amount without lines, over all that is still refundable by its size."""
    left = left_of(order=order, items=items, charges=charges)
    most = sum((part.amount for part in left), ZERO)
    if amount > most:
        raise RefundExceedsCapture(captured=str(order.captured_total), refundable=str(most))
    sizes = {place: part.amount for place, part in enumerate(left)}
    shares = apportionment.share_out(amount=amount, over=sizes)
    return [
        RefundPart(kind=part.kind, item=part.item, charge=part.charge, amount=shares[place])
        for place, part in enumerate(left)
        if shares[place]
    ]


def write_shares(*, order: Order, parts: Sequence[RefundPart], sign: int) -> None:
    """Count the parts of a locked order's refund as given (`sign` 1), or not after all (−1).

    The database refuses more than was charged. Three statements, however many parts.
    """
    items: dict[int, OrderItem] = {}
    charges: dict[int, OrderCharge] = {}
    for part in parts:
        amount, quantity = sign * part.amount, sign * (part.quantity or NOTHING)
        row: OrderItem | OrderCharge | None = part.charge or part.item
        if row is None:
            order.refunded_fee += amount
            order.save(update_fields=["refunded_fee", "updated_at"])
            continue
        row.refunded_amount += amount
        row.refunded_quantity += quantity
        if isinstance(row, OrderItem):
            items[row.pk] = row
        else:
            charges[row.pk] = row
    OrderItem.objects.bulk_update(items.values(), SHARES)
    OrderCharge.objects.bulk_update(charges.values(), SHARES)


def write_lines(*, order: Order, parts: Sequence[RefundPart], call_id: int) -> None:
    """The parts of a refund as rows that stay."""
    refund_id = refund_id_of(call_id=call_id)
    RefundLine.objects.bulk_create(
        RefundLine(
            order=order,
            refund_id=refund_id,
            kind=part.kind,
            item=part.item,
            charge=part.charge,
            quantity=part.quantity,
            amount=part.amount,
        )
        for part in parts
    )


def lines_of(*, refund_id: int) -> list[RefundPart]:
    """The parts of an earlier refund, as they were written. One query."""
    rows = RefundLine.objects.filter(refund_id=refund_id).select_related("item", "charge__item")
    return [
        RefundPart(
            kind=row.kind,
            amount=row.amount,
            quantity=row.quantity,
            item=row.item,
            charge=row.charge,
        )
        for row in rows.order_by("pk")
    ]


def _amount(amount: Decimal) -> Decimal:
    fits = amount.is_finite() and ZERO < amount <= LARGEST_NUMBER
    if not fits or amount != shekels(amount):
        raise InvalidInput(fields={"amount": [_("An amount above zero, to the agora.")]})
    return amount


def _quantity(quantity: Decimal | None, *, whole: bool) -> Decimal:
    fits = quantity is not None and quantity.is_finite() and 0 < quantity <= LARGEST_NUMBER
    if not fits or quantity != quantity.quantize(GRAM):  # type: ignore[union-attr]
        raise InvalidInput(fields={"items": [_("A quantity above zero, to the gram.")]})
    assert quantity is not None  # noqa: S101
    if whole and quantity != quantity.to_integral_value():
        raise InvalidInput(fields={"items": [_("This product is counted in whole units.")]})
    return quantity


def _number(quantity: Decimal) -> Any:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
