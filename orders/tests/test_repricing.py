"""What stays keeps its price, what is added costs today's: the arithmetic of a change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.repricing import ChangedLine, Goods, Wanted, beneath_packed, changed_lines


def line(price: str, quantity: str, *, product: int = 1, **values: Any) -> ChangedLine:
    fields: dict[str, Any] = {
        "item_id": 1,
        "name_he": "חלב",
        "name_en": "Milk",
        "sku": "M",
        "sold_by": "UNIT",
        "vat_rate": Decimal(18),
        "substitution": "REFUND",
        **values,
    }
    return ChangedLine(
        product_id=product, unit_price=Decimal(price), quantity=Decimal(quantity), **fields
    )


def goods(price: str, product: int = 1) -> dict[int, Goods]:
    return {
        product: Goods(
            product_id=product,
            name_he="חלב",
            name_en="Milk",
            sku="M",
            sold_by="UNIT",
            step=Decimal(1),
            price=Decimal(price),
            vat_rate=Decimal(18),
        )
    }


def change(lines: list[ChangedLine], quantity: str, price: str = "9.99") -> list[tuple[str, str]]:
    found = changed_lines(
        lines=lines,
        wanted={1: Wanted(quantity=Decimal(quantity))},
        goods=goods(price),
        default_substitution="BEST_MATCH",
    )
    return [(f"{one.quantity:f}", f"{one.unit_price}") for one in found]


@pytest.mark.parametrize(
    ("lines", "quantity", "price", "after"),
    [
        ([("5.00", "3")], "4", "6.00", [("3", "5.00"), ("1", "6.00")]),  # dearer: two lines
        ([("5.00", "3")], "4", "4.50", [("4", "4.50")]),  # cheaper: the whole line takes it
        ([("5.00", "3")], "4", "5.00", [("4", "5.00")]),
        ([("5.00", "3")], "3", "4.50", [("3", "5.00")]),  # what stays keeps its price
        ([("5.00", "3")], "2", "4.50", [("2", "5.00")]),
        ([("5.00", "3")], "0", "4.50", []),
        ([("5.00", "3"), ("6.00", "1")], "3", "7.00", [("3", "5.00")]),  # the dearer one first
        ([("5.00", "3"), ("6.00", "2")], "2", "7.00", [("2", "5.00")]),
        ([("5.00", "3"), ("6.00", "1")], "5", "6.00", [("3", "5.00"), ("2", "6.00")]),
        (
            [("5.00", "3"), ("6.00", "1")],
            "5",
            "7.00",
            [("3", "5.00"), ("1", "6.00"), ("1", "7.00")],
        ),
        ([("5.00", "3"), ("6.00", "1")], "5", "4.00", [("5", "4.00")]),
    ],
)
def test_prices(lines: Any, quantity: str, price: str, after: Any) -> None:
    own = [line(unit, amount, item_id=n) for n, (unit, amount) in enumerate(lines, 1)]
    assert change(own, quantity, price) == after


def test_a_line_that_is_answered_stays_and_the_rest_is_another() -> None:
    packed = line("5.00", "3", answered=True, packed=Decimal(3))
    assert change([packed], "4", "5.00") == [("3", "5.00"), ("1", "5.00")]
    assert beneath_packed(lines=[packed], wanted={1: Wanted(quantity=Decimal(2))}) == [1]
    assert beneath_packed(lines=[packed], wanted={}) == [1]
    assert beneath_packed(lines=[packed], wanted={1: Wanted(quantity=Decimal(3))}) == []


def test_a_missing_line_may_go() -> None:
    missing = line("5.00", "3", answered=True)
    assert change([missing], "0") == []


def test_what_is_not_said_of_a_line_stays() -> None:
    own = [line("5.00", "3", note="ripe")]
    [same] = changed_lines(
        lines=own,
        wanted={1: Wanted(quantity=Decimal(3), substitution="CALL_ME")},
        goods={},
        default_substitution="BEST_MATCH",
    )
    assert (same.note, same.substitution) == ("ripe", "CALL_ME")
    [new] = changed_lines(
        lines=[],
        wanted={1: Wanted(quantity=Decimal(1), note="big")},
        goods=goods("2.00"),
        default_substitution="BEST_MATCH",
    )
    assert (new.note, new.substitution, new.item_id) == ("big", "BEST_MATCH", None)


amounts = st.integers(1, 20).map(Decimal)
prices = st.integers(1, 999).map(lambda n: Decimal(n) / 100)


@given(
    lines=st.lists(st.tuples(prices, amounts), min_size=1, max_size=3),
    quantity=st.integers(0, 40).map(Decimal),
    price=prices,
)
def test_any_change_holds_what_is_wanted_and_never_costs_more_than_it_must(
    lines: list[tuple[Decimal, Decimal]], quantity: Decimal, price: Decimal
) -> None:
    own = [line(str(unit), str(amount), item_id=n) for n, (unit, amount) in enumerate(lines, 1)]
    there = sum(one.quantity for one in own)
    after = changed_lines(
        lines=own,
        wanted={1: Wanted(quantity=quantity)},
        goods=goods(str(price)),
        default_substitution="REFUND",
    )

    assert sum(one.quantity for one in after) == quantity
    before = sum(one.unit_price * one.quantity for one in own)
    most = before + price * max(Decimal(0), quantity - there)
    assert sum(one.unit_price * one.quantity for one in after) <= most
    ids = [one.item_id for one in after if one.item_id]
    assert len(ids) == len(set(ids))
