"""Lists: `{"data": [...], "pagination": {...}}`, by offset or by cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from mami.errors import InvalidInput

SALT = "mami.api.cursor"


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
    """The page of a query set or a list. Two queries for a query set."""
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    items = list(rows[offset : offset + limit]) if offset < total else []
    return Page(items=items, total=total, limit=limit, offset=offset)


def write_cursor(position: Sequence[Any]) -> str:
    """An opaque cursor for the row that ends a page."""
    return signing.dumps(list(position), salt=SALT, compress=False)


def read_cursor(cursor: str | None) -> list[Any] | None:
    """The position a cursor stands for, None without one. Raises InvalidInput for a made-up one."""
    if cursor is None:
        return None
    try:
        position = signing.loads(cursor, salt=SALT)
    except signing.BadSignature as error:
        raise InvalidInput(
            fields={"cursor": [_("This is not a cursor that the shop has given out.")]}
        ) from error
    return list(position)
