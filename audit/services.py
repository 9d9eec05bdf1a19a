"""The one way to write the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from django.db import connection

from audit.models import AuditEntry

Action = AuditEntry.Action
_waiting: ContextVar[list[AuditEntry] | None] = ContextVar("audit_waiting", default=None)


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
    rows = [
        AuditEntry(
            entity_type=change.entity_type,
            entity_id=change.entity_id,
            action=change.action,
            old_value=_plain(change.old),
            new_value=_plain(change.new),
            context=_plain(change.context),
            actor_id=actor_id,
        )
        for change in changes
    ]
    waiting = _waiting.get()
    if waiting is None:
        AuditEntry.objects.bulk_create(rows)
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
    rows: list[AuditEntry] = []
    before = _waiting.set(rows)
    try:
        yield
    finally:
        _waiting.reset(before)
    AuditEntry.objects.bulk_create(rows)


def _plain(value: Any) -> Any:
    """JSON-ready copy: decimals and instants as the API writes them."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return value
