"""Columns stand in proportion, in the reader's direction, and never divide by nothing."""

from decimal import Decimal

from core.charts import HEIGHT, Point, columns, share


def points(*amounts):
    return [
        Point(label=str(place), amounts=tuple(map(Decimal, some)), values=())
        for place, some in enumerate(amounts)
    ]


def draw(*amounts, rtl=False):
    return columns(points=points(*amounts), series=["a", "b"], description="", rtl=rtl)


def test_the_highest_fills_the_drawing_and_the_others_are_in_proportion():
    heights = [rect.height for rect in draw((100, 50), (0, 25)).rects]
    assert heights == [HEIGHT - 8, (HEIGHT - 8) / 2, 0, (HEIGHT - 8) / 4]


def test_time_runs_in_the_readers_direction():
    assert [text for _x, text in draw((1, 1), (2, 2), (3, 3)).labels] == ["0", "1", "2"]
    assert [text for _x, text in draw((1, 1), (2, 2), (3, 3), rtl=True).labels] == ["2", "1", "0"]


def test_columns_stay_within_the_drawing_and_apart():
    chart = draw((5, 5), (5, 5))
    assert all(r.x >= 0 and r.x + r.width <= chart.width for r in chart.rects)
    assert all(a.x + a.width <= b.x for a, b in zip(chart.rects, chart.rects[1:], strict=False))


def test_nothing_and_less_than_nothing():
    assert {rect.height for rect in draw((0, 0), (-3, 0)).rects} == {0}
    assert share(1, 0) == share(0, 5) == share(-1, 5) == 0
    assert share(1, 3) == 33
