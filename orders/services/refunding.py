"""Giving money of a charged order back, with a manager's reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from mami.errors import InvalidInput, NotFound, PermissionRefused
from mami.money import ZERO, shekels
from mami.transactions import write_transaction
from orders import pricing
from orders.locks import lock_items, lock_order
from orders.models import OrderItem
from payments import services as payments

MOST = Decimal("9999999999.99")


def refund(
    *,
    actor: User,
    order_id: int,
    reason: str,
    key: str,
    now: dt.datetime,
    amount: Decimal | None = None,
    items: Mapping[int, Decimal] | None = None,
) -> int:
    """Ask for `amount` ₪, or the price of some `items` (quantities by line), to be given back.

    Returns the id of the provider call (`payments.selectors.refund_summary`); the same `key` again
    returns the first one. Raises PermissionRefused, NotFound (order, line), InvalidInput,
    RefundExceedsCapture, RefundKeyReused.
    """
    if not actor.is_manager:
        raise PermissionRefused
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Please say why.")]})
    if (amount is None) == (not items):
        raise InvalidInput(fields={"amount": [_("Give either an amount or lines.")]})
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if items:
            amount = _price(lock_items(order_id=order.pk), items)
        if amount is None or not _is_amount(amount):
            raise InvalidInput(fields={"amount": [_("An amount above zero, to the agora.")]})
        call_id = payments.request_refund(
            payment_id=order.payment_id,
            amount=amount,
            reason=reason.strip(),
            actor=actor,
            key=key,
            now=now,
        )
        record(
            actor=actor,
            entity_type="order",
            entity_id=order.pk,
            action=Action.REFUND,
            new={"amount": amount},
            context={"call_id": call_id},
        )
    return call_id


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and ZERO < amount <= MOST and amount == shekels(amount)


def _price(lines: list[OrderItem], wanted: Mapping[int, Decimal]) -> Decimal:
    """What the customer paid for these quantities. Raises NotFound, InvalidInput."""
    by_id = {line.pk: line for line in lines}
    total = ZERO
    for line_id, quantity in wanted.items():
        line = by_id.get(line_id)
        if line is None:
            raise NotFound
        most = line.picked_quantity or Decimal(0)
        if not quantity.is_finite() or not 0 < quantity <= most:
            raise InvalidInput(fields={"items": [_("That is more than was delivered.")]})
        agreed = pricing.Line(
            unit_price=line.unit_price,
            quantity=line.quantity,
            vat_rate=line.vat_rate,
            discount=line.discount,
        )
        total += pricing.picked_line(line=agreed, picked=quantity).payable
    return total
