"""Making a copy: rows first, then files."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings

from runtime import production
from runtime.backups import archive, clients, tables, uploads
from runtime.backups.clients import BackupError


def copies_folder() -> Path:
    return Path(settings.BACKUP_FOLDER or settings.MAMI_VAR / "backups")


def back_up(*, to: Path | None = None, recipients: Sequence[str] = (), now: dt.datetime) -> Path:
    """Write a consistent copy of the shop while it is in use, and return its path.

    The default place is BACKUP_FOLDER, else `MAMI_VAR/backups`; sealed for BACKUP_RECIPIENTS unless
    others are named. Readable by its owner only: it holds people's addresses. Nothing half-written
    ever carries the final name. Raises BackupError.
    """
    recipients = recipients or settings.BACKUP_RECIPIENTS
    if not recipients and production.is_production(os.environ):
        raise BackupError(
            "BACKUP_RECIPIENTS is not set; name the public keys (age1…) of those who may read copies."
        )
    ending = "tar.age" if recipients else "tar"
    target = to or copies_folder() / f"mami-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.{ending}"
    if target.exists():
        raise BackupError(f"{target} exists already; name another file or move it away.")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear_away(target.parent)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as name:
            folder = Path(name)
            manifest = _dump(folder / archive.DUMP, now=now)
            with archive.written(folder / "copy", recipients=recipients) as copy:
                copy.add(folder / archive.DUMP, archive.DUMP)
                for path, member in _files(folder):
                    copy.add(path, member)
                copy.finish(manifest | {"ended_at": dt.datetime.now(dt.UTC).isoformat()})
            _named(folder / "copy", target)
        _to_disk(target.parent)
    except (OSError, pyrage.EncryptError) as error:
        said = getattr(error, "strerror", None) or error
        raise BackupError(f"{target} cannot be written ({said}).") from error
    return target


def _named(made: Path, target: Path) -> None:
    """Give a whole copy its name, unless somebody who began in the same second has it. Raises BackupError."""
    try:
        os.link(made, target)
    except FileExistsError as error:
        raise BackupError(f"{target} was made by somebody else meanwhile; it is there.") from error
    except OSError:  # a disk that knows no second name for a file, as a share of Windows
        made.rename(target)


def what_stands() -> dict[str, Any]:
    """What the tables hold now, as a manifest tells it. Raises BackupError."""
    with clients.connected() as server, tables.one_instant(server):
        return {"tables": tables.counted(server)}


def _dump(path: Path, *, now: dt.datetime) -> dict[str, Any]:
    """Dump the database as it is at one instant, and tell what stood in it then."""
    path.touch(mode=0o600)
    with clients.connected() as server, tables.one_instant(server) as snapshot:
        server_version = server.info.server_version
        clients.run(
            ["pg_dump", "-Fc", "--no-owner", "--no-unlogged-table-data",
             f"--snapshot={snapshot}", "-f", str(path)]
        )  # fmt: skip
        return {
            "format": 1,
            "version": settings.VERSION,
            "revision": settings.REVISION,
            "server": server_version,
            "started_at": now.astimezone(dt.UTC).isoformat(),
            "instant": tables.instant(server),
            "media": uploads.place(),
            "migrations": tables.heads(server),
            "tables": tables.counted(server),
        }


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """What is kept beside the database, and its name in the copy."""
    yield from uploads.each(folder)
    ledger = Path(settings.SANDBOX_LEDGER)
    if settings.PAYMENT_PROVIDER == "sandbox" and ledger.exists():
        yield _copied(ledger, folder / "ledger.sqlite3"), archive.LEDGER
    key = settings.MAMI_VAR / "secret_key"
    if key.exists():
        yield key, archive.KEY


def _copied(ledger: Path, to: Path) -> Path:
    """A whole copy of a file that SQLite may be writing to."""
    try:
        with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error:
        shutil.copyfile(ledger, to)
    return to


def _clear_away(folder: Path) -> None:
    """What copies left that were killed, a day ago or more."""
    for left in folder.glob(".making-*"):
        if left.stat().st_mtime < time.time() - 86_400:
            shutil.rmtree(left, ignore_errors=True)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
