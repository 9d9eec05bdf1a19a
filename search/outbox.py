"""Which products an index beside PostgreSQL still has to learn of.

A row is written in the transaction of the change, so it is there exactly when the change is. Whoever
takes rows sends the present state, not that of the row, and deletes each by its own id: keys are not
in the order of commits, so there is no "everything up to".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from inventory.services import take_crossings
from search import sql

_alone: ContextVar[bool] = ContextVar("alone", default=False)
CLAIM_SECONDS = 30
MOST_TRIES = 8
TELL = """
INSERT INTO search_searchchange (product_id, tries, refused, created_at)
SELECT product_id, 0, '', now() FROM unnest(%s::bigint[]) AS product_id
"""
RAISE = """
UPDATE search_searchdocument SET version = version + 1 WHERE product_id = ANY(%s)
"""
CLAIM = """
WITH free AS (
    SELECT id FROM search_searchchange
     WHERE tries < %s AND (claimed_until IS NULL OR claimed_until < now())
     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE search_searchchange AS c SET claimed_until = now() + make_interval(secs => %s::float8)
  FROM free WHERE c.id = free.id RETURNING c.id, c.product_id
"""
DONE = """
DELETE FROM search_searchchange
 WHERE id = ANY(%s) OR (product_id = ANY(%s) AND tries >= %s)
"""
REFUSE = """
UPDATE search_searchchange SET tries = tries + 1, refused = %s,
       claimed_until = now() + make_interval(secs => power(2, tries)) WHERE id = ANY(%s)
"""


class Claimed(NamedTuple):
    """A change that is ours for a while."""

    pk: int
    product_id: int


class WaitingChanges(NamedTuple):
    """How far the indexes are behind: rows, seconds of the oldest, rows given up."""

    changes: int
    oldest_seconds: float
    given_up: int


def is_wanted() -> bool:
    """Whether there is a cluster that has to learn of changes."""
    return bool(settings.SEARCH_OPENSEARCH["URL"]) and not _alone.get()


@contextmanager
def alone() -> Iterator[None]:
    """Within, PostgreSQL is asked as if there were no cluster: to compare the two. Nothing may be
    written meanwhile.
    """
    before = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(before)


def note_changes(product_ids: Iterable[int]) -> None:
    """These are other ones now: in the caller's transaction. Nothing without a cluster."""
    ids = list(product_ids)
    if not ids or not is_wanted():
        return
    _run(TELL, [ids])
    wake_on_commit()


def wake_on_commit() -> None:
    """Have changes sent as soon as they are committed. Nothing without a cluster."""
    if is_wanted():
        transaction.on_commit(wake)


def raise_versions(product_ids: list[int]) -> None:
    """Say that the present state of these is newer than what an index may have."""
    _run(RAISE, [product_ids])


def wake() -> None:
    """Let the background send changes now; it looks by itself every few seconds as well."""
    try:
        app.configure_task("search.sync", queueing_lock="search.sync").defer(timestamp=0)
    except AlreadyEnqueued:
        return


def take_in_crossings(limit: int = 1000) -> int:
    """Bring where products are in stock up to date, as it is now; how many were looked at."""
    with transaction.atomic():
        ids = take_crossings(limit=limit)
        if ids:
            stand_at(ids)
    return len(ids)


def stand_at(product_ids: list[int]) -> None:
    """Know where these are in stock now, and have a cluster learn of it where that was another."""
    with transaction.atomic():
        changed = sql.stand_at(product_ids)
        if changed and is_wanted():
            _run(TELL, [changed])


def claim_changes(limit: int) -> list[Claimed]:
    """The oldest changes that nobody else is at work on. Two who claim at once get different ones,
    and what somebody claimed and died with is free again after CLAIM_SECONDS.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [MOST_TRIES, limit, CLAIM_SECONDS])
        return [Claimed(*row) for row in cursor.fetchall()]


def done(changes: Iterable[Claimed]) -> None:
    """They were handed on, and with them whatever of the same products was given up before."""
    told = list(changes)
    _run(DONE, [[one.pk for one in told], [one.product_id for one in told], MOST_TRIES])


def forget_given_up() -> None:
    """A new index holds every product: nothing that was refused is missing in it."""
    _run("DELETE FROM search_searchchange WHERE tries >= %s", [MOST_TRIES])


def release(changes: Iterable[Claimed]) -> None:
    """Nobody could be told: they wait, and no try is counted."""
    ids = [one.pk for one in changes]
    _run("UPDATE search_searchchange SET claimed_until = NULL WHERE id = ANY(%s)", [ids])


def refused(changes: Iterable[Claimed], why: Mapping[int, str]) -> None:
    """The cluster will not have these: again after growing pauses, MOST_TRIES times."""
    for one in changes:
        _run(REFUSE, [why[one.product_id][:200], [one.pk]])


def forget_all() -> None:
    """Without a cluster nobody has to learn of anything."""
    _run("DELETE FROM search_searchchange", [])


def waiting(now: dt.datetime) -> WaitingChanges:
    """How many wait and since when. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(created_at), count(*) FILTER (WHERE tries >= %s)"
            " FROM search_searchchange",
            [MOST_TRIES],
        )
        count, oldest, given_up = cursor.fetchone()
    seconds = (now - oldest).total_seconds() if oldest else 0.0
    return WaitingChanges(count, max(0.0, seconds), given_up)


def _run(statement: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
