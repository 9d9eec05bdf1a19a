"""What could be packed where a product has run out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from cart.models import Substitution
from catalog.models import Product
from core.money import ZERO
from orders.models import OrderItem, PickedStatus
from orders.pricing import picked_line
from orders.selectors import line_of

MAX_CANDIDATES = 6
LOOKED_AT = 200
MUCH_DEARER = Decimal("1.5")
"""Above this share of the price the shop would lose too much: the customer pays the old price."""
FACT_FIELDS = ("description_he", "description_en")


@dataclass(frozen=True, kw_only=True)
class SubstituteCandidate:
    """Another product with what is free of it at the branch (units or kg)."""

    product: Product
    available: Decimal
    is_dearer: bool


def left_of(item: OrderItem, items: Iterable[OrderItem]) -> Decimal:
    """What is missing of a line and not replaced yet, in units or kg. No query."""
    given = sum((one.quantity for one in items if one.substitute_for_id == item.pk), Decimal(0))
    return max(Decimal(0), item.left - given)


def agreed_price(item: OrderItem, amount: Decimal, *, covered: Decimal = ZERO) -> Decimal:
    """What the line would have cost for `amount` more of it, in ₪. `covered` is how much of what is
    missing is replaced already."""
    line, found = line_of(item), item.packed + min(covered, item.left)
    more = picked_line(line=line, picked=min(found + amount, item.packed + item.left))
    return more.payable - picked_line(line=line, picked=found).payable


def substitute_candidates(
    *, item: OrderItem, branch_id: int, text: str = ""
) -> list[SubstituteCandidate]:
    """The closest safe products of the same category that stand free at the branch, best first.

    With `text` those of any category with that in their name. Nothing where the customer wants no
    substitute, and nothing that the same order misses too. One query.
    """
    if item.substitution == Substitution.REFUND or item.substitute_for_id is not None:
        return []
    wanted = item.product
    where = Q(category=wanted.category_id)
    if text:
        where = Q(name_he__icontains=text) | Q(name_en__icontains=text)
    missing = OrderItem.objects.filter(order=item.order_id, picked_status=PickedStatus.MISSING)
    found = (
        Product.objects.active()
        .may_replace(wanted)
        .exclude(pk__in=missing.values("product_id"))
        .filter(where, price__lte=item.unit_price * MUCH_DEARER)
        .with_availability(branch_id)
        .in_stock(branch_id)
        .select_related("category", "brand")
        .defer(*FACT_FIELDS)
        .order_by("pk")[:LOOKED_AT]
    )
    closest = sorted(found, key=lambda other: _distance(item, wanted, other))[:MAX_CANDIDATES]
    return [
        SubstituteCandidate(
            product=other,
            available=other.available,  # type: ignore[attr-defined]
            is_dearer=other.price > item.unit_price,
        )
        for other in closest
    ]


def _distance(item: OrderItem, wanted: Product, other: Product) -> tuple[object, ...]:
    """How far another product is: in name first, then in size, then in price; dearer ones last."""
    common = set(wanted.name_he.split()) & set(other.name_he.split())
    return (
        other.price > item.unit_price,
        -len(common),
        other.size_unit != wanted.size_unit,
        abs(other.size - wanted.size),
        abs(other.price - item.unit_price),
        other.pk,
    )
