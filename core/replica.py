"""Reading from a second server (REPLICA_URL) that follows the first: off without one.

Only views that name it read there: lists of the office, its figures, and what is given out as a file.
They see what is there a few seconds later, so who has just written reads from the primary, as does
everybody while the replica is too far behind or does not answer. Nothing that decides anything
(confirm, basket, picking, stock, who somebody is) ever reads there, whatever names it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import psycopg
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core import metrics
from core.database import bare_parameters
from core.transactions import sqlstate

ALIAS = "replica"
MOST_LAG_SECONDS = 5.0
OWN_WRITES_SECONDS = 10
EVERY_SECONDS = 1.0
SAFE = frozenset({"GET", "HEAD"})
NEVER = frozenset(
    {"accounts", "auth", "sessions", "waffle", "cart", "checkout", "inventory", "procrastinate"}
)
"""Apps whose rows are read from the primary also where a view names the replica."""
QUERY_CANCELED = "57014"  # it took too long, and would take as long at the primary
POSITION = "SELECT pg_current_wal_lsn() - '0/0'"
REPLAYED = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END"

Rows = TypeVar("Rows", bound=QuerySet[Any])
View = TypeVar("View", bound=Callable[..., Any])
_state = threading.local()


class Watch:
    """How far the replica is behind: one thread a process asks both servers every second.

    It remembers where the primary's log stood and when; the replica is as old as the newest of these
    places that it has passed. So neither clock nor traffic matters, and a replica that has lost its
    primary grows old. One that does not answer, or follows nobody, grows old too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._as_of = float("-inf")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def lag(self) -> float:
        """Seconds; infinite until it was seen once. Begins the watch."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
                self._thread.start()
        return self._clock() - self._as_of

    def distrust(self) -> None:
        """A read from it has failed: nobody reads there before it was seen anew."""
        self._as_of = float("-inf")

    def saw(self, *, primary: int, replica: int | None) -> None:
        """Where the log of each stands, the primary's asked first."""
        self._seen.append((self._clock(), primary))
        while replica is not None and self._seen and self._seen[0][1] <= replica:
            self._as_of = self._seen.popleft()[0]
        if len(self._seen) > 1_000:  # it follows nobody; what it passed long ago says nothing
            self._seen.popleft()

    def _run(self) -> None:
        while True:
            try:
                with (
                    psycopg.connect(**bare_parameters(DEFAULT_DB_ALIAS)) as primary,
                    psycopg.connect(**bare_parameters(ALIAS)) as replica,
                ):
                    while True:
                        there = _asked(primary, POSITION)
                        if there is not None:
                            self.saw(primary=there, replica=_asked(replica, REPLAYED))
                        time.sleep(EVERY_SECONDS)
            except Exception:  # noqa: BLE001 -- whatever it is, what was seen last grows old
                time.sleep(EVERY_SECONDS)


watch = Watch()


def _asked(connection: psycopg.Connection[Any], question: str) -> int | None:
    row = connection.execute(question).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def is_configured() -> bool:
    """Whether there is a replica at all."""
    return ALIAS in connections.settings


@contextmanager
def reading() -> Iterator[None]:
    """What this thread asks for within is read from the replica (`Router` has the exceptions)."""
    _state.depth = getattr(_state, "depth", 0) + 1
    try:
        yield
    finally:
        _state.depth -= 1


def pinned(rows: Rows) -> Rows:
    """The rows as they are to be read, for a file that is written after its view has returned."""
    return rows.using(Router().db_for_read(rows.model))


class Router:
    """Everything is the primary's but what is read within `reading`."""

    def db_for_read(self, model: Any, **_: Any) -> str:
        named = getattr(_state, "depth", 0) and model._meta.app_label not in NEVER
        return ALIAS if named and is_configured() else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **_: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **_: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *_: Any, **__: Any) -> bool | None:
        return False if db == ALIAS else None


def from_replica(view: View) -> View:
    """A view, or a method that is one, that only reads and may see what was there five seconds ago.

    Where the replica fails in the middle of it, the whole is read again from the primary.
    """

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> Any:
        request = next(one for one in args if hasattr(one, "method") and hasattr(one, "user"))
        if not is_configured() or request.method not in SAFE:
            return view(*args, **kwargs)
        if (outcome := _judged(request)) == "replica":
            try:
                with reading():
                    answer = view(*args, **kwargs)
                    if callable(getattr(answer, "render", None)) and hasattr(
                        answer, "resolve_template"
                    ):
                        answer.render()  # templates read too
            except (OperationalError, InterfaceError) as error:
                if sqlstate(error) == QUERY_CANCELED:
                    raise
                watch.distrust()
                connections[ALIAS].close()
                outcome = "failed"
            else:
                metrics.REPLICA_READS.labels(outcome).inc()
                return answer
        metrics.REPLICA_READS.labels(outcome).inc()
        return view(*args, **kwargs)

    return read  # type: ignore[return-value]


def _judged(request: Any) -> str:
    if watch.lag() > MOST_LAG_SECONDS:
        return "behind"
    return "wrote" if cache.get(_key(request.user)) else "replica"


def _key(person: Any) -> str:
    return f"wrote:{person.pk}"


class OwnWritesMiddleware:
    """Notes that a person of the office has sent something that may write: they see it at once,
    at whichever node. Nobody else reads from the replica, so nobody else is noted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not is_configured():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        person = getattr(request, "user", None)
        if request.method not in SAFE and getattr(person, "is_manager", False):
            cache.set(_key(person), 1, OWN_WRITES_SECONDS)
        return answer
