"""Django's `migrate`, which never stands in front of the shelf for long.

An ALTER that waits for its lock lets everybody behind it wait too. So each step waits two seconds, lets
the others pass, and tries again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations.recorder import MigrationRecorder
from psycopg import errors

TRIES = 10
LOCK_SECONDS = 2
PAUSE_SECONDS = 1.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        alias, tries, done = options["database"], 1, _applied(options["database"])
        while True:
            try:
                with _brief_waits(alias):
                    super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, errors.LockNotAvailable):
                    raise
                now_done = _applied(alias)
                tries = 1 if now_done != done else tries + 1
                done = now_done
                if tries > TRIES:
                    raise
                self.stdout.write(
                    f"A lock did not come within {LOCK_SECONDS} seconds; try {tries} of {TRIES}."
                )
                self.pause()

    @staticmethod
    def pause() -> None:
        """Let those pass who waited behind us."""
        time.sleep(PAUSE_SECONDS)


def _applied(alias: str) -> int:
    return len(MigrationRecorder(connections[alias]).applied_migrations())


@contextmanager
def _brief_waits(alias: str) -> Iterator[None]:
    """Not through PgBouncer, whose sessions are everybody's: there the database's own limit holds."""
    connection = connections[alias]
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout TO '{LOCK_SECONDS}s'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
