"""What pickers knew better than the book, and how long it counts.

A picker who holds more than the book says raises it. While the order is in the shop the answer may
be undone, and the correction with it: the shelf then has what the last answers alone would leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from audit.services import Action, Actor
from inventory.ledger import NOTHING, Move, Reason, move
from inventory.models import PickCorrection, Stock


def correct(*, actor: Actor | None, stock: Stock, by: Decimal, reference: str) -> None:
    """Raise the book of a locked row by `by` (above zero) for the order `reference`."""
    move(
        actor=actor,
        moves=[Move(stock=stock, on_hand=by)],
        reason=Reason.STOCKTAKE,
        action=Action.UPDATE,
        reference=reference,
    )
    row = PickCorrection.objects.filter(stock=stock, reference=reference).first()
    if row is None:
        PickCorrection.objects.create(stock=stock, reference=reference, quantity=by)
    else:
        row.quantity += by
        row.save(update_fields=["quantity"])


def take_back(
    *, actor: Actor | None, returned: Sequence[tuple[Stock, Decimal]], reference: str
) -> None:
    """Lower the books of locked rows to which `returned` goods of `reference` came back, by at most
    what they had been raised by. The order's own corrections go first, then those of others.

    One statement where nothing had been raised.
    """
    back = {stock.pk: amount for stock, amount in returned if amount > NOTHING}
    if not back:
        return
    found: dict[int, list[PickCorrection]] = defaultdict(list)
    for row in PickCorrection.objects.filter(stock_id__in=back).order_by("pk"):
        found[row.stock_id].append(row)
    moves = []
    for stock, _amount in returned:
        rows = sorted(found.get(stock.pk, []), key=lambda row: row.reference != reference)
        taken = _consume(rows, min(back.get(stock.pk, NOTHING), stock.on_hand))
        moves.append(Move(stock=stock, on_hand=-taken))
    move(
        actor=actor,
        moves=moves,
        reason=Reason.STOCKTAKE,
        action=Action.UPDATE,
        reference=reference,
    )


def settle_corrections(*, reference: str) -> None:
    """The goods of `reference` have left: what was found of them is true. One statement."""
    PickCorrection.objects.filter(reference=reference).delete()


def forget_corrections(*, stock_ids: Iterable[int]) -> None:
    """The shelves were counted, so no earlier answer says anything about them. One statement."""
    PickCorrection.objects.filter(stock_id__in=list(stock_ids)).delete()


def _consume(rows: Iterable[PickCorrection], amount: Decimal) -> Decimal:
    """How much of `amount` these corrections cover; they shrink by it."""
    left = amount
    for row in rows:
        part = min(row.quantity, left)
        if part <= NOTHING:
            break
        left -= part
        row.quantity -= part
        if row.quantity:
            row.save(update_fields=["quantity"])
        else:
            row.delete()
    return amount - left
