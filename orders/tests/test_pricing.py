"""Totals: whatever is bought, found and refunded, the sums meet to the agora."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO, line_total
from orders import pricing
from orders.pricing import PricedLine

pytestmark = pytest.mark.slow

prices = st.decimals("0.01", "9999.99", places=2)
quantities = st.one_of(st.integers(1, 999).map(Decimal), st.decimals("0.001", "999", places=3))
rates = st.sampled_from([Decimal("18.00"), Decimal("0.00"), Decimal("17.00")])
fees = st.sampled_from([None, Decimal("0.00"), Decimal("12.00"), Decimal("30.00")])


@st.composite
def lines(draw: st.DrawFn) -> PricedLine:
    price, quantity = draw(prices), draw(quantities)
    most = line_total(price, quantity)
    return PricedLine(
        unit_price=price,
        quantity=quantity,
        vat_rate=draw(rates),
        discount=draw(st.decimals("0.00", most, places=2)),
    )


baskets = st.lists(lines(), min_size=1, max_size=12)


def quote(
    goods: list[PricedLine], *, kind: str = "DELIVERY", fee: Decimal | None = None
) -> pricing.Totals:
    return pricing.quote(
        lines=goods, fulfillment_type=kind, slot_fee=fee, fee_vat_rate=Decimal("18.00")
    )


@given(baskets, st.sampled_from(["DELIVERY", "PICKUP"]), fees)
def test_sums_meet(goods: list[PricedLine], kind: str, fee: Decimal | None) -> None:
    totals = quote(goods, kind=kind, fee=fee)
    assert totals.subtotal == sum((line.total for line in goods), ZERO)
    assert totals.total == totals.subtotal - totals.discount_total + totals.delivery_fee
    assert totals.total == sum((row.net + row.vat for row in totals.vat_rows), ZERO)
    assert totals.vat_total == sum((row.vat for row in totals.vat_rows), ZERO)
    for amount in (totals.subtotal, totals.total, totals.vat_total, totals.delivery_fee):
        assert amount.as_tuple().exponent == -2
        assert amount >= 0


@given(baskets, fees)
def test_the_fee_looks_at_goods_after_discounts(
    goods: list[PricedLine], fee: Decimal | None
) -> None:
    totals = quote(goods, fee=fee)
    worth = totals.subtotal - totals.discount_total
    base = Decimal("30.00") if fee is None else fee
    assert totals.delivery_fee == (ZERO if worth >= 150 else base)
    assert totals.free_delivery_gap == max(ZERO, 150 - worth)
    assert quote(goods, kind="PICKUP", fee=fee).delivery_fee == ZERO


@given(baskets)
def test_vat_is_inside_and_its_order_does_not_matter(goods: list[PricedLine]) -> None:
    rows = quote(goods).vat_rows
    assert rows == quote(goods[::-1]).vat_rows
    assert [row.rate for row in rows] == sorted({row.rate for row in rows}, reverse=True)
    for row in rows:
        assert 0 <= row.vat <= row.net + row.vat
        if row.rate == 0:
            assert row.vat == 0


@given(baskets, st.data())
def test_never_charged_above_what_was_agreed(goods: list[PricedLine], data: st.DataObject) -> None:
    totals = quote(goods)
    found = [
        pricing.picked_line(
            line=line,
            picked=data.draw(
                st.one_of(st.none(), st.decimals("0.001", line.quantity * 2, places=3))
            )
            if line.quantity >= Decimal("0.001")
            else None,
        )
        for line in goods
    ]
    due = pricing.amount_due(lines=found, fee=totals.delivery_fee, authorized=totals.total)
    assert ZERO <= due <= totals.total
    assert all(line.payable >= 0 for line in found)
    assert all(part.discount <= whole.discount for part, whole in zip(found, goods, strict=True))


@given(baskets)
def test_everything_found_costs_what_was_agreed(goods: list[PricedLine]) -> None:
    totals = quote(goods)
    found = [pricing.picked_line(line=line, picked=line.quantity) for line in goods]
    due = pricing.amount_due(lines=found, fee=totals.delivery_fee, authorized=totals.total)
    worth = totals.subtotal - totals.discount_total
    assert due == (totals.total if worth else ZERO)


@given(lines(), st.data())
def test_a_line_refunded_in_parts_is_never_more_than_the_line(
    line: PricedLine, data: st.DataObject
) -> None:
    """Line by line by piece, what is given back rounds to at most half an agora a part."""
    first = data.draw(st.decimals("0.001", line.quantity, places=3))
    parts = [first, line.quantity - first]
    given_back = sum(
        (pricing.picked_line(line=line, picked=part).payable for part in parts if part), ZERO
    )
    assert abs(given_back - line.payable) <= Decimal("0.02")


def test_a_documented_example() -> None:
    """Two of ₪4.90 at 18 %, 1.35 kg of ₪8.90 at 0 %, and the fee."""
    totals = quote(
        [
            PricedLine(unit_price=Decimal("4.90"), quantity=Decimal(2), vat_rate=Decimal("18.00")),
            PricedLine(
                unit_price=Decimal("8.90"), quantity=Decimal("1.35"), vat_rate=Decimal("0.00")
            ),
        ]
    )
    assert (totals.subtotal, totals.delivery_fee, totals.total) == (
        Decimal("21.82"),
        Decimal("30.00"),
        Decimal("51.82"),
    )
    assert [(row.rate, row.net, row.vat) for row in totals.vat_rows] == [
        (Decimal("18.00"), Decimal("33.73"), Decimal("6.07")),
        (Decimal("0.00"), Decimal("12.02"), Decimal("0.00")),
    ]
