"""Bringing a copy back: read into a new database first, exchanged when all of it is there."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from core import database
from runtime.backups import archive, clients, uploads
from runtime.backups.clients import BackupError
from runtime.backups.making import copies_folder


def restore(*, source: Path, replace: bool, now: dt.datetime) -> str | None:
    """Put the copy in `source` in the place of the database, and its files beside those that are there.

    It is read into a new database first and exchanged when all of it is there and the uploads lie in
    their places, so a broken copy changes nothing. The former database is kept under the name that is
    returned (None when there was nothing in it). Raises BackupError: without `replace` when the database holds tables.
    """
    if not source.is_file():
        raise BackupError(f"{source} is not there; list the copies in {copies_folder()}.")
    with _opened(source) as folder:
        dump = source if folder is None else folder / archive.DUMP
        clients.run(
            ["pg_restore", "--list", str(dump)],
            refusal=f"{source} is not a copy made by `manage.py backup`",
        )
        held = bool(connection.introspection.table_names())
        if held and not replace:
            raise BackupError(
                "The database holds a shop already; add --yes (make restore … YES=1) to exchange it. "
                "It will be kept under another name."
            )
        former = _put_back(dump, folder, source=source, held=held, now=now)
        if folder is not None:
            _lay_states(folder, now=now)
    return former


def _put_back(
    dump: Path, folder: Path | None, *, source: Path, held: bool, now: dt.datetime
) -> str | None:
    connections.close_all()
    name = connection.settings_dict["NAME"]
    fresh, former = f"{name}_restored_{now:%Y%m%d%H%M%S}", f"{name}_before_{now:%Y%m%d%H%M%S}"
    with clients.connected(database="postgres") as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        try:
            fill(fresh, dump, refusal=f"{source} could not be read in whole; nothing was exchanged")
            if folder is not None:
                uploads.put_back(folder)
            _exchange(server, name=name, fresh=fresh, former=former)
        except BaseException:
            with suppress(psycopg.Error):
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
            raise
        if not held:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(former)))
    database.limit_waiting(using="default")
    connections.close_all()
    return former if held else None


def fill(name: str, dump: Path, *, refusal: str, environment: dict[str, str] | None = None) -> None:
    """Read a dump into an empty database."""
    clients.run(
        ["pg_restore", "--exit-on-error", "--no-owner", "-j", "2", "-d", name, str(dump)],
        refusal=refusal,
        environment=environment,
    )


@contextmanager
def _opened(source: Path) -> Iterator[Path | None]:
    """The members of a copy in a folder of their own; None for a dump alone, as once they were."""
    if not archive.is_archive(source):
        yield None
        return
    try:
        settings.MAMI_VAR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.MAMI_VAR) as name:
            archive.unpacked(source, into=Path(name), identity=settings.BACKUP_IDENTITY)
            yield Path(name)
    except OSError as error:
        raise BackupError(f"{source} cannot be laid out ({error.strerror}).") from error


def _lay_states(folder: Path, *, now: dt.datetime) -> None:
    """What holds the shop's own state, in the place of the present one, which is kept under another name."""
    for name, place in _states():
        if (folder / name).exists():
            if place.exists():
                place.rename(place.with_name(f"{place.name}.before-{now:%Y%m%d%H%M%S}"))
            uploads.move(folder / name, place, mode=0o600)


def _states() -> list[tuple[str, Path]]:
    return [
        (archive.LEDGER, Path(settings.SANDBOX_LEDGER)),
        (archive.KEY, settings.MAMI_VAR / "secret_key"),
    ]


def _exchange(server: psycopg.Connection[Any], *, name: str, fresh: str, former: str) -> None:
    """Rename one away and the other in; whoever is connected is cut off and connects anew."""
    one, new, old = (sql.Identifier(each) for each in (name, fresh, former))
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(one))
    try:
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        with server.transaction():
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(one, old))
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, one))
    except BaseException:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(one))
        raise
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(old))
