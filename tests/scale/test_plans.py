"""No list reads a large table whole, however it is asked; `make test-scale`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction

from tests.scale import plans
from tests.scale.asking import Asking, everything

pytestmark = pytest.mark.scale


@dataclass(frozen=True)
class Allowed:
    """A statement that may read much of `table`: one whose text has `part`, for a reason."""

    table: str
    part: str
    reason: str


ALLOWED: tuple[Allowed, ...] = ()


@pytest.fixture(scope="module")
def asked(large: None) -> Asking:
    """After everything has been asked once."""
    asking = Asking(plans.watch())
    for _name, ask in everything(asking):
        with transaction.atomic():
            ask()
    return asking


def test_the_shop_is_large(asked: Asking) -> None:
    tables = {"catalog_product", "inventory_stock", "orders_order", "orders_orderitem"}
    tables |= {"payments_payment", "billing_document", "audit_auditentry", "accounts_user"}
    assert tables <= asked.watch.tables
    assert asked.requests > 1_000


def test_every_address_answers(asked: Asking) -> None:
    assert not asked.broken


def test_no_list_reads_a_large_table_whole(asked: Asking) -> None:
    found = [one for one in asked.watch.found if not any(map(_covers(one), ALLOWED))]
    kinds = {(one.table, one.step, re.sub(r"\d+", "", one.statement)): one for one in found}
    assert not kinds, "\n".join(map(str, kinds.values()))


def test_what_is_allowed_is_needed(asked: Asking) -> None:
    idle = [one for one in ALLOWED if not any(_covers(found)(one) for found in asked.watch.found)]
    assert not idle


def _covers(found: plans.Whole) -> Callable[[Allowed], bool]:
    return lambda allowed: allowed.table == found.table and allowed.part in found.statement
