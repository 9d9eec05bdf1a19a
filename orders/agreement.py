"""What customer and shop agreed on: in the checkout's hands until it is paid, then in the order's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, cast

from psycopg.types.json import Jsonb

# The fields of AgreedLine, for `jsonb_to_recordset`: lines of any number are one parameter.
LINE_TYPES = """
product_id bigint, name_he text, name_en text, sku text, sold_by text, unit_price numeric,
quantity numeric, discount numeric, line_total numeric, vat_rate numeric, substitution text
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
    vat_rate: Decimal
    substitution: str


@dataclass(frozen=True, kw_only=True)
class AgreedSale:
    """What customer and shop agreed on. Amounts in ₪, VAT included; `delivery` is the address."""

    order_number: str
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
    notes: str = ""
    delivery: Mapping[str, Any] = field(default_factory=dict)


def as_rows(lines: Sequence[AgreedLine]) -> Any:
    """Lines as the parameter of `jsonb_to_recordset(…) AS agreed({LINE_TYPES})`."""
    return cast(Any, Jsonb([vars(line) for line in lines], dumps=partial(json.dumps, default=str)))
