"""Proving a copy: read into a server of its own, compared with its original, and sold from once."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pyrage
from django.conf import settings
from psycopg import sql

from runtime import secrets_from_files
from runtime.backups import archive, making, scratch, tables
from runtime.backups.clients import BackupError, run
from runtime.embedded import Cluster

# Nobody real may hear of what happens in a copy, and no money may move.
HARMLESS = {
    "DJANGO_SETTINGS_MODULE": "mami.settings",
    "MAMI_REHEARSAL": "1", "MAMI_EMBEDDED": "0", "MAMI_HTTPS": "0", "DEBUG": "0",
    "DATABASE_POOL_SIZE": "0", "DATABASE_PGBOUNCER": "0", "DATABASE_PREPARE": "0",
    "REDIS_URL": "", "SEARCH_OPENSEARCH_URL": "", "SENTRY_DSN": "",
    "PAYMENT_PROVIDER": "sandbox", "STRIPE_SECRET_KEY": "", "STRIPE_API_BASE": "",
    "EMAIL_BACKEND": "core.mail_files.EmailBackend", "SMS_GATEWAY": "file",
    "BACKUP_FOLDER": "", "RESTORE_DRILL": "0", "WORKER_METRICS": "", "LOG_LEVEL": "ERROR",
    "MAMI_FAULTS": "0", "MAMI_FAULT": "", "MAMI_FAULT_FILE": "",
    "ALLOWED_HOSTS": "testserver", "MAMI_LONG_WORK": "1", "MAMI_COPY": "1",
}  # fmt: skip

A_DAY = 86_400


class Drill:
    """One proof; `tell` hears a line a step. Everything it made is removed in the end."""

    def __init__(self, *, tell: Callable[[str], None], now: dt.datetime) -> None:
        self.tell, self.now = tell, now
        self.folder = settings.MAMI_VAR / "drills" / f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"

    def prove_copy(self, source: Path | None) -> None:
        """That `source`, or a copy made now, brings everything back. Raises BackupError."""
        with self._room():
            manifest = self._unpacked(source)
            with scratch.empty_server(self.folder) as address:
                with self._step("read into a cluster of its own"):
                    _fill(address, self.folder / archive.DUMP)
                    _say_of_when(address, manifest["instant"])
                self._judge(address, manifest["tables"], instant=manifest["instant"])
            self.tell("everything is removed again")

    def prove_instant(self, instant: str, counts: Path | None) -> None:
        """That base backup and archive bring the database back to then. Raises BackupError."""
        wanted = None if counts is None else _read(counts)["tables"]
        with self._room():
            began = time.monotonic()
            with scratch.server_at(instant, self.folder, stanza=settings.BACKUP_STANZA) as address:
                self._say("ok", f"brought back to {instant}", began)
                self._judge(address, wanted, instant=_seconds(address, instant))
            self.tell("everything is removed again")

    def _unpacked(self, source: Path | None) -> dict[str, Any]:
        if source is not None:
            with self._step(f"{source.name} is whole"):
                if not source.is_file():
                    raise BackupError(f"{source} is not there.")
                if not archive.is_archive(source):
                    raise BackupError(f"{source} has no manifest by which it could be proven.")
                return archive.unpacked(source, into=self.folder, identity=settings.BACKUP_IDENTITY)
        # Sealed for this proof alone: whoever makes copies cannot read the others.
        identity = pyrage.x25519.Identity.generate()
        made = self.folder / "now.tar.age"
        with self._step("a copy was made"):
            making.back_up(to=made, recipients=[str(identity.to_public())], now=self.now)
        with self._step("it is whole"):
            manifest = archive.unpacked(made, into=self.folder, identity=str(identity))
            made.unlink()
            return manifest

    def _judge(self, address: str, wanted: tables.Counted | None, *, instant: float) -> None:
        began = time.monotonic()
        try:
            self._manage(address, "migrate", "--check", "--skip-checks")
            self._say("ok", "migrate --check", began)
        except BackupError:
            if wanted is None:
                self._say("FAILED", "migrate --check", began)
                raise
            self._bring_up_to_date(address, wanted)
            wanted = None
        with self._step("check_books"):
            self._manage(
                address, "check_books", "--skip-checks", MAMI_COPY_LAG=str(time.time() - instant)
            )
        if wanted is not None:
            self._compare(address, wanted)
        with self._step("a person signs in, and an order is placed"):
            self._manage(address, "try_copy")

    def _bring_up_to_date(self, address: str, wanted: tables.Counted) -> None:
        """A copy that another version made is compared as it is, and then migrated, as who restores it would."""
        self._compare(address, wanted)
        with self._step("another version made it: the migrations of this one are applied"):
            self._manage(address, "migrate", "--verbosity", "0", "--skip-checks")

    def _compare(self, address: str, wanted: tables.Counted) -> None:
        with self._step(f"rows and sha256 of {len(wanted)} tables are the same"):
            _compare(address, wanted)

    def _manage(self, address: str, *command: str, **variables: str) -> None:
        done = subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
            env=self._environment(address) | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise BackupError(f"manage.py {command[0]}: {_reason(done.stdout, done.stderr)}")

    def _environment(self, address: str) -> dict[str, str]:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("PG")
            and key.removesuffix("_FILE") not in secrets_from_files.NAMES
        }
        key = self.folder / archive.KEY
        return (
            inherited
            | HARMLESS
            | {
                "DATABASE_URL": address,
                "MAMI_VAR": str(self.folder),
                "SECRET_KEY": key.read_text().strip() if key.exists() else settings.SECRET_KEY,
                "SECRET_KEY_FALLBACKS": ",".join(settings.SECRET_KEY_FALLBACKS),
                "JWT_KEYS": ",".join(settings.JWT_KEYS),
            }
        )

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A folder that is gone afterwards; the database's account passes through it."""
        try:
            self.folder.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            self.folder.parent.chmod(0o711)
            self.folder.mkdir(mode=0o711)
            self.folder.chmod(0o711)
        except OSError as error:
            raise BackupError(f"{self.folder} cannot be made ({error.strerror}).") from error
        self._clear_away()
        try:
            yield
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()

    def _clear_away(self) -> None:
        """What a drill left that was killed, a day ago or more."""
        for left in self.folder.parent.iterdir():
            if left.stat().st_mtime < time.time() - A_DAY:
                cluster = Cluster(left / "postgres")
                cluster.stop()
                shutil.rmtree(cluster.base, ignore_errors=True)
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except BackupError:
            self._say("FAILED", what, began)
            raise
        self._say("ok", what, began)

    def _say(self, state: str, what: str, began: float) -> None:
        self.tell(f"{state:7}{time.monotonic() - began:7.1f} s  {what}")


def _reason(out: str, err: str) -> str:
    """What a command said last, and the rules of the books that it found broken, with an example."""
    lines = out.splitlines()
    broken = [
        f"{line.removeprefix('BROKEN').strip()}: {following.strip()}"
        for line, following in pairwise(lines)
        if line.startswith("BROKEN")
    ]
    last = [line.strip() for line in (err or out).splitlines() if line.strip()][-1:]
    return "; ".join([*last, *broken[:3]]) or "no reason was given"


def _fill(address: str, dump: Path) -> None:
    others = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    run(
        ["pg_restore", "--exit-on-error", "--no-owner", "-j", "2", "-d", address, str(dump)],
        refusal="the dump could not be read in whole",
        environment=others,
    )


def _say_of_when(address: str, instant: float) -> None:
    """Let the books know that what the provider did later is in its ledger and not in the rows."""
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} SET mami.copy_of TO {}").format(
                sql.Identifier(server.info.dbname), sql.Literal(str(instant))
            )
        )


def _seconds(address: str, instant: str) -> float:
    """An instant as PostgreSQL reads it, in seconds since 1970."""
    with psycopg.connect(address) as server:
        ((found,),) = server.execute(
            "SELECT extract(epoch FROM %s::timestamptz)::float8", [instant]
        ).fetchall()
    return float(found)


def _compare(address: str, wanted: tables.Counted) -> None:
    with psycopg.connect(address, autocommit=True) as server, tables.one_instant(server):
        wrong = tables.differences(wanted, tables.counted(server))
    if wrong:
        raise BackupError("; ".join(wrong[:5]))


def _read(counts: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(counts.read_text())
    except (OSError, ValueError) as error:
        raise BackupError(f"{counts} cannot be read: make it with `backup --counts`.") from error
    return found
