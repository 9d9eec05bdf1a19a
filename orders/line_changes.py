"""What became of an order's lines that is not as it was agreed, in the customer's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from cart.models import Substitution
from catalog.choices import SoldBy
from core.money import ZERO, plain
from orders.models import OrderItem, PickedStatus
from orders.pricing import picked_line
from orders.staff_models import LineEdit
from orders.tolerance import fine_range

KINDS = ["MISSING", "SHORT", "WEIGHT", "SUBSTITUTE", "REMOVED", "ADDED", "PRICE"]
TOLD = frozenset({"MISSING", "SHORT", "SUBSTITUTE", "REMOVED", "ADDED", "PRICE"})
"""What a customer is written about; another weight within reason shows on the page and the bill."""


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """`kind` is MISSING, SHORT, WEIGHT or SUBSTITUTE, or what staff did before packing: REMOVED,
    ADDED, PRICE. `ordered` and `packed` in units or kg, `before` and `after` in ₪; `substitute` is the
    name of what was packed instead, or "". `item_id` is None for a line that is gone.
    """

    item_id: int | None
    kind: str
    name: str
    ordered: Decimal
    packed: Decimal
    substitute: str
    before: Decimal
    after: Decimal
    why: str
    sold_by: str

    @property
    def mark(self) -> str:
        """How it is drawn: swap, more or less."""
        if self.kind == "SUBSTITUTE":
            return "swap"
        return "more" if self.after > self.before else "less"

    @property
    def amounts(self) -> str:
        """`2 of 3`, `1.42 of 1.5 kg`; "" where nothing at all is there to count."""
        if self.kind == "MISSING" or not (self.packed and self.ordered):
            return ""
        if self.packed == self.ordered:
            return ""
        text = _("%(packed)s of %(ordered)s")
        if self.sold_by == SoldBy.WEIGHT:
            text = _("%(packed)s of %(ordered)s kg")
        if self.kind in ("REMOVED", "ADDED"):
            text = _("%(packed)s instead of %(ordered)s")
        return text % {"packed": plain(self.packed), "ordered": plain(self.ordered)}

    @property
    def more(self) -> Decimal:
        """How much more it costs (₪)."""
        return max(ZERO, self.after - self.before)

    @property
    def moved(self) -> Decimal:
        """How far its cost moved, either way (₪)."""
        return abs(self.less)

    @property
    def less(self) -> Decimal:
        """How much less it costs (₪)."""
        return self.before - self.after


def line_changes(items: Iterable[OrderItem], edits: Iterable[LineEdit] = ()) -> list[LineChange]:
    """What staff changed (`edits`), then every line that is answered and not as agreed, in the order
    of the lines. No query."""
    lines = list(items)
    found = [_edited(edit) for edit in edits]
    for item in lines:
        if item.substitute_for_id is None and item.picked_status != PickedStatus.PENDING:
            given = [one for one in lines if one.substitute_for_id == item.pk]
            change = _change(item, [one for one in given if one.packed])
            if change is not None:
                found.append(change)
    return found


def is_short(item: OrderItem) -> bool:
    """Whether less of a line is packed than was ordered: units, or weight below what counts as it."""
    if item.sold_by == SoldBy.UNIT:
        return item.packed < item.quantity
    return item.packed < fine_range(item.quantity)[0]


def _change(item: OrderItem, given: list[OrderItem]) -> LineChange | None:
    kept = paid(item)
    before = item.line_total - item.discount
    after = kept + sum((paid(one) for one in given), ZERO)
    if given:
        kind = "SUBSTITUTE"
    elif item.picked_status == PickedStatus.MISSING:
        kind = "MISSING"
    elif is_short(item):
        kind = "SHORT"
    elif before != after:
        kind = "WEIGHT"
    else:
        return None
    return LineChange(
        item_id=item.pk,
        kind=kind,
        name=item.name,
        ordered=item.quantity,
        packed=item.packed,
        substitute=", ".join(one.name for one in given),
        before=before,
        after=after,
        why=_why(item, kind),
        sold_by=item.sold_by,
    )


def _edited(edit: LineEdit) -> LineChange:
    return LineChange(
        item_id=edit.item_id,
        kind=edit.kind,
        name=edit.name,
        ordered=edit.quantity_before,
        packed=edit.quantity_after,
        substitute="",
        before=edit.before,
        after=edit.after,
        why=edit.reason,
        sold_by=edit.sold_by,
    )


def paid(item: OrderItem) -> Decimal:
    """What the packed part of a line costs (₪)."""
    from orders.selectors import line_of

    return picked_line(line=line_of(item), picked=item.packed).payable


def _why(item: OrderItem, kind: str) -> str:
    asked = item.substitution == Substitution.CALL_ME
    if kind == "SUBSTITUTE" and asked:
        return _("It ran out, and we packed what you agreed to instead. It never costs you more.")
    if kind == "SUBSTITUTE":
        return _("It ran out, so we packed the closest one. It never costs you more.")
    if kind == "WEIGHT":
        return _("It was weighed: you pay for what is packed.")
    if kind == "SHORT":
        return _why_short(item)
    if item.substitution == Substitution.REFUND:
        return _("It ran out, and you asked for no substitute. You do not pay for it.")
    if asked:
        return _("It ran out, and nothing else was agreed on. You do not pay for it.")
    return _("It ran out, and we found nothing fit to replace it. You do not pay for it.")


def _why_short(item: OrderItem) -> str:
    """Of a line of which a part is packed, and paid for."""
    if item.substitution == Substitution.REFUND:
        return _(
            "Not all of it was there, and you asked for no substitute. You pay only for what is packed."
        )
    if item.substitution == Substitution.CALL_ME:
        return _(
            "Not all of it was there, and nothing else was agreed on. You pay only for what is packed."
        )
    return _("Not all of it was there. You pay only for what is packed.")
