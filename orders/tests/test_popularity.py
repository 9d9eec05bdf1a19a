"""How many customers lift a product, and how far."""

from __future__ import annotations

from orders.popularity import steps


def test_steps_are_by_the_logarithm_of_the_weight() -> None:
    assert steps({}) == {}
    assert steps({1: 0.2}) == {1: 9}
    found = steps({1: 1000.0, 2: 100.0, 3: 10.0, 4: 0.01})
    assert found == {1: 9, 2: 6, 3: 3, 4: 1}
