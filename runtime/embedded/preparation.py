"""What a freshly started server must have and must prove before the shop uses it."""

import time
from typing import TYPE_CHECKING

import psycopg

from runtime.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from runtime.embedded.cluster import Cluster

DATABASE = "mami"

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_RECOVERY_SECONDS = 300.0  # replaying the log after a crash may take a while


def prepare(cluster: "Cluster") -> None:
    """Create the database, and refuse to go on with a server that loses writes or cannot search in Hebrew.

    Raises EmbeddedError.
    """
    try:
        with _connected(cluster, "postgres") as connection:
            connection.autocommit = True
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if known is None:
                connection.execute("CREATE DATABASE mami")
            _check_durability(cluster, connection)
        with _connected(cluster, DATABASE) as connection:
            _check_hebrew(cluster, connection)
            connection.rollback()
    except psycopg.Error as error:
        raise EmbeddedError(
            f"The database server started but does not answer ({str(error).strip()}); look at {cluster.log}."
        ) from error


def _connected(cluster: "Cluster", database: str) -> psycopg.Connection:
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while True:
        try:
            return psycopg.connect(cluster.url(database), connect_timeout=10)
        except psycopg.OperationalError:
            if cluster.running_pid() is None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _check_durability(cluster: "Cluster", connection: psycopg.Connection) -> None:
    for name in _DURABLE:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        if row is not None and row[0] == "off" and cluster.settings.get(name) != "off":
            raise EmbeddedError(
                f"The database runs with {name} = off and would lose orders in a power cut; take that line out of "
                f"{cluster.data / 'postgresql.conf'} or postgresql.auto.conf."
            )


def _check_hebrew(cluster: "Cluster", connection: psycopg.Connection) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    alike = connection.execute("SELECT similarity('עגבניות', 'עגבניה')").fetchone()
    if alike is None or not alike[0] > 0:
        raise EmbeddedError(
            "The database finds nothing in Hebrew: its cluster was made with another locale than C.UTF-8. Back it up "
            f"(`make backup`), stop it, move {cluster.data} away, start anew and restore (`make restore`)."
        )
