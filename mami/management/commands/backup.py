"""Write a copy of everything the shop keeps: database, uploads, and what proves it later."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from mami import job_runs
from runtime import backups


class Command(BaseCommand):
    help = (
        "Write a copy of the shop while it is open: rows, uploads, and a manifest that proves it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help="where to (default: BACKUP_FOLDER, or MAMI_VAR/backups)",
        )
        parser.add_argument(
            "--prune",
            action="store_true",
            help="then remove copies that BACKUP_KEEP does not spare",
        )

        parser.add_argument(
            "--counts",
            action="store_true",
            help="make no copy: write down what the tables hold now, for `restore_drill --at`",
        )

    def handle(self, *, file: Path | None, prune: bool, counts: bool, **options: Any) -> None:
        try:
            if counts:
                told = json.dumps(backups.what_stands(), indent=1)
                file.write_text(told) if file else self.stdout.write(told)
                return
            self.stdout.write(written(file))
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        if prune:
            for gone in backups.prune(backups.copies_folder(), keep=settings.BACKUP_KEEP):
                self.stdout.write(f"removed {gone.name}")


def written(file: Path | None) -> str:
    """Make a copy and note the run; a line about it. Raises BackupError."""
    started = time.monotonic()
    with job_runs.noted("mami.backup"):
        made = backups.back_up(to=file, now=clock.now())
    size = made.stat().st_size / 1024 / 1024
    return f"{made} ({size:.1f} MB in {time.monotonic() - started:.1f} s)"
