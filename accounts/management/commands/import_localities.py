"""The list of localities, as the Central Bureau of Statistics publishes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.addresses import find_localities
from branches.services import import_localities
from branches.services.localities import UnreadableLocalities


class Command(BaseCommand):
    help = "Add the localities of a CSV file; again and again without change."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = import_localities(path=options["file"])
        except UnreadableLocalities as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"  localities: {found.added} added, {found.changed} changed")
        self.stdout.write(f"  addresses: {find_localities()} found in them")
