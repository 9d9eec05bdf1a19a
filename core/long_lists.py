"""Lists that may be millions long, in numbered pages: counted to a bound, sorted group by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MAX_COUNTED = 10_000
DEEP = 1_000


class BoundedPaginator(Paginator):
    """Pages of a list that may be millions long: it is counted up to MAX_COUNTED rows, not further.

    From row DEEP on the keys of a page are sorted alone, and its long rows are read by them.
    """

    MAX_COUNTED = MAX_COUNTED

    def __init__(self, object_list: Any, per_page: int, *more: Any, **named: Any) -> None:
        """Of a query, or of an InTurn."""
        super().__init__(object_list, per_page, *more, **named)

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if isinstance(rows, InTurn):
            return rows.count()
        return int(rows.order_by()[: self.MAX_COUNTED].count())

    def page(self, number: int | str) -> Page:
        """One statement more from row DEEP on."""
        page: Page = super().page(number)
        rows: Any = self.object_list
        start = page.start_index() - 1
        if start >= DEEP and isinstance(rows, QuerySet):
            keys = rows.values_list("pk", flat=True)[start : page.end_index()]
            page.object_list = rows.filter(pk__in=list(keys))
        return page


class InTurn:
    """Several sorted lists of one kind as one, each read by its own index; no row stands in two.

    `ORDER BY CASE …` over all of them would read and sort every row for its first page.
    """

    def __init__(self, *groups: QuerySet[Any]) -> None:
        self.groups = groups

    @cached_property
    def _counts(self) -> list[int]:
        counts: list[int] = []
        for rows in self.groups:
            left = MAX_COUNTED - sum(counts)
            counts.append(rows.order_by()[:left].count() if left else 0)
        return counts

    def count(self) -> int:
        """How many rows, up to MAX_COUNTED. A query for each group."""
        return sum(self._counts)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> Sequence[Any]:
        """The rows of a page. A query for each group that has some of them."""
        found: list[Any] = []
        start, stop = wanted.start or 0, wanted.stop
        for rows, count in zip(self.groups, self._counts, strict=True):
            if start < count and stop > 0:
                found += rows[max(0, start) : min(stop, count)]
            start, stop = start - count, stop - count
        return found
