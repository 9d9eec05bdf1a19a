"""`manage.py datamodel`: write docs/data-model.md from the models."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mami import datamodel


class Command(BaseCommand):
    help = "Write docs/data-model.md and its drawing from the models."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            if found := datamodel.stale():
                names = ", ".join(path.name for path in found)
                raise CommandError(f"Not what the models say: {names}. Run manage.py datamodel.")
            return
        for path in datamodel.write():
            self.stdout.write(str(path))
