"""What a capture takes, shared out to the agora over the lines, the fee and the charges. Pure.

What goods weigh above the agreed sum is the shop's: it is taken off those lines that weigh more,
each by its share of the excess.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TypeVar

from core.money import AGORA, ZERO, shekels

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A line: what was `agreed` for it and what the `picked` of it would cost, both in ₪."""

    agreed: Decimal
    picked: Decimal

    @property
    def excess(self) -> Decimal:
        return max(self.picked - self.agreed, ZERO)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What is charged of each line and charge, by their keys, and of the fee; ₪."""

    lines: Mapping[int, Decimal]
    fee: Decimal
    extras: Mapping[int, Decimal]

    @property
    def goods(self) -> Decimal:
        return sum(self.lines.values(), ZERO)

    @property
    def beside(self) -> Decimal:
        return sum(self.extras.values(), ZERO)

    @property
    def total(self) -> Decimal:
        return self.goods + self.fee + self.beside


def shares(
    *,
    lines: Mapping[int, Weighed],
    fee: Decimal,
    extras: Mapping[int, Decimal],
    limit: Decimal,
) -> Shares:
    """Share out what was picked, never more than `limit` ₪.

    Nothing found at all costs nothing, the fee and the charges included.
    """
    picked = {key: line.picked for key, line in lines.items()}
    if not sum(picked.values(), ZERO):
        return Shares(
            lines=dict.fromkeys(lines, ZERO), fee=ZERO, extras=dict.fromkeys(extras, ZERO)
        )
    above = sum(picked.values(), ZERO) + fee + sum(extras.values(), ZERO) - limit
    if above <= ZERO:
        return Shares(lines=picked, fee=fee, extras=dict(extras))
    heavier = {key: line.excess for key, line in lines.items() if line.excess}
    off = share_out(amount=min(above, sum(heavier.values(), ZERO)), over=heavier)
    rest = above - sum(off.values(), ZERO)
    left = {key: value - off.get(key, ZERO) for key, value in picked.items()}
    # Only a sale that costs more than agreed without any heavier line comes here: the limit holds.
    again = share_out(amount=rest, over=left)
    return Shares(
        lines={key: value - again.get(key, ZERO) for key, value in left.items()},
        fee=fee,
        extras=dict(extras),
    )


def share_out(*, amount: Decimal, over: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """`amount` ₪ shared out by the size of the values of `over`, each part within its value.

    To the agora, by the largest remainder; of equal remainders the earlier key gets the agora.
    `amount` is at most the sum of `over`.
    """
    whole = sum(over.values(), ZERO)
    if not amount or not whole:
        return dict.fromkeys(over, ZERO)
    exact = {key: amount * value / whole for key, value in over.items()}
    parts = {key: part.quantize(AGORA, rounding=ROUND_DOWN) for key, part in exact.items()}
    left = int((amount - sum(parts.values(), ZERO)) / AGORA)
    for key in sorted(exact, key=lambda key: parts[key] - exact[key])[:left]:
        parts[key] += AGORA
    return parts


def part_of(
    *,
    charged: Decimal,
    quantity: Decimal,
    refunded_quantity: Decimal,
    refunded: Decimal,
    more: Decimal,
) -> Decimal:
    """What `more` of a line is worth that cost `charged` ₪ for `quantity`, some of it refunded.

    Parts of one line sum to what it cost, whatever their sizes; the last piece takes what is left.
    """
    left = charged - refunded
    if refunded_quantity + more >= quantity:
        return left
    upto = shekels(charged * (refunded_quantity + more) / quantity)
    return min(upto - shekels(charged * refunded_quantity / quantity), left)
