"""No list reads a large table whole, however it is asked; `make test-scale`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.scale import plans
from tests.scale.asking import Asking, everything

pytestmark = pytest.mark.scale


@dataclass(frozen=True)
class Allowed:
    """A statement that may read much of `table`: one whose text has `part`, for a reason."""

    table: str
    part: str
    reason: str


COUNTED = "counted in an index alone, once in a process after the catalogue changed"
FACETS = "the counts of a shelf without a text, once in fifteen seconds of a process"
SHARE = "counted up to 10,000; an index for a share of the rows would cost every write"
WINDOWS = "windows are as many as branches and days have: some ten thousand in years"
ALLOWED = (
    Allowed("catalog_product", '"catalog_category"."position"', COUNTED),
    Allowed("catalog_product", "WITH RECURSIVE below", COUNTED),
    Allowed(
        "catalog_product", '"catalog_product"."created_at" DESC', "walked until a page is full"
    ),
    Allowed("catalog_product", 'INNER JOIN "catalog_category" ON', "a sitemap names everything"),
    Allowed("search_searchdocument", "WITH m AS MATERIALIZED", FACETS),
    Allowed("branches_datedslot", '"waiting_waitingentry"."dated_slot_id"', WINDOWS),
    Allowed("branches_datedslot", "DATE_TRUNC", WINDOWS),
    Allowed("catalog_product", '"catalog_product"."sold_by" = ', SHARE),
    Allowed(
        "payments_reconciliationcase", "DISTINCT", "cases are few: each is a payment gone wrong"
    ),
    Allowed("orders_order", '"orders_order"."fulfillment_type" = ', SHARE),
    Allowed("inventory_stock", '"inventory_stock"."branch_id" = ', SHARE),
    Allowed("inventory_stockmovement", '"inventory_stock"."branch_id" = ', SHARE),
)


@pytest.fixture(scope="module")
def asked(large: None) -> Asking:
    """After everything has been asked once."""
    asking = Asking(plans.watch())
    for _name, ask in everything(asking):
        ask()
    return asking


def test_the_shop_is_large(asked: Asking) -> None:
    tables = {"catalog_product", "inventory_stock", "orders_order", "orders_orderitem"}
    tables |= {"payments_payment", "billing_document", "audit_auditentry", "accounts_user"}
    assert tables <= set(asked.watch.tables)
    assert asked.requests > 1_000


def test_every_address_answers(asked: Asking) -> None:
    # Orders that were written set by set have papers without a kept file: those say "in a moment".
    assert [one for one in asked.broken if not one.endswith("/invoice/ answered 503")] == []


def test_no_list_reads_a_large_table_whole(asked: Asking) -> None:
    found = [one for one in asked.watch.found if not any(map(_covers(one), ALLOWED))]
    kinds = {(one.table, one.step, re.sub(r"\d+", "", one.statement)): one for one in found}
    assert not kinds, "\n".join(map(str, kinds.values()))


def _covers(found: plans.Whole) -> Callable[[Allowed], bool]:
    return lambda allowed: allowed.table == found.table and allowed.part in found.statement
