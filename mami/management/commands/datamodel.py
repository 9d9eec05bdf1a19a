"""`manage.py datamodel`: write the pages about the data from the models (`make docs`)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devtools import data_model


class Command(BaseCommand):
    help = "Write docs/data-model.md and docs/order-status.md from the models."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            if found := data_model.stale():
                names = ", ".join(path.name for path in found)
                raise CommandError(f"Not what the models say: {names}. Run make docs.")
            return
        for path in data_model.write():
            self.stdout.write(str(path))
