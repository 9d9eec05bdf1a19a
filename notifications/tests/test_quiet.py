"""When a message waits: the person's hours, over midnight, and Shabbat for who wants it."""

from __future__ import annotations

import datetime as dt

import pytest

from core.clock import SHOP_TZ
from notifications.quiet import DEFAULT, Hours, quiet_until


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHOP_TZ)


@pytest.mark.parametrize(
    ("now", "hours", "on_shabbat", "until"),
    [
        ("2026-12-01 22:40", DEFAULT, False, "2026-12-02 07:00"),
        ("2026-12-01 12:00", DEFAULT, True, None),
        # Shabbat from Friday 14:53 to Saturday 17:19.
        ("2026-12-04 14:52", DEFAULT, True, None),
        ("2026-12-04 14:53", DEFAULT, True, "2026-12-05 17:19"),
        ("2026-12-04 14:53", DEFAULT, False, None),
        ("2026-12-05 03:00", DEFAULT, True, "2026-12-05 17:19"),
        ("2026-12-05 17:19", DEFAULT, True, None),
        # The night before runs into nothing, the night after goes on where the rest ends.
        ("2026-12-04 06:00", DEFAULT, True, "2026-12-04 07:00"),
        ("2026-12-05 12:00", (dt.time(17), dt.time(20)), True, "2026-12-05 20:00"),
        ("2026-12-05 12:00", None, True, "2026-12-05 17:19"),
        # New year and Shabbat are one rest.
        ("2027-10-01 17:00", None, True, "2027-10-03 19:08"),
    ],
)
def test_until_when(now: str, hours: Hours | None, on_shabbat: bool, until: str | None) -> None:
    found = quiet_until(now=at(now), hours=hours, on_shabbat=on_shabbat)
    assert found == (at(until) if until else None)
