"""Whether this process serves, for those who send it traffic: `/health/live`, `/ready`, `/start`.

One thread a process asks the database every two seconds over a connection of its own; the probes read
its last look and how old it is. So no number of probes costs anything, each is answered at once,
and they are wrong for seven seconds at most. They answer to any host, without session, log or line,
and name no host, version or exception.
"""

from __future__ import annotations

import mmap
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.database import bare_parameters
from core.telemetry import pool
from core.whole_files import LEAST_FREE_SHARE

Handler = Callable[[HttpRequest], HttpResponse]

EVERY_SECONDS = 2.0
SILENT_SECONDS = 5.0
WORKER_LATE_SECONDS = 60.0
LEAST_FREE = LEAST_FREE_SHARE
OK = "ok"
VITAL = ("database", "migrations", "stopping")
ASK = """
SELECT extract(epoch FROM clock_timestamp() - max(last_heartbeat))::float8 FROM procrastinate_workers
"""
ASK_GOODS = "SELECT EXISTS (SELECT FROM catalog_product)"

# Shared by a web master and its workers: the master says that it stops.
_stopping = mmap.mmap(-1, 1)


def say_stopping() -> None:
    """Ready is refused from now on, in this process and in those that it forked."""
    _stopping[0] = 1


def is_stopping() -> bool:
    return _stopping[0] == 1


@dataclass(frozen=True, kw_only=True)
class Health:
    """What the prober last saw. `worker_age` is None where no worker was ever seen."""

    database: str = "silent"
    migrations: str = "behind"
    worker_age: float | None = None
    has_goods: bool = False
    at: float = 0.0


class Prober:
    """Asks again and again; a question that hangs makes the last look old, and that is an answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._health = Health()
        self._wanted: set[tuple[str, str]] = set()
        self._is_migrated = False
        self._has_goods = False
        self._first = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin asking, in a thread that ends with the process. Again, it does nothing."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._over.clear()
                self._first.clear()
                self._thread = threading.Thread(target=self._run, name="prober", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ask no more; for tests, whose databases come and go."""
        if self._thread is not None and self._thread.is_alive():
            self._over.set()
            self._thread.join(EVERY_SECONDS)
            self._health, self._is_migrated, self._has_goods = Health(), False, False

    def health(self) -> Health:
        """The last one; `silent` when it is older than five seconds."""
        self.start()
        self._first.wait(EVERY_SECONDS)
        found = self._health
        if self._clock() - found.at > SILENT_SECONDS:
            return Health(
                database="silent", migrations=found.migrations, worker_age=found.worker_age
            )
        return found

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(**bare_parameters(DEFAULT_DB_ALIAS)) as connection:
                    while not self._over.is_set():
                        self._health = self._ask(connection)
                        self._first.set()
                        pool.look()
                        self._over.wait(EVERY_SECONDS)
            except Exception:  # noqa: BLE001 -- whatever it is, it does not serve
                self._health = Health(
                    database="refused",
                    migrations=OK if self._is_migrated else "behind",
                    at=self._clock(),
                )
                self._first.set()
                self._over.wait(EVERY_SECONDS)

    def _ask(self, connection: psycopg.Connection[Any]) -> Health:
        with connection.transaction():
            connection.execute("SET LOCAL statement_timeout TO '1s'")
            row = connection.execute(ASK).fetchone()
            if not self._is_migrated:
                self._is_migrated = self._applied(connection)
            if self._is_migrated and not self._has_goods:
                self._has_goods = bool((connection.execute(ASK_GOODS).fetchone() or [False])[0])
        return Health(
            database=OK,
            migrations=OK if self._is_migrated else "behind",
            worker_age=row[0] if row else None,
            has_goods=self._has_goods,
            at=self._clock(),
        )

    def _applied(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether every migration of this code is in the database. It stays so while we run."""
        if not self._wanted:
            loader = MigrationLoader(None, ignore_no_migrations=True)
            for leaf in loader.graph.leaf_nodes():
                self._wanted |= set(loader.disk_migrations[leaf].replaces) or {leaf}
        rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        return self._wanted <= {(app, name) for app, name in rows}


prober = Prober()


def database_answers() -> bool:
    """Within two seconds, whatever the database does."""
    return prober.health().database == OK


_started = threading.Event()


def start() -> None:
    """Begin asking before the first probe comes."""
    prober.start()


def live() -> tuple[int, dict[str, Any]]:
    """Fails only with the process itself."""
    return 200, {"status": OK}


def ready() -> tuple[int, dict[str, Any]]:
    """200 while this process may be sent traffic; `degraded` when it sells and something else lacks."""
    found = prober.health()
    late = found.worker_age is None or found.worker_age > WORKER_LATE_SECONDS
    checks = {
        "database": found.database,
        "migrations": found.migrations,
        "disk": _disk(),
        "stopping": "stopping" if is_stopping() else OK,
        "worker": "late" if late else OK,
    }
    if any(checks[name] != OK for name in VITAL):
        return 503, {"status": "unavailable", "checks": checks}
    well = all(value == OK for value in checks.values())
    return 200, {"status": OK if well else "degraded", "checks": checks}


def start_is_over() -> tuple[int, dict[str, Any]]:
    """503 until it is ready for the first time, with static files and goods there; then as live."""
    if _started.is_set():
        return live()
    status, body = ready()
    has_files = settings.DEBUG or _has_static_files()
    if status == 200 and not (has_files and prober.health().has_goods):
        return 503, {**body, "status": "unavailable"}
    if status == 200:
        _started.set()
    return status, body


PATHS: dict[str, Callable[[], tuple[int, dict[str, Any]]]] = {
    "/health/live": live,
    "/health/ready": ready,
    "/health/start": start_is_over,
}


class ProbesMiddleware:
    """Answers the three paths before anything else looks at the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PATHS.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        status, body = probe()
        return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _disk() -> str:
    try:
        usage = shutil.disk_usage(settings.MAMI_VAR)
    except OSError:
        return "full"
    return OK if usage.free >= usage.total * LEAST_FREE else "full"


def _has_static_files() -> bool:
    return (Path(settings.STATIC_ROOT) / "css").is_dir()
