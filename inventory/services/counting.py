"""Setting and raising what stands on a shelf, and opening rows for new products and branches."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import Action, Actor, Change, record_many
from branches.models import Branch
from core.errors import InvalidInput, NotFound
from core.money import json_quantity
from core.transactions import write_transaction
from inventory.errors import StaleQuantity
from inventory.ledger import Move, Reason, move
from inventory.locks import lock_stock, lock_stocks
from inventory.models import Stock
from inventory.services.corrections import forget_corrections

MAX_ON_HAND = Decimal("999999.999")
REFERENCE_LENGTH = 40
PROBLEMS = {
    "NEGATIVE": gettext_lazy("A count is never below zero."),
    "TOO_LARGE": gettext_lazy("That is more than a shelf can hold."),
    "WHOLE_UNITS": gettext_lazy("This product is counted in whole units."),
    "GRAMS": gettext_lazy("Weights are kept to the gram."),
}


def set_on_hand(
    *,
    actor: Actor | None,
    stock_id: int,
    quantity: Decimal,
    expected_quantity: Decimal | None = None,
    reorder_point: Decimal | None = None,
    reason: str = "",
) -> Stock:
    """Write down a count: `quantity` units or kg stand on the shelf. Promises stay as they are.

    `reorder_point` also sets from which number on the shelf counts as low.

    A count below what is promised is allowed, the count is the truth. Raises NotFound,
    InvalidInput (negative, too large, parts of a unit), StaleQuantity when the count is no longer
    `expected_quantity`.
    """
    with write_transaction():
        stock = lock_stock(stock_id=stock_id)
        check_quantity(stock.product.sold_by, quantity)
        if expected_quantity is not None and stock.on_hand != expected_quantity:
            raise StaleQuantity(quantity=json_quantity(stock.on_hand))
        if reorder_point is not None:
            check_quantity(stock.product.sold_by, reorder_point, field="reorder_point")
            write_reorder_points(actor=actor, wanted=[(stock, reorder_point)])
        forget_corrections(stock_ids=[stock.pk])
        _change(actor, stock, quantity - stock.on_hand, Reason.STOCKTAKE, "", reason)
    return stock


def set_for(
    *,
    actor: Actor | None,
    branch_id: int,
    product_id: int,
    quantity: Decimal,
    reference: str = "",
    reason: str = "",
) -> Stock:
    """Set what stands on the shelf by branch and product, as an approved request does.

    Raises NotFound, InvalidInput.
    """
    with write_transaction():
        stock = _row(branch_id, product_id, quantity)
        forget_corrections(stock_ids=[stock.pk])
        _change(actor, stock, quantity - stock.on_hand, Reason.REQUEST, reference, reason)
    return stock


def add_on_hand(
    *,
    actor: Actor | None,
    branch_id: int,
    product_id: int,
    quantity: Decimal,
    reference: str = "",
    reason: str = "",
    kind: Reason = Reason.REQUEST,
) -> Stock:
    """Add `quantity` (units or kg, above zero) to the shelf. Raises NotFound, InvalidInput."""
    with write_transaction():
        stock = _row(branch_id, product_id, quantity)
        if quantity <= 0:
            raise InvalidInput(fields={"quantity": [_("Add something more than nothing.")]})
        if stock.on_hand + quantity > MAX_ON_HAND:
            raise InvalidInput(fields={"quantity": [_("That is more than a shelf can hold.")]})
        _change(actor, stock, quantity, kind, reference, reason)
    return stock


def open_rows(
    *,
    actor: Actor | None,
    product_ids: Iterable[int] | None = None,
    branch_id: int | None = None,
) -> int:
    """Give each of the products (None: all) a row of 0 at each branch (or one). Returns how many.

    In the caller's transaction or its own. Rows that exist are left alone, so it is repeatable.
    An empty row holds nothing and moves nothing: it has no movement and no audit row.
    """
    products: Any = apps.get_model("catalog", "Product")
    wanted = products.objects.order_by("pk")
    if product_ids is not None:
        wanted = wanted.filter(pk__in=set(product_ids))
    keys = list(wanted.values_list("pk", flat=True))
    branches = Branch.objects.order_by("pk")
    if branch_id is not None:
        branches = branches.filter(pk=branch_id)
    before = Stock.objects.filter(product_id__in=keys, branch__in=branches).count()
    rows = [
        Stock(product_id=key, branch_id=branch)
        for branch in branches.values_list("pk", flat=True)
        for key in keys
    ]
    with write_transaction():
        Stock.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    return len(rows) - before


def write_reorder_points(
    *, actor: Actor | None, wanted: Iterable[tuple[Stock, Decimal]], reference: str = ""
) -> int:
    """Set the reorder points of locked rows, with an audit row for each that changes.

    In the caller's transaction; two statements. Returns how many changed.
    """
    changed = [(stock, point) for stock, point in wanted if stock.reorder_point != point]
    changes = [
        Change(
            entity_type="stock",
            entity_id=stock.pk,
            action=Action.UPDATE,
            old={"reorder_point": stock.reorder_point},
            new={"reorder_point": point},
            context={"reference": reference} if reference else {},
        )
        for stock, point in changed
    ]
    for stock, point in changed:
        stock.reorder_point = point
    if changed:
        Stock.objects.bulk_update([stock for stock, _point in changed], ["reorder_point"])
        record_many(actor=actor, changes=changes)
    return len(changed)


def quantity_problem(sold_by: str, quantity: Decimal) -> str:
    """Why a count cannot be, as a key of PROBLEMS; the empty string for a good one."""
    if not quantity.is_finite() or quantity < 0:
        return "NEGATIVE"
    if quantity > MAX_ON_HAND:
        return "TOO_LARGE"
    if sold_by == "UNIT" and quantity != quantity.to_integral_value():
        return "WHOLE_UNITS"
    return "GRAMS" if quantity != quantity.quantize(Decimal("0.001")) else ""


def check_quantity(sold_by: str, quantity: Decimal, *, field: str = "quantity") -> None:
    """Raises InvalidInput for a count that cannot be: negative, too large, parts of a unit."""
    problem = quantity_problem(sold_by, quantity)
    if problem:
        raise InvalidInput(fields={field: [PROBLEMS[problem]]})


def _row(branch_id: int, product_id: int, quantity: Decimal) -> Stock:
    stock = lock_stocks(branch_id=branch_id, product_ids=[product_id]).get(product_id)
    if stock is None:
        raise NotFound
    check_quantity(stock.product.sold_by, quantity)
    return stock


def _change(
    actor: Actor | None,
    stock: Stock,
    delta: Decimal,
    kind: Reason,
    reference: str,
    reason: str,
) -> None:
    move(
        actor=actor,
        moves=[Move(stock=stock, on_hand=delta)],
        reason=kind,
        action=Action.UPDATE,
        reference=reference[:REFERENCE_LENGTH],
        context={"note": reason} if reason else None,
    )
