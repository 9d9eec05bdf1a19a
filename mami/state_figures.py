"""The figures that stand in the database and on the disk, for `/metrics`.

Read by one process of a machine at a time, over a connection of its own, and at most every ten
seconds; what cannot be read within a second is left out, and `mami_state_read_failures_total` rises.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from procrastinate.contrib.django import app as jobs
from prometheus_client.core import GaugeMetricFamily, Metric

from branches.calendar.reading import DAY, kept_from
from branches.sql import SHOP_CLOSED
from checkout.models import Reservation
from core import clock, metrics
from core.clock import shop_date
from core.database import bare_parameters
from core.limits import LOGIN_PER_STRANGERS
from core.sql import listed
from inventory.sql import NEGATIVE_AVAILABLE
from mami.models import JobRun
from notifications.models import Message
from orders.status import FINAL, OPEN
from payments.sql import DISPUTES_BY_STATUS, DISPUTES_DUE, OPEN_CASES
from waiting.sql import WAITING_BY_KIND

log = structlog.get_logger(__name__)
FRESH_SECONDS = 10.0
GUARDED = "mami_accounts_guarded"
Samples = list[tuple[str, dict[str, str], float]]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One statement, and the figures its rows stand for: a column each, the rest of it labels."""

    sql: str
    names: tuple[str, ...]
    labels: tuple[str, ...] = ()
    read: Callable[..., tuple[Any, ...]] | None = None
    """What a row stands for, where that is not the row itself."""


def _is_open(anywhere: bool, text: str, latitude: Any, longitude: Any) -> tuple[int]:
    """Whether no closure of all branches and no rest is on where deliveries leave from."""
    if not anywhere or latitude is None:
        return (int(anywhere),)
    now = clock.now()
    today, place = shop_date(now), (float(latitude), float(longitude))
    found = kept_from(text).rests(start=today - DAY, end=today + DAY, place=place)
    return (int(not any(rest.closes <= now < rest.opens for rest in found)),)


QUESTIONS: tuple[Question, ...] = (
    Question(
        names=("mami_reservations_open", "mami_reservations_oldest_seconds"),
        sql="SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)"  # noqa: S608
        f" FROM checkout_reservation WHERE status = '{Reservation.Status.ACTIVE}'",
    ),
    Question(
        names=("mami_reconciliation_open", "mami_reconciliation_oldest_seconds"), sql=OPEN_CASES
    ),
    Question(
        names=("mami_search_waiting_changes", "mami_search_oldest_change_seconds"),
        sql="SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)"
        " FROM search_searchchange",
    ),
    Question(
        names=("mami_last_order_age_seconds",),
        sql="SELECT extract(epoch FROM now() - max(created_at)) FROM orders_order",
    ),
    Question(
        names=("mami_shop_open",),
        read=_is_open,
        sql=SHOP_CLOSED,
    ),
    Question(names=("mami_stock_negative_available",), sql=NEGATIVE_AVAILABLE),
    Question(
        labels=("status",),
        names=("mami_orders_open",),
        sql=f"SELECT s.status, count(o.id) FROM unnest(ARRAY[{listed(OPEN)}]) AS s(status)"  # noqa: S608
        " LEFT JOIN orders_order o ON o.status = s.status GROUP BY s.status",
    ),
    Question(
        labels=("status",),
        names=("mami_disputes",),
        sql=DISPUTES_BY_STATUS,
    ),
    Question(names=("mami_disputes_due",), sql=DISPUTES_DUE),
    Question(
        names=("mami_orders_late",),
        sql="SELECT count(*) FROM orders_order"  # noqa: S608
        f" WHERE status NOT IN ({listed(FINAL)}) AND due_at < now()",
    ),
    Question(
        names=("mami_jobs_waiting", "mami_jobs_oldest_seconds"),
        sql="SELECT count(*), coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, ("
        " SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id"
        " AND e.type = 'deferred')))), 0)"
        " FROM procrastinate_jobs j WHERE j.status = 'todo'"
        " AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())",
    ),
    Question(
        names=("mami_jobs_failed",),
        sql="SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'",
    ),
    Question(
        names=("mami_worker_heartbeat_age_seconds",),
        # A worker that was never there is as silent as can be.
        sql="SELECT coalesce(extract(epoch FROM clock_timestamp() - max(last_heartbeat)), 1e9)"
        " FROM procrastinate_workers",
    ),
    Question(
        names=("mami_messages_waiting",),
        sql=f"SELECT count(*) FROM notifications_message WHERE state = '{Message.State.QUEUED}'",  # noqa: S608
    ),
    Question(
        labels=("kind",),
        names=("mami_waiting_open", "mami_waiting_oldest_seconds"),
        sql=WAITING_BY_KIND,
    ),
    Question(
        labels=("job",),
        names=("mami_job_last_success_timestamp_seconds",),
        # What has not succeeded yet is as old as our waiting for it.
        sql="SELECT name, extract(epoch FROM coalesce(last_success_at, created_at)) FROM mami_jobrun",
    ),
    Question(
        names=("mami_books_failures", "mami_books_last_success_timestamp_seconds"),
        sql=f"SELECT coalesce(max(rows) FILTER (WHERE outcome = '{JobRun.Outcome.OK}'), 0),"  # noqa: S608
        " coalesce(extract(epoch FROM max(last_success_at)), 0)"
        " FROM mami_jobrun WHERE name = 'checkout.check_books'",
    ),
    Question(
        names=("mami_backup_last_success_timestamp_seconds",),
        sql="SELECT coalesce(extract(epoch FROM max(last_success_at)), 0) FROM mami_jobrun"
        " WHERE name = 'mami.backup'",
    ),
    Question(
        names=("mami_restore_drill_last_success_timestamp_seconds",),
        sql="SELECT coalesce(extract(epoch FROM max(last_success_at)), 0) FROM mami_jobrun"
        " WHERE name = 'mami.restore_drill'",
    ),
    Question(
        names=(GUARDED,),
        sql="SELECT count(*) FROM mami_cache WHERE key LIKE '%:limit:login-strangers:%'"  # noqa: S608
        f" AND number >= {LOGIN_PER_STRANGERS.count} AND expires_at > extract(epoch FROM now())",
    ),
    Question(
        names=("mami_db_longest_transaction_seconds",),
        sql="SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend'",
    ),
    Question(
        names=("mami_db_sequence_used_ratio",),
        sql="SELECT coalesce(max(last_value::float8 / max_value), 0) FROM pg_sequences"
        " WHERE last_value IS NOT NULL",
    ),
    Question(
        names=("mami_db_standbys", "mami_db_replication_lag_seconds"),
        sql="SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),"
        " coalesce(max(extract(epoch FROM replay_lag)), 0) FROM pg_stat_replication"
        # Others see that somebody follows, and of the rest NULL: no figure rather than a wrong one.
        " HAVING pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
    ),
)
HELP = "Read from the database, ten seconds old at most."


class StateCollector:
    """For a registry of prometheus_client: what is so now, not what was counted."""

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, labels, value in [*_in_database(), *_on_machine()]:
            if name not in families:
                families[name] = GaugeMetricFamily(name, HELP, labels=sorted(labels))
            families[name].add_metric([labels[key] for key in sorted(labels)], value)
        yield from families.values()


def exposition() -> bytes:
    """Everything `/metrics` tells: what this machine's web processes counted, and the state."""
    # The state first: failing to read it is counted.
    state = metrics.told(StateCollector())
    return metrics.exposition() + state


def _in_database() -> Samples:
    with _one_at_a_time() as place:
        if (known := place.read()) is not None:
            return known
        samples: Samples = []
        try:
            with closing(_connect()) as connection:
                for question in QUESTIONS:
                    samples += answered(connection, question)
                samples = _with_guarded_elsewhere(samples)
        except psycopg.Error as error:
            metrics.STATE_FAILURES.inc()
            log.warning("state_unread", error=type(error).__name__)
        else:
            place.write(samples)
        return samples


def answered(connection: psycopg.Connection[Any], question: Question) -> Samples:
    """Its figures; none, and counted, where this one takes longer than a second."""
    try:
        rows = connection.execute(question.sql).fetchall()
        if question.read is not None:
            rows = [question.read(*row) for row in rows]
    except (psycopg.errors.QueryCanceled, psycopg.errors.InsufficientPrivilege):
        metrics.STATE_FAILURES.inc()
        return []
    keys = len(question.labels)
    return [
        (name, dict(zip(question.labels, row[:keys], strict=True)), float(value))
        for row in rows
        for name, value in zip(question.names, row[keys:], strict=True)
        if value is not None
    ]


def _with_guarded_elsewhere(samples: Samples) -> Samples:
    """Where Redis counts tries, our table knows only of those that came while it was silent."""
    try:
        more = LOGIN_PER_STRANGERS.spent_elsewhere()
    except TimeoutError:
        metrics.STATE_FAILURES.inc()
        return [one for one in samples if one[0] != GUARDED]
    return [(name, row, value + more * (name == GUARDED)) for name, row, value in samples]


def _connect() -> psycopg.Connection[Any]:
    connection = psycopg.connect(**bare_parameters(DEFAULT_DB_ALIAS))
    try:
        connection.execute("SET statement_timeout TO '1s'")
    except psycopg.Error:
        connection.close()
        raise
    return connection


def _on_machine() -> Samples:
    samples: Samples = [
        ("mami_db_standbys_wanted", {}, float(settings.SYNC_STANDBYS)),
        ("mami_build_info", {"version": settings.VERSION, "revision": settings.REVISION}, 1.0),
        *(("mami_job_period_seconds", {"job": job}, period) for job, period in periods().items()),
    ]
    for place, folder in {"var": settings.MAMI_VAR, "media": settings.MEDIA_ROOT}.items():
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        samples.append(("mami_disk_free_ratio", {"place": place}, usage.free / usage.total))
    return samples


@cache
def periods() -> Mapping[str, float]:
    """The longest time between two runs of each periodic job."""
    found: dict[str, float] = {}
    for one in jobs.periodic_registry.periodic_tasks.values():
        times = one.croniter
        moments = [times.get_next(float) for _ in range(9)]
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        found[one.task.name] = max(gaps)
    return found


class _Kept:
    """What was read last, for all processes of this machine: a file beside their counters."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def read(self) -> Samples | None:
        try:
            if self.path is None or time.time() - self.path.stat().st_mtime > FRESH_SECONDS:
                return None
            rows = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None
        return [(name, labels, value) for name, labels, value in rows]

    def write(self, samples: Samples) -> None:
        if self.path is not None:
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps(samples))
            beside.replace(self.path)


@contextmanager
def _one_at_a_time() -> Iterator[_Kept]:
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        yield _Kept(None)
        return
    with (Path(folder) / "state.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # for a second or two at most
        yield _Kept(Path(folder) / "state.json")
