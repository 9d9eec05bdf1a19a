"""Which copies are kept, and for how long."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r"mami-(\d{8}T\d{6})Z\.tar(?:\.age)?")
# Made by hand before something risky, they are still wanted the day after.
FRESH = dt.timedelta(hours=24)


def prune(folder: Path, *, keep: Sequence[int]) -> list[Path]:
    """Remove copies that nobody needs any more, and return them. To be called after a new good one."""
    copies = {path: instant for path in folder.iterdir() if (instant := _instant(path))}
    wanted = spared(copies.values(), keep=keep)
    removed = []
    for path, instant in sorted(copies.items()):
        if instant not in wanted:
            with suppress(OSError):
                path.unlink()
                removed.append(path)
    return removed


def spared(instants: Iterable[dt.datetime], *, keep: Sequence[int]) -> set[dt.datetime]:
    """Those to keep of copies made at these instants: the last of each of so many days, weeks and
    months in which there is one, and all of the last 24 hours before the youngest.
    """
    newest_first = sorted(instants, reverse=True)
    periods: list[Callable[[dt.datetime], object]] = [
        lambda at: at.date(),
        lambda at: at.isocalendar()[:2],
        lambda at: (at.year, at.month),
    ]
    found = {at for at in newest_first if at > newest_first[0] - FRESH}
    for period, most in zip(periods, keep, strict=True):
        last: dict[object, dt.datetime] = {}
        for at in newest_first:
            last.setdefault(period(at), at)
        found |= set(list(last.values())[:most])
    return found


def _instant(path: Path) -> dt.datetime | None:
    match = NAME.fullmatch(path.name)
    if match is None:
        return None
    return dt.datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)
