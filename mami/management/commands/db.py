"""`manage.py db …`: the database server and its copies."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from mami.management.commands.backup import written
from runtime import backups, embedded


class Command(BaseCommand):
    help = "Start, stop and look at the embedded database; open psql; back up and restore."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        steps.add_parser("start", help="start the embedded database and leave it running")
        steps.add_parser("stop", help="stop the embedded database")
        steps.add_parser("status", help="say whether the embedded database runs, and where")
        steps.add_parser("psql", help="open PostgreSQL's own shell").add_argument(
            "arguments", nargs="*", help="passed on to psql, after --"
        )
        steps.add_parser("backup", help="the same as `manage.py backup`").add_argument(
            "file", nargs="?", type=Path, help="where to (default: MAMI_VAR/backups)"
        )
        restoring = steps.add_parser("restore", help="exchange the database for a copy")
        restoring.add_argument("file", type=Path)
        restoring.add_argument(
            "--yes", action="store_true", help="also when the database holds a shop already"
        )

    def handle(self, *, step: str, **options: Any) -> None:
        try:
            if step in ("start", "stop", "status"):
                self._serve(step)
            elif step == "psql":
                self._psql(options["arguments"])
            else:
                with embedded.held_if_used():
                    self._back_up(options["file"]) if step == "backup" else self._restore(options)
        except (embedded.EmbeddedError, backups.BackupError) as error:
            raise CommandError(str(error)) from error

    def _serve(self, step: str) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CommandError("DATABASE_URL names a database of your own; look after it there.")
        if step == "start":
            embedded.start_for_good()
        if step == "stop":
            self.stdout.write("stopped" if embedded.stop() else "was not running")
        else:
            self.stdout.write(embedded.status())

    def _psql(self, arguments: list[str]) -> None:
        with embedded.held_if_used():
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends a query, not us
            try:
                done = subprocess.run(
                    [backups.client_program("psql"), *arguments],
                    env=backups.client_environment(),
                    check=False,
                )
            finally:
                signal.signal(signal.SIGINT, before)
        if done.returncode:
            raise SystemExit(done.returncode)

    def _back_up(self, file: Path | None) -> None:
        self.stdout.write(written(file))

    def _restore(self, options: dict[str, Any]) -> None:
        started = time.monotonic()
        former = backups.restore(source=options["file"], replace=options["yes"], now=clock.now())
        self.stdout.write(f"Restored in {time.monotonic() - started:.1f} s.")
        if former:
            self.stdout.write(
                f"The database that was there is kept as {former}; when all is well:"
                f" manage.py db psql -- -c 'DROP DATABASE {former}'"
            )
