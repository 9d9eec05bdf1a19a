"""Lists: `{"data": [...], "pagination": {...}}`, by offset or by cursor."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from core.keyset import after, read_cursor, write_cursor

COUNTED = 10_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list, ready to be answered.

    `total` counts the whole result (an estimate where `total_is_estimate`); `extra` stands beside
    `data` in the answer; `next_cursor` only for lists that take one.
    """

    items: Sequence[Any]
    total: int
    limit: int
    offset: int = 0
    extra: dict[str, Any] = field(default_factory=dict)
    has_next: bool | None = None
    next_cursor: str | None = None
    by_cursor: bool = False
    total_is_estimate: bool = False

    def pagination(self) -> dict[str, Any]:
        more = self.has_next
        if more is None:
            more = self.offset + len(self.items) < self.total
        found: dict[str, Any] = {
            "total": self.total,
            "limit": self.limit,
            "offset": self.offset,
            "has_next": more,
        }
        if self.by_cursor:
            found["next_cursor"] = self.next_cursor if more else None
        if self.total_is_estimate:
            found["total_is_estimate"] = True
        return found


def paged(rows: QuerySet[Any] | Sequence[Any], *, limit: int, offset: int, **_: Any) -> Page:
    """The page of a query set or a list. Two queries for a query set, a third for a long one, whose
    `total` is what the planner expects beyond COUNTED rows.
    """
    total, is_estimate = _count(rows) if isinstance(rows, QuerySet) else (len(rows), False)
    found = list(rows[offset : offset + limit + 1]) if is_estimate or offset < total else []
    return Page(
        items=found[:limit],
        total=total,
        total_is_estimate=is_estimate,
        limit=limit,
        offset=offset,
        has_next=len(found) > limit,
    )


def by_cursor(
    rows: QuerySet[Any], *, keys: Sequence[str], limit: int, offset: int,
    cursor: str | None = None, shows: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None, **_: Any,
) -> Page:  # fmt: skip
    """A page of a long list, sorted by `keys` (`-created_at`, …; together unique). `shows` reads what
    stands beside the rows of a page that is cut already.

    After a cursor the page costs the same wherever it lies. Counting stops at COUNTED rows: beyond
    it, `total` is what the planner expects. Two queries, a third for a long list.
    """
    rows = rows.order_by(*keys)
    total, is_estimate = _count(rows)
    position = read_cursor(cursor, keys)
    if position is not None:
        rows, offset = after(rows, keys=keys, position=position), 0
    page = rows[offset : offset + limit + 1]
    items = list(page if shows is None else shows(page))
    has_next = len(items) > limit
    items = items[:limit]
    return Page(
        items=items,
        total=total,
        total_is_estimate=is_estimate,
        limit=limit,
        offset=offset,
        has_next=has_next,
        by_cursor=True,
        next_cursor=write_cursor(keys, items[-1]) if has_next else None,
    )


def _count(rows: QuerySet[Any]) -> tuple[int, bool]:
    keys = rows.order_by()
    if not rows.query.group_by:  # groups of a key each would be others
        keys = keys.values("pk")  # without what a row shows beside
    counted = keys[: COUNTED + 1].count()
    if counted <= COUNTED:
        return counted, False
    plan = json.loads(keys.explain(format="json"))
    return max(counted, int(plan[0]["Plan"]["Plan Rows"])), True
