"""Charts drawn on the server: positions and lengths only, words and table are the template's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

HEIGHT = 150
FOOT = 22
STEP = 40


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row of a chart: `share` is the length of its bar in percent."""

    label: str
    value: str
    share: int
    href: str = ""
    is_full: bool = False


@dataclass(frozen=True, kw_only=True)
class Point:
    """One day (or other step) of a column chart, with the value of each series in words."""

    label: str
    amounts: tuple[Decimal, ...]
    values: tuple[str, ...]
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Rect:
    """A column in the units of the drawing; `series` counts from 0."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A column chart: one group of columns for each point, and the points as a table.

    `more` names values of the table that have no column.
    """

    points: Sequence[Point]
    series: Sequence[str]
    more: Sequence[str] = ()
    description: str
    rects: list[Rect] = field(default_factory=list)
    labels: list[tuple[float, str]] = field(default_factory=list)

    height = HEIGHT + FOOT

    @property
    def width(self) -> int:
        return max(1, len(self.points)) * STEP

    @property
    def base(self) -> int:
        return HEIGHT

    @property
    def foot(self) -> int:
        return HEIGHT + FOOT - 6


def columns(
    *,
    points: Sequence[Point],
    series: Sequence[str],
    more: Sequence[str] = (),
    description: str,
    rtl: bool,
) -> Columns:
    """Place the columns: time runs in the reader's direction, the highest fills the drawing."""
    most = max((amount for one in points for amount in one.amounts), default=Decimal(0))
    thick = (STEP - 8) / max(1, len(series))
    chart = Columns(points=points, series=series, more=more, description=description)
    for place, point in enumerate(reversed(points) if rtl else points):
        left = place * STEP
        chart.labels.append((left + STEP / 2, point.label))
        for number, amount in enumerate(point.amounts):
            tall = float(amount / most) * (HEIGHT - 8) if most > 0 and amount > 0 else 0
            chart.rects.append(
                Rect(
                    x=round(left + 4 + number * thick, 1),
                    y=round(HEIGHT - tall, 1),
                    width=round(thick - 2, 1),
                    height=round(tall, 1),
                    series=number,
                )
            )
    return chart


def share(part: Decimal | int, whole: Decimal | int) -> int:
    """`part` of `whole` in percent, 0 where there is nothing to compare."""
    return round(100 * part / whole) if whole > 0 and part > 0 else 0
