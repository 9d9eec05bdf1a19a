"""The hours in which nobody is woken by an offer. Pure."""

from __future__ import annotations

import datetime as dt

from notifications.quiet import DEFAULT, quiet_until


def is_night(now: dt.datetime) -> bool:
    """From 22:00 to 07:00 on the shop's clock."""
    return quiet_until(now=now, hours=DEFAULT) is not None
