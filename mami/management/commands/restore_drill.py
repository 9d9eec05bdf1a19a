"""Prove that a copy brings the shop back: the one that is named, or one made now, or an instant."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from mami import job_runs
from runtime import backups


class Command(BaseCommand):
    help = "Restore a copy into a server of its own, compare it, sell from it, and remove it again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="which copy (default: one made now)")
        parser.add_argument(
            "--at",
            metavar="TIME",
            help='pgBackRest\'s base backup and archive, up to "2026-11-29 09:59:58+02"',
        )
        parser.add_argument(
            "--counts",
            type=Path,
            help="with --at: what `backup --counts` wrote down at that instant",
        )

    def handle(
        self, *, file: Path | None, at: str | None, counts: Path | None, **options: Any
    ) -> None:
        if (at is None and counts is not None) or (at is not None and file is not None):
            raise CommandError("Name a FILE, or --at with or without --counts.", returncode=2)
        signal.signal(signal.SIGTERM, _leave)  # and take the server down on the way
        drill = backups.Drill(tell=self.stdout.write, now=clock.now())
        try:
            with job_runs.noted("mami.restore_drill"):
                if at is not None:
                    drill.prove_instant(at, counts)
                else:
                    drill.prove_copy(file)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error


def _leave(*_: object) -> None:
    sys.exit(1)
