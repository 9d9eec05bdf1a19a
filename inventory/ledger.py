"""Moving balances: one statement changes the rows and writes their movements, or does neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from audit.services import Action, Actor, Change, record_many
from core.transactions import require_transaction
from inventory.models import Stock, StockMovement

Reason = StockMovement.Reason
NOTHING = Decimal(0)

FEW = 10
"""Whether something is in stock is decided below so many units or kg: by a product's step, which the
catalogue knows. Every move that begins or ends below them is told (`StockCrossing`)."""
_MOVE = """
WITH wanted (stock_id, on_hand, reserved) AS (
    SELECT * FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[])
), moved AS (
    UPDATE inventory_stock AS s
    SET on_hand = s.on_hand + w.on_hand, reserved = s.reserved + w.reserved, updated_at = now()
    FROM wanted AS w
    WHERE s.id = w.stock_id
    RETURNING s.id, w.on_hand AS on_hand_delta, w.reserved AS reserved_delta, s.on_hand, s.reserved,
              s.product_id, s.branch_id
), crossed AS (
    INSERT INTO inventory_stockcrossing (product_id, branch_id)
    SELECT product_id, branch_id FROM moved
    WHERE on_hand - reserved - greatest(on_hand_delta - reserved_delta, 0) < %s
)
INSERT INTO inventory_stockmovement
    (stock_id, reason, on_hand_delta, reserved_delta, on_hand_after, reserved_after, reference,
     actor_id, created_at)
SELECT id, %s, on_hand_delta, reserved_delta, on_hand, reserved, %s, %s, now() FROM moved
"""


@dataclass(frozen=True, kw_only=True)
class Move:
    """By how much the balances of one locked stock row change, in units or kg."""

    stock: Stock
    on_hand: Decimal = NOTHING
    reserved: Decimal = NOTHING


def move(
    *,
    actor: Actor | None,
    moves: Sequence[Move],
    reason: StockMovement.Reason,
    action: Action,
    reference: str,
    context: Mapping[str, object] | None = None,
) -> None:
    """Change locked stock rows, with a movement and an audit row for each. Two statements.

    Moves of nothing are left out. The given rows carry the new balances afterwards. The database
    refuses a balance below zero with an IntegrityError: that is a defect, not a refusal.
    """
    require_transaction()
    moves = [one for one in moves if one.on_hand or one.reserved]
    if not moves:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            [
                [one.stock.pk for one in moves],
                [one.on_hand for one in moves],
                [one.reserved for one in moves],
                FEW,
                reason.value,
                reference,
                actor.pk if actor is not None else None,
            ],
        )
    changes = []
    for one in moves:
        old = _balances(one.stock)
        one.stock.on_hand += one.on_hand
        one.stock.reserved += one.reserved
        changes.append(
            Change(
                entity_type="stock",
                entity_id=one.stock.pk,
                action=action,
                old=old,
                new=_balances(one.stock),
                context={"reason": reason.value, "reference": reference, **(context or {})},
            )
        )
    record_many(actor=actor, changes=changes)


def _balances(stock: Stock) -> dict[str, Decimal]:
    return {"on_hand": stock.on_hand, "reserved": stock.reserved}
