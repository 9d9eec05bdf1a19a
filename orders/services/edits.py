"""Keeping what staff changed of a customer's lines, so that they are told why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from orders.change_plan import lines_of
from orders.models import Order, OrderItem
from orders.repricing import ChangedLine
from orders.staff_models import LineEdit

NOTHING = Decimal(0)
Kind = LineEdit.Kind


def write_edits(
    *,
    order: Order,
    items: Iterable[OrderItem],
    lines: Iterable[ChangedLine],
    reason: str,
    now: dt.datetime,
) -> None:
    """Write down how `lines` differ from the order's `items`, before they are written, in the caller's
    transaction. One statement, none where nothing differs."""
    kept = list(lines)
    after = {line.item_id: line for line in kept}
    edits = []
    for old in lines_of(items):
        new = after.get(old.item_id)
        if new is None or new.quantity != old.quantity or new.unit_price != old.unit_price:
            edits.append(_edit(old, old, new))
    edits += [_edit(line, None, line) for line in kept if line.item_id is None]
    for edit in edits:
        edit.order, edit.reason, edit.at = order, reason, now
    LineEdit.objects.bulk_create(edits)


def _edit(line: ChangedLine, old: ChangedLine | None, new: ChangedLine | None) -> LineEdit:
    before, after = _amount(old), _amount(new)
    kind = Kind.PRICE if before == after else Kind.REMOVED if after < before else Kind.ADDED
    return LineEdit(
        item_id=line.item_id if new is not None else None,
        kind=kind,
        name_he=line.name_he,
        name_en=line.name_en,
        sold_by=line.sold_by,
        quantity_before=before,
        quantity_after=after,
        before=_cost(old),
        after=_cost(new),
    )


def _amount(line: ChangedLine | None) -> Decimal:
    return NOTHING if line is None else line.quantity


def _cost(line: ChangedLine | None) -> Decimal:
    return NOTHING if line is None else line.price.payable
