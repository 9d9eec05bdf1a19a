"""The one way to write the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import orjson
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry

Action = AuditEntry.Action
# By hand, because every change of stock, money or status passes here, often with many rows.
_INSERT = """
INSERT INTO audit_auditentry
    (entity_type, entity_id, action, old_value, new_value, context, actor_id, created_at)
SELECT entity_type, entity_id, action, old_value::jsonb, new_value::jsonb, context::jsonb, actor_id, %s
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
    WITH ORDINALITY
    AS r (entity_type, entity_id, action, old_value, new_value, context, actor_id, place)
ORDER BY place
"""


class Actor(Protocol):
    """Whoever acts: a user. None stands for the shop's own jobs and for guests."""

    pk: Any


@dataclass(frozen=True, kw_only=True)
class Change:
    """One row of the trail before it is written."""

    entity_type: str
    entity_id: int
    action: AuditEntry.Action
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


Row = tuple[Any, Change]
"""Who, and what."""
_waiting: ContextVar[list[Row] | None] = ContextVar("audit_waiting", default=None)


def record(
    *,
    actor: Actor | None,
    entity_type: str,
    entity_id: int,
    action: AuditEntry.Action,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Write one row of the trail in the caller's transaction.

    Values must hold no personal data, password, token or card reference: pass names of changed
    fields instead of such values. Raises RuntimeError outside a transaction, because a trail
    that can be written without its change (or the reverse) proves nothing.
    """
    record_many(
        actor=actor,
        changes=[
            Change(
                entity_type=entity_type,
                entity_id=entity_id,
                action=action,
                old=old or {},
                new=new or {},
                context=context or {},
            )
        ],
    )


def record_many(*, actor: Actor | None, changes: Iterable[Change]) -> None:
    """Write many rows of the trail in one statement, in the caller's transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit rows belong to the transaction of the change they tell")
    actor_id = actor.pk if actor is not None else None
    rows = [(actor_id, change) for change in changes]
    waiting = _waiting.get()
    if waiting is None:
        _write(rows)
    else:
        waiting.extend(rows)


@contextmanager
def gathered() -> Iterator[None]:
    """Write all rows recorded in the block at its end, in one statement, in the same transaction.

    For conductors, inside their transaction. A block that raises writes none, as its transaction
    keeps nothing either.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit rows belong to the transaction of the change they tell")
    rows: list[Row] = []
    before = _waiting.set(rows)
    try:
        yield
    finally:
        _waiting.reset(before)
    _write(rows)


def _write(rows: Sequence[Row]) -> None:
    """One statement for any number of rows, in their order."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                timezone.now(),
                [change.entity_type for _, change in rows],
                [change.entity_id for _, change in rows],
                [change.action.value for _, change in rows],
                [_json(change.old) for _, change in rows],
                [_json(change.new) for _, change in rows],
                [_json(change.context) for _, change in rows],
                [actor_id for actor_id, _ in rows],
            ],
        )


def _json(values: Mapping[str, Any]) -> str:
    """Decimals and instants as the API writes them."""
    return orjson.dumps(values, default=_plain).decode()


def _plain(value: Any) -> Any:
    """What the JSON writer does not know by itself."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot stand in the trail")
