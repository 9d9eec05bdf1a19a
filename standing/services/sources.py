"""What goes into a standing order: named line by line, or taken from an order, a list, the basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from cart import services as cart
from cart.errors import InvalidQuantity, ProductInactive
from cart.models import Substitution
from cart.quantities import is_allowed
from cart.selectors import cart_view, is_sold
from catalog.models import Product
from core.clock import day_of_week
from core.errors import InvalidInput, NotFound
from lists.selectors import list_view
from orders.selectors import order_for

MOST_ITEMS = 200
MOST_OF_ONE = Decimal(999)


@dataclass(frozen=True, kw_only=True)
class ItemData:
    """A line as it is wanted."""

    product_id: int
    quantity: Decimal
    substitution: str | None = None
    note: str = ""


def items_from(
    *,
    actor: User,
    order_id: int | None = None,
    list_id: int | None = None,
    from_cart: bool = False,
) -> list[ItemData]:
    """The lines of one's own order, list or basket. Raises NotFound, InvalidInput (none given)."""
    if order_id is not None:
        return _of_order(actor, order_id)
    if list_id is not None:
        return [
            ItemData(product_id=line.product_id, quantity=line.quantity, note=line.note)
            for line in list_view(actor=actor, list_id=list_id).items
            if line.is_sold
        ]
    if from_cart:
        return [
            ItemData(
                product_id=line.product_id,
                quantity=line.quantity,
                substitution=line.substitution,
                note=line.note,
            )
            for line in cart_view(actor=actor).items
            if line.is_sold and not line.nearest
        ]
    raise InvalidInput(fields={"items": [_("Say what should be in it.")]})


def usual_rule(
    *,
    actor: User,
    order_id: int | None = None,
    list_id: int | None = None,
    from_cart: bool = False,
) -> dict[str, object]:
    """The weekday and the time of one's own order, or of the window kept for the basket, as a form begins
    with them; nothing of a list, or where there is no window. Raises NotFound.
    """
    if list_id is not None:
        return {}
    if order_id is not None:
        dated = order_for(actor=actor, order_id=order_id).dated_slot
        when = (dated.date, dated.slot.start_time) if dated is not None else None
    else:
        held = cart_view(actor=actor).held if from_cart else None
        when = (held.date, held.start_time) if held is not None else None
    if when is None:
        return {}
    return {"weekdays": [day_of_week(when[0])], "start_time": f"{when[1]:%H:%M}"}


def checked(
    items: Sequence[ItemData], *, may_be_empty: bool = False
) -> list[tuple[Product, ItemData]]:
    """Products with their lines. Raises InvalidInput, NotFound, ProductInactive, InvalidQuantity."""
    if not items and not may_be_empty:
        raise InvalidInput(fields={"items": [_("Say what should be in it.")]})
    if len(items) > MOST_ITEMS:
        raise InvalidInput(fields={"items": [_("At most %(n)s products.") % {"n": MOST_ITEMS}]})
    ids = [item.product_id for item in items]
    if len(set(ids)) != len(ids):
        raise InvalidInput(fields={"items": [_("Name each product once.")]})
    products = Product.objects.select_related("category").in_bulk(ids)
    if len(products) != len(ids):
        raise NotFound
    gone = [pk for pk in ids if not is_sold(products[pk])]
    if gone:
        raise ProductInactive(product_ids=gone)
    return [(products[item.product_id], _valid(products[item.product_id], item)) for item in items]


def _valid(product: Product, item: ItemData) -> ItemData:
    """With its note as it is kept."""
    if not is_allowed(item.quantity, step=product.quantity_step):
        raise InvalidQuantity(step=product.quantity_step)
    if item.substitution not in (None, *Substitution.values):
        raise InvalidInput(fields={"substitution": [_("Choose one of the offered ways.")]})
    return replace(item, note=cart.valid_note(item.note) or "")


def _of_order(actor: User, order_id: int) -> list[ItemData]:
    """What was ordered, not its substitutes; what is no longer sold, or not so, is left out."""
    order = order_for(actor=actor, order_id=order_id)
    found: dict[int, ItemData] = {}
    for line in order.items.all():
        if line.substitute_for_id is None:
            more = found[line.product_id].quantity if line.product_id in found else Decimal(0)
            found[line.product_id] = ItemData(
                product_id=line.product_id,
                quantity=min(line.quantity + more, MOST_OF_ONE),
                substitution=line.substitution,
                note=line.note,
            )
    products = Product.objects.active().in_bulk(found)
    return [fit for one in found.values() if (fit := _fitting(one, products)) is not None]


def _fitting(item: ItemData, products: Mapping[int, Product]) -> ItemData | None:
    product = products.get(item.product_id)
    if product is None:
        return None
    step = product.quantity_step
    amount = (item.quantity / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step
    if not amount:
        return None
    return ItemData(
        product_id=item.product_id,
        quantity=amount,
        substitution=item.substitution,
        note=item.note,
    )
