"""What a capture takes of each line, and what parts of a line are worth: the worked examples."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.apportionment import Weighed, part_of, share_out, shares

AGOROT = st.integers(0, 50_000).map(lambda n: Decimal(n) / 100)


def test_the_fee_is_the_customers_and_the_weight_above_the_agreement_the_shops() -> None:
    """10.00 a kg, one ordered, 1.4 weighed, fee 30.00: 40.00 taken, the line at 10.00."""
    found = shares(
        lines={1: Weighed(agreed=Decimal("10.00"), picked=Decimal("14.00"))},
        fee=Decimal("30.00"), extras={}, limit=Decimal("40.00"),
    )  # fmt: skip
    assert (found.lines, found.fee, found.total) == (
        {1: Decimal("10.00")},
        Decimal("30.00"),
        Decimal("40.00"),
    )


def test_what_is_too_much_is_shared_by_what_each_line_weighs_more() -> None:
    found = shares(
        lines={
            1: Weighed(agreed=Decimal("10.00"), picked=Decimal("12.00")),
            2: Weighed(agreed=Decimal("7.00"), picked=Decimal("7.70")),
            3: Weighed(agreed=Decimal("1.00"), picked=Decimal("0.00")),
        },
        fee=Decimal("30.00"), extras={}, limit=Decimal("48.00"),
    )  # fmt: skip
    assert found.lines == {1: Decimal("10.74"), 2: Decimal("7.26"), 3: Decimal("0.00")}
    assert (found.fee, found.total) == (Decimal("30.00"), Decimal("48.00"))


def test_nothing_found_costs_nothing() -> None:
    found = shares(
        lines={1: Weighed(agreed=Decimal("10.00"), picked=Decimal("0.00"))},
        fee=Decimal("30.00"), extras={7: Decimal("0.30")}, limit=Decimal("40.30"),
    )  # fmt: skip
    assert (found.total, found.extras) == (Decimal("0.00"), {7: Decimal("0.00")})


def test_three_parts_of_a_weighed_line_sum_to_it() -> None:
    """12.90 a kg × 0.75 = 9.68, given back in three pieces of 0.25 kg."""
    quantity, refunded, parts = Decimal("0.000"), Decimal("0.00"), []
    for _ in range(3):
        part = part_of(charged=Decimal("9.68"), quantity=Decimal("0.750"), refunded_quantity=quantity,
                       refunded=refunded, more=Decimal("0.250"))  # fmt: skip
        parts.append(part)
        quantity, refunded = quantity + Decimal("0.250"), refunded + part
    assert parts == [Decimal("3.23"), Decimal("3.22"), Decimal("3.23")]


def test_half_of_a_line_that_was_charged_less_than_it_weighs() -> None:
    values = {
        "charged": Decimal("10.00"),
        "quantity": Decimal("1.400"),
        "refunded": Decimal(0),
        "refunded_quantity": Decimal(0),
    }
    assert part_of(**values, more=Decimal("0.700")) == Decimal("5.00")
    assert part_of(**values, more=Decimal("1.400")) == Decimal("10.00")


def test_an_amount_is_spread_by_the_largest_remainder() -> None:
    over = {"a": Decimal("9.68"), "b": Decimal("20.00"), "fee": Decimal("30.00")}
    assert share_out(amount=Decimal("5.00"), over=over) == {
        "a": Decimal("0.81"), "b": Decimal("1.68"), "fee": Decimal("2.51"),
    }  # fmt: skip


@given(st.lists(AGOROT, min_size=1, max_size=8), st.integers(0, 100))
def test_shares_sum_and_stay_within(values: list[Decimal], percent: int) -> None:
    over = dict(enumerate(values))
    amount = (sum(values, Decimal(0)) * percent / 100).quantize(
        Decimal("0.01"), rounding="ROUND_DOWN"
    )
    parts = share_out(amount=amount, over=over)
    assert sum(parts.values(), Decimal(0)) == amount
    assert all(Decimal(0) <= parts[key] <= over[key] for key in over)


@given(
    st.lists(st.tuples(AGOROT, AGOROT), min_size=1, max_size=6), AGOROT,
    st.integers(0, 30_000).map(lambda n: Decimal(n) / 100),
)  # fmt: skip
def test_never_above_the_limit_and_never_below_nothing(
    lines: list[tuple[Decimal, Decimal]], fee: Decimal, off: Decimal
) -> None:
    weighed = {n: Weighed(agreed=agreed, picked=picked) for n, (agreed, picked) in enumerate(lines)}
    limit = max(sum((line.agreed for line in weighed.values()), Decimal(0)) + fee - off, fee)
    found = shares(lines=weighed, fee=fee, extras={}, limit=limit)
    picked = sum((line.picked for line in weighed.values()), Decimal(0))
    assert found.total == (min(picked + fee, limit) if picked else Decimal(0))
    assert all(Decimal(0) <= part <= weighed[key].picked for key, part in found.lines.items())
