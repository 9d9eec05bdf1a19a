"""What customer and shop agreed on: in the checkout's hands until it is paid, then in the order's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, cast

from psycopg.types.json import Jsonb

from cart.charges import Charge

# The fields of AgreedLine, for `jsonb_to_recordset`: lines of any number are one parameter.
LINE_TYPES = """
product_id bigint, name_he text, name_en text, sku text, sold_by text, unit_price numeric,
quantity numeric, discount numeric, line_total numeric, vat_class text, vat_rate numeric, substitution text,
note text
"""
CHARGE_TYPES = """
product_id bigint, kind text, quantity numeric, unit_price numeric, amount numeric, vat_class text,
vat_rate numeric
"""
LINE_COLUMNS = ", ".join(column.split()[0] for column in LINE_TYPES.split(","))


@dataclass(frozen=True, kw_only=True)
class AgreedLine:
    """A line with everything that was agreed about it; no later change of the catalogue counts."""

    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    unit_price: Decimal
    quantity: Decimal
    discount: Decimal
    line_total: Decimal
    vat_class: str
    vat_rate: Decimal
    substitution: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AgreedSale:
    """What customer and shop agreed on. Amounts in ₪, VAT included; `delivery` is the address."""

    order_number: str
    user_id: int
    cart_id: int
    payment_id: int
    branch_id: int
    fulfillment_type: str
    dated_slot_id: int | None
    due_at: dt.datetime
    subtotal: Decimal
    discount_total: Decimal
    delivery_fee: Decimal
    fee_vat_rate: Decimal
    vat_total: Decimal
    total: Decimal
    lines: Sequence[AgreedLine]
    charges: Sequence[Mapping[str, Any]] = ()
    """As `charge_rows` makes them."""
    notes: str = ""
    business_name: str = ""
    vat_id: str = ""
    delivery: Mapping[str, Any] = field(default_factory=dict)
    placed_by_id: int | None = None

    @property
    def charges_total(self) -> Decimal:
        """Deposits and bags."""
        return sum((Decimal(one["amount"]) for one in self.charges), Decimal("0.00"))


def charge_rows(charges: Iterable[Charge], products: Sequence[int]) -> list[dict[str, Any]]:
    """Deposits and bags as JSON keeps them; `products` are those of the lines, in their order."""
    return [
        {
            "product_id": None if one.line is None else products[one.line],
            "kind": one.kind,
            "quantity": str(one.quantity),
            "unit_price": str(one.unit_price),
            "amount": str(one.amount),
            "vat_class": one.vat_class,
            "vat_rate": str(one.vat_rate),
        }
        for one in charges
    ]


def as_json(rows: Iterable[Mapping[str, Any]]) -> Any:
    """Rows of JSON as the parameter of `jsonb_to_recordset`."""
    return cast(Any, Jsonb([dict(row) for row in rows]))


def as_rows(lines: Sequence[AgreedLine]) -> Any:
    """Lines as the parameter of `jsonb_to_recordset(…) AS agreed({LINE_TYPES})`."""
    return cast(Any, Jsonb([vars(line) for line in lines], dumps=partial(json.dumps, default=str)))
