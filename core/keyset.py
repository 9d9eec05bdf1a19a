"""Long lists by position: a page costs the same wherever it lies, because nothing is skipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.core import signing
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput

SALT = "mami.api.cursor"
STEP = 2000
Rows = TypeVar("Rows", bound=QuerySet[Any])


def after(rows: Rows, *, keys: Sequence[str], position: Sequence[Any] | None) -> Rows:
    """The rows behind a position, sorted by `keys` (`-created_at`, …; together unique)."""
    rows = rows.order_by(*keys)
    return rows if position is None else rows.filter(_behind(keys, position))


def on_page(page: QuerySet[Any]) -> Func:
    """Whether a row is one of a page that is cut already. Its keys are found first, whatever is joined to
    the rows: `IN` a query is one join among others, of which the planner looks at eight.
    """
    keys = ArraySubquery(page.values("pk"))
    is_one = BooleanField()
    return Func(
        F("pk"), keys, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=is_one
    )


def page_after(
    rows: QuerySet[Any], *, keys: Sequence[str], limit: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """The next `limit` rows and the cursor of the page behind them, None at the end. One query.

    Raises InvalidInput for a made-up cursor.
    """
    found = list(after(rows, keys=keys, position=read_cursor(cursor, keys))[: limit + 1])
    items = found[:limit]
    return items, write_cursor(keys, items[-1]) if len(found) > limit else None


def walk(rows: QuerySet[Any], *, keys: Sequence[str], step: int = STEP) -> Iterator[Any]:
    """Every row, one query for each `step` of them: no long transaction, never all in memory."""
    position: list[Any] | None = None
    while True:
        found = list(after(rows, keys=keys, position=position)[:step])
        yield from found
        if len(found) < step:
            return
        position = [getattr(found[-1], key.lstrip("-")) for key in keys]


def write_cursor(keys: Sequence[str], row: Any) -> str:
    """An opaque cursor for the row that ends a page."""
    return cursor_at(keys, [getattr(row, key.lstrip("-")) for key in keys])


def cursor_at(keys: Sequence[str], position: Sequence[Any]) -> str:
    """An opaque cursor for a position, given as one value for each key."""
    # Without the time: the same page has the same cursor, and a kept copy of it stays the same.
    return signing.Signer(salt=SALT).sign_object([",".join(keys), *map(_plain, position)])


def read_cursor(cursor: str | None, keys: Sequence[str]) -> list[Any] | None:
    """The position a cursor stands for, None without one; instants and decimals as text.

    Raises InvalidInput for a made-up one, and for one of a list that was sorted differently.
    """
    if cursor is None:
        return None
    try:
        order, *position = signing.Signer(salt=SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError):
        order, position = None, []
    if order != ",".join(keys):
        raise InvalidInput(
            fields={"cursor": [_("This is not a cursor that the shop has given out.")]}
        )
    return position


def _plain(value: Any) -> Any:
    """As JSON writes it. Fields read such text back as their own kind."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _behind(keys: Sequence[str], position: Sequence[Any]) -> Q:
    """The first key may be equal only where a later one is behind."""
    behind = Q()
    for key, value in reversed(list(zip(keys, position, strict=True))):
        name, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
        behind = Q(**{f"{name}__{side}": value}) | (Q(**{name: value}) & behind if behind else Q())
        if key is not keys[-1]:
            behind &= Q(**{f"{name}__{side}e": value})
    return behind
