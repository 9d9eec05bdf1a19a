"""Promising stock to a checkout, taking it from the shelf, giving the promise back.

All of it runs in the caller's transaction, because a promise belongs to the reservation or order it
was made for. `reference` names that one: `order:MS-…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from audit.services import Action, Actor
from core.errors import NotFound
from core.money import json_quantity
from inventory.errors import InsufficientStock
from inventory.ledger import NOTHING, Move, Reason, move
from inventory.locks import lock_stocks
from inventory.models import Stock
from inventory.services.corrections import correct, take_back


def reserve(
    *, actor: Actor | None, branch_id: int, quantities: Mapping[int, Decimal], reference: str
) -> None:
    """Promise `quantities` (units or kg by product id) of one branch, all of them or none.

    Raises InsufficientStock naming every product that is short. Three statements for any number
    of products.
    """
    stocks = lock_stocks(branch_id=branch_id, product_ids=quantities)
    missing = [
        {
            "product_id": product_id,
            "requested_quantity": json_quantity(wanted),
            "available_quantity": json_quantity(available(stocks.get(product_id))),
        }
        for product_id, wanted in quantities.items()
        if available(stocks.get(product_id)) < wanted
    ]
    if missing:
        raise InsufficientStock(missing_items=missing)
    move(
        actor=actor,
        moves=[Move(stock=stocks[key], reserved=amount) for key, amount in quantities.items()],
        reason=Reason.RESERVE,
        action=Action.RESERVE,
        reference=reference,
    )


def release(
    *, actor: Actor | None, branch_id: int, quantities: Mapping[int, Decimal], reference: str
) -> None:
    """Take promises of `quantities` back. Three statements. Raises NotFound for an unknown row."""
    stocks = _locked(branch_id, quantities)
    move(
        actor=actor,
        moves=[Move(stock=stocks[key], reserved=-amount) for key, amount in quantities.items()],
        reason=Reason.RELEASE,
        action=Action.RELEASE,
        reference=reference,
    )


def pick(
    *,
    actor: Actor | None,
    branch_id: int,
    product_id: int,
    picked: Decimal,
    promised: Decimal,
    reference: str,
) -> None:
    """Take `picked` from the shelf and end the promise of `promised`.

    The picker holds the goods in the hand: when the book says the shelf has less, the book was
    wrong, so a stocktake correction comes first; it is undone with the answer that made it. Raises
    NotFound for an unknown row.
    """
    stock = _locked(branch_id, [product_id])[product_id]
    if stock.on_hand < picked:
        correct(actor=actor, stock=stock, by=picked - stock.on_hand, reference=reference)
    move(
        actor=actor,
        moves=[Move(stock=stock, on_hand=-picked, reserved=-promised)],
        reason=Reason.PICK,
        action=Action.PICK,
        reference=reference,
    )


def unpick(
    *,
    actor: Actor | None,
    branch_id: int,
    product_id: int,
    picked: Decimal,
    promised: Decimal,
    reference: str,
) -> None:
    """Put `picked` back on the shelf and promise `promised` again, whatever else was promised.

    What the book had been raised by for these goods is taken back. Raises NotFound for an unknown
    row.
    """
    stock = _locked(branch_id, [product_id])[product_id]
    move(
        actor=actor,
        moves=[Move(stock=stock, on_hand=picked, reserved=promised)],
        reason=Reason.UNPICK if picked else Reason.RESERVE,
        action=Action.PICK if picked else Action.RESERVE,
        reference=reference,
    )
    take_back(actor=actor, returned=[(stock, picked)], reference=reference)


def put_back(
    *,
    actor: Actor | None,
    branch_id: int,
    picked: Mapping[int, Decimal],
    promised: Mapping[int, Decimal],
    reference: str,
) -> None:
    """Undo a whole order: `picked` goods return to the shelf, `promised` ones become free.

    Both by product id. What the book had been raised by for them is taken back. At most six
    statements, where nothing had been. Raises NotFound for an unknown row.
    """
    stocks = _locked(branch_id, {**picked, **promised})
    move(
        actor=actor,
        moves=[Move(stock=stocks[key], on_hand=amount) for key, amount in picked.items()],
        reason=Reason.UNPICK,
        action=Action.RELEASE,
        reference=reference,
    )
    take_back(
        actor=actor,
        returned=[(stocks[key], amount) for key, amount in picked.items()],
        reference=reference,
    )
    move(
        actor=actor,
        moves=[Move(stock=stocks[key], reserved=-amount) for key, amount in promised.items()],
        reason=Reason.RELEASE,
        action=Action.RELEASE,
        reference=reference,
    )


def take_return(
    *,
    actor: Actor | None,
    branch_id: int,
    quantities: Mapping[int, Decimal],
    reference: str,
) -> None:
    """Sold goods come back to the shelf; quantities by product id. Raises NotFound."""
    stocks = _locked(branch_id, quantities)
    move(
        actor=actor,
        moves=[Move(stock=stocks[key], on_hand=amount) for key, amount in quantities.items()],
        reason=Reason.RETURN,
        action=Action.UPDATE,
        reference=reference,
    )


def available(stock: Stock | None) -> Decimal:
    """What may still be promised of a row: nothing where there is none."""
    return max(stock.on_hand - stock.reserved, NOTHING) if stock is not None else NOTHING


def _locked(branch_id: int, product_ids: Mapping[int, Decimal] | list[int]) -> dict[int, Stock]:
    stocks = lock_stocks(branch_id=branch_id, product_ids=product_ids)
    if len(stocks) != len(set(product_ids)):
        raise NotFound
    return stocks
