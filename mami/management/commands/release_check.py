"""The release list as a command: a line for each point, exit 0 only when all of them hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mami import release


class Command(BaseCommand):
    help = "Say whether this version may serve: migrations, settings, jobs, copies, books, smoke."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="", help="also walk through the shop that serves there"
        )

    def handle(self, *, url: str, **options: Any) -> None:
        failed = 0
        for line in release.lines(url=url):
            self.stdout.write(f"{'ok' if line.holds else 'FAILED':8}{line.name:15}{line.said}")
            failed += not line.holds
        if failed:
            raise CommandError(f"{failed} points do not hold.", returncode=1)
