"""Seven days, five weeks, twelve months; never the youngest, and nothing that is not a copy."""

import datetime as dt
from pathlib import Path

from runtime.backups import prune, spared

KEEP = (7, 5, 12)
NOW = dt.datetime(2026, 11, 29, 0, 10, tzinfo=dt.UTC)


def test_a_year_of_nights() -> None:
    nights = [NOW - dt.timedelta(days=days) for days in range(500)]
    kept = sorted(spared(nights, keep=KEEP), reverse=True)
    assert kept[:7] == nights[:7]
    assert len(kept) <= 7 + 5 + 12
    assert len({at.isocalendar()[:2] for at in kept}) >= 5
    assert len({(at.year, at.month) for at in kept}) == 12
    assert min(kept) == dt.datetime(2025, 12, 31, 0, 10, tzinfo=dt.UTC)


def test_copies_by_hand_live_for_a_day() -> None:
    day = [NOW - dt.timedelta(hours=hours) for hours in range(30)]
    kept = spared(day, keep=KEEP)
    assert kept >= set(day[:24])
    assert len(kept) == 25  # and the last of the day before


def test_gaps_do_not_count_as_days() -> None:
    rare = [NOW - dt.timedelta(days=40 * times) for times in range(4)]
    assert spared(rare, keep=KEEP) == set(rare)
    assert spared([NOW], keep=(0, 0, 0)) == {NOW}
    assert spared([], keep=KEEP) == set()


def test_only_copies_are_removed(tmp_path: Path) -> None:
    for name in ("mami-20261129T001000Z.tar.age", "mami-20261120T001000Z.tar", "mami-20261120T001000Z.tar.part",
                 "notes.txt", "mami-20261120-001000.dump"):  # fmt: skip
        (tmp_path / name).touch()
    removed = prune(tmp_path, keep=(1, 0, 0))
    assert [path.name for path in removed] == ["mami-20261120T001000Z.tar"]
    assert len(list(tmp_path.iterdir())) == 4
