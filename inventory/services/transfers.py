"""Moving goods from one branch to another."""

from __future__ import annotations

import secrets
from decimal import Decimal

from django.utils.translation import gettext as _

from audit.services import Action, Actor
from core.errors import InvalidInput, NotFound
from core.money import json_quantity
from core.transactions import write_transaction
from inventory.errors import InsufficientStock
from inventory.ledger import Move, Reason, move
from inventory.locks import lock_rows
from inventory.models import Stock
from inventory.services.counting import MAX_ON_HAND, check_quantity
from inventory.services.promises import available


def transfer(
    *,
    actor: Actor | None,
    stock_id: int,
    to_branch_id: int,
    quantity: Decimal,
    reason: str = "",
) -> str:
    """Take `quantity` (units or kg) off one shelf and put it on the same product's other shelf.

    Both rows are locked in the shop's order, whatever the direction; the two movements carry one
    reference, which is returned. What is promised to orders stays where it is. Raises NotFound
    (row, or no row at the other branch), InvalidInput, InsufficientStock.
    """
    source = _row(pk=stock_id)
    target = _row(product_id=source.product_id, branch_id=to_branch_id)
    if source.pk == target.pk:
        raise InvalidInput(fields={"to_branch": [_("Choose another branch.")]})
    check_quantity(source.product.sold_by, quantity)
    with write_transaction():
        rows = lock_rows(stock_ids=[source.pk, target.pk])
        source, target = rows[source.pk], rows[target.pk]
        _check(source, target, quantity)
        reference = f"transfer:{secrets.token_hex(6)}"
        move(
            actor=actor,
            moves=[Move(stock=source, on_hand=-quantity), Move(stock=target, on_hand=quantity)],
            reason=Reason.TRANSFER,
            action=Action.UPDATE,
            reference=reference,
            context={"note": reason} if reason else None,
        )
    return reference


def _row(**key: int) -> Stock:
    """A stock row, to learn what to lock. Raises NotFound."""
    found = Stock.objects.select_related("product").filter(**key).first()
    if found is None:
        raise NotFound
    return found


def _check(source: Stock, target: Stock, quantity: Decimal) -> None:
    if quantity <= 0:
        raise InvalidInput(fields={"quantity": [_("Move something more than nothing.")]})
    if quantity > available(source):
        raise InsufficientStock(
            missing_items=[
                {
                    "product_id": source.product_id,
                    "requested_quantity": json_quantity(quantity),
                    "available_quantity": json_quantity(available(source)),
                }
            ]
        )
    if target.on_hand + quantity > MAX_ON_HAND:
        raise InvalidInput(fields={"quantity": [_("That is more than a shelf can hold.")]})
