"""D23, short: how memory is judged. The drill itself is `python -m tests.drills --only soak --minutes 30`."""

from __future__ import annotations

from tests.drills.soak import grown


def test_what_fills_at_first_and_then_stays_is_well() -> None:
    filling = [60.0 + min(n, 20) * 2 for n in range(180)]
    assert grown({"web 1": filling, "worker 2": [50.0, 51.0] * 90}) == []


def test_what_goes_on_growing_is_told() -> None:
    """The control: a leak of a fifteenth in half an hour."""
    leaking = [100.0 + n * 8 / 180 for n in range(180)]
    assert grown({"web 1": leaking, "worker 2": [50.0] * 180}) == [
        "web 1 held 101.7 MB and then 107.6 MB"
    ]


def test_what_was_started_anew_is_told() -> None:
    assert grown({"web 1": [100.0] * 90, "web 3": [100.0] * 89, "worker 2": [50.0] * 180}) == [
        "web 1 was there for 90 of 180 looks",
        "web 3 was there for 89 of 180 looks",
    ]
