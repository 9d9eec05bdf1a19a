"""After a restore: erase again whoever had left since the copy was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import OpenOrders
from accounts.services.leaving import erase_again, erased_before
from core import clock


class Command(BaseCommand):
    help = "Erase again all who left (or those named by key) and are back by a restored copy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("keys", nargs="*", type=int, help="keys of people; none: the list")

    def handle(self, *args: Any, **options: Any) -> None:
        keys, left = options["keys"] or erased_before(), []
        done = 0
        for key in keys:
            try:
                done += erase_again(user_id=key, now=clock.now())
            except OpenOrders as refusal:
                numbers = ", ".join(refusal.details["order_numbers"])
                left.append(key)
                self.stderr.write(f"{key}: still open: {numbers}")
        self.stdout.write(f"{len(keys)} looked at, {done} erased again, {len(left)} left")
        if left:
            raise CommandError("Close what is open and run it again.", returncode=1)
