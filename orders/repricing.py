"""The lines of an order after a change: pure arithmetic, no database, no clock.

What stays, or gets less, keeps its agreed price. What is added costs today's: where the price rose
the line becomes two, where it fell the whole line takes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import line_total
from orders.pricing import PricedLine

NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Goods:
    """A product as it is sold today; `price` in ₪."""

    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    step: Decimal
    price: Decimal
    vat_rate: Decimal
    vat_class: str = ""
    deposit: Decimal = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class ChangedLine:
    """A line of the changed order. `item_id` is the line it was, None for a new one.

    `answered` is what the picker has said of it already: such a line keeps its answer; `packed` is
    the least that may be left of it. Amounts in ₪, quantities in units or kg.
    """

    item_id: int | None
    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    unit_price: Decimal
    quantity: Decimal
    vat_rate: Decimal
    substitution: str
    note: str = ""
    discount: Decimal = Decimal("0.00")
    answered: bool = False
    packed: Decimal = NOTHING
    vat_class: str = ""
    deposit: Decimal = Decimal("0.00")

    @property
    def line_total(self) -> Decimal:
        return line_total(self.unit_price, self.quantity)

    @property
    def price(self) -> PricedLine:
        return PricedLine(
            unit_price=self.unit_price,
            quantity=self.quantity,
            vat_rate=self.vat_rate,
            discount=self.discount,
        )


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How much of a product the changed order holds; None: its choice and note stay."""

    quantity: Decimal
    substitution: str | None = None
    note: str | None = None


def changed_lines(
    *,
    lines: Sequence[ChangedLine],
    wanted: Mapping[int, Wanted],
    goods: Mapping[int, Goods],
    default_substitution: str,
) -> list[ChangedLine]:
    """The lines after the change. `wanted` is the whole list, by product; `goods` must hold every
    product of which more is wanted than there is. Lines that are answered never fall below what is
    packed of them: `beneath_packed` tells whether that was asked.
    """
    found: list[ChangedLine] = []
    by_product: dict[int, list[ChangedLine]] = {}
    for line in lines:
        by_product.setdefault(line.product_id, []).append(line)
    for product_id, own in by_product.items():
        want = wanted.get(product_id) or Wanted(quantity=NOTHING)
        there = sum((line.quantity for line in own), NOTHING)
        if want.quantity > there:
            own = _raised(own, want.quantity - there, goods[product_id])
        elif want.quantity < there:
            own = _lowered(own, there - want.quantity)
        found += [_chosen(line, want) for line in own]
    for product_id, want in wanted.items():
        if product_id not in by_product and want.quantity > 0:
            line = _new(goods[product_id], want.quantity, default_substitution)
            found.append(_chosen(line, want))
    return found


def beneath_packed(*, lines: Sequence[ChangedLine], wanted: Mapping[int, Wanted]) -> list[int]:
    """The products of which less is wanted than is packed already."""
    packed: dict[int, Decimal] = {}
    for line in lines:
        packed[line.product_id] = packed.get(line.product_id, NOTHING) + line.packed
    return [
        product_id
        for product_id, least in packed.items()
        if least and (wanted[product_id].quantity if product_id in wanted else NOTHING) < least
    ]


def _lowered(own: list[ChangedLine], less: Decimal) -> list[ChangedLine]:
    """Take `less` away, from the dearer line first."""
    left: dict[int, ChangedLine] = dict(enumerate(own))
    for place in sorted(left, key=lambda n: (-own[n].unit_price, -n)):
        line = own[place]
        taken = min(less, line.quantity - line.packed)
        less -= taken
        if taken == line.quantity:
            del left[place]
        else:
            left[place] = replace(line, quantity=line.quantity - taken)
    return list(left.values())


def _raised(own: list[ChangedLine], more: Decimal, goods: Goods) -> list[ChangedLine]:
    """Add `more` at today's price; a dearer line takes it too."""
    cheaper = [
        replace(line, unit_price=goods.price) if line.unit_price > goods.price else line
        for line in own
    ]
    merged: list[ChangedLine] = []
    for line in cheaper:
        twin = next((n for n, one in enumerate(merged) if _alike(one, line)), None)
        if twin is None:
            merged.append(line)
        else:
            merged[twin] = replace(merged[twin], quantity=merged[twin].quantity + line.quantity)
    rest = replace(_new(goods, more, own[0].substitution), note=own[0].note)
    twin = next((n for n, one in enumerate(merged) if _alike(one, rest)), None)
    if twin is None:
        return [*merged, rest]
    merged[twin] = replace(merged[twin], quantity=merged[twin].quantity + more)
    return merged


def _alike(one: ChangedLine, other: ChangedLine) -> bool:
    """Whether two lines of a product can be one: same price, deposit and VAT, none of them answered."""
    return (
        (one.unit_price, one.vat_rate, one.deposit)
        == (other.unit_price, other.vat_rate, other.deposit)
        and not one.answered
        and not other.answered
    )


def _new(goods: Goods, quantity: Decimal, substitution: str) -> ChangedLine:
    return ChangedLine(
        item_id=None,
        product_id=goods.product_id,
        name_he=goods.name_he,
        name_en=goods.name_en,
        sku=goods.sku,
        sold_by=goods.sold_by,
        unit_price=goods.price,
        quantity=quantity,
        vat_rate=goods.vat_rate,
        vat_class=goods.vat_class,
        deposit=goods.deposit,
        substitution=substitution,
    )


def _chosen(line: ChangedLine, want: Wanted) -> ChangedLine:
    return replace(
        line,
        substitution=want.substitution or line.substitution,
        note=line.note if want.note is None else want.note,
    )
