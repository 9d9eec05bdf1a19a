"""Divide the tables that only grow into a part a month, for a shop whose trail has become long."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from psycopg import errors

from core import clock, serving_role
from core.partitions import MonthlyTable
from mami.monthly_tables import monthly_tables

TRIES, PAUSE_SECONDS = 10, 1.0


class Command(BaseCommand):
    help = (
        "Make the audit trail and the stock's movements tables of one part a month, while the shop is open;"
        " again: make the parts of the months ahead. As the owner of the tables."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for table in monthly_tables(using="default"):
            if table.is_partitioned:
                table.extend(today=clock.now().date())
            else:
                self._convert(table)
            self.stdout.write(f"{table.name}: {len(table.parts)} parts")
        serving_role.grant(using="default")

    def _convert(self, table: MonthlyTable) -> None:
        for turn in range(1, TRIES + 1):
            try:
                table.convert(today=clock.now().date())
                return
            except OperationalError as error:
                connection.close()
                if not isinstance(error.__cause__, errors.LockNotAvailable):
                    raise
                self.stdout.write(f"{table.name} is in use; try {turn} of {TRIES}.")
                time.sleep(PAUSE_SECONDS)
        raise CommandError(
            f"{table.name} is held by somebody: try again later; nothing was changed."
        )
