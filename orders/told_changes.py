"""What a change made of an order's lines, as its letter tells: kept in a message as keys alone.

A message holds no names and no text: it is written when it is sent, in its reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.templatetags.shop import qty
from core.money import ZERO, plain
from orders.models import OrderItem


@dataclass(frozen=True, kw_only=True)
class ToldChange:
    """A product of which there is another amount now: units or kg."""

    name: str
    sold_by: str
    before: Decimal
    after: Decimal

    @property
    def words(self) -> str:
        """`3 instead of 2`, taken out, or how much was added."""
        if not self.after:
            return _("taken out")
        if not self.before:
            return _("added: %(amount)s") % {"amount": qty(self.after, self)}
        text = _("%(packed)s instead of %(ordered)s")
        return text % {"packed": qty(self.after, self), "ordered": qty(self.before, self)}


def kept_lines(items: Iterable[OrderItem]) -> str:
    """The agreed lines for `told_changes`: `17=2 19=1.5`, a product and how much of it."""
    return " ".join(f"{key}={plain(amount)}" for key, amount in _amounts(items).items())


def told_changes(*, was: str, items: Iterable[OrderItem]) -> list[ToldChange]:
    """How the lines of now differ from those kept in `was`. One query where a product is gone."""
    lines = [item for item in items if item.substitute_for_id is None]
    pairs = (part.partition("=") for part in was.split())
    before = {int(key): Decimal(amount) for key, _is, amount in pairs}
    after = _amounts(lines)
    known: dict[int, OrderItem | Product] = {item.product_id: item for item in lines}
    if gone := before.keys() - after.keys():
        known |= Product.objects.in_bulk(gone)
    return [
        ToldChange(
            name=known[key].name, sold_by=known[key].sold_by,
            before=before.get(key, ZERO), after=after.get(key, ZERO),
        )
        for key in [*before, *(key for key in after if key not in before)]
        if key in known and before.get(key, ZERO) != after.get(key, ZERO)
    ]  # fmt: skip


def _amounts(items: Iterable[OrderItem]) -> dict[int, Decimal]:
    """How much of each product was agreed on; two lines of one count together."""
    found: dict[int, Decimal] = {}
    for item in items:
        if item.substitute_for_id is None:
            found[item.product_id] = found.get(item.product_id, ZERO) + item.quantity
    return found
