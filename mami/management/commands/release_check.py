"""The release list as a command: a line for each point, exit 0 only when all of them hold."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mami import release


class Command(BaseCommand):
    help = "Say whether this version may serve: migrations, settings, jobs, copies, books, smoke."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default=settings.SITE_URL, help="where the shop serves (SITE_URL)"
        )
        parser.add_argument(
            "--before-serving",
            action="store_true",
            help="nothing serves yet: no walk through the shop, and nothing is noted",
        )

    def handle(self, *, url: str, before_serving: bool, **options: Any) -> None:
        failed = 0
        for line in release.lines(url=None if before_serving else url):
            self.stdout.write(f"{'ok' if line.holds else 'FAILED':8}{line.name:15}{line.said}")
            failed += not line.holds
        if failed:
            raise CommandError(f"{failed} points do not hold.", returncode=1)
        if not before_serving:
            release.note_release()
