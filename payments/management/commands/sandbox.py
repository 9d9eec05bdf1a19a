"""Look at the sandbox provider's books, or change its mood for a drill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.money import HUNDRED
from payments.disputes import REASONS
from payments.providers.sandbox import Weather
from payments.providers.sandbox_ledger import Ledger
from payments.services import receive_event


class Command(BaseCommand):
    help = "The sandbox payment provider: its books, or (--weather) how it behaves from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        moods = ["fine", *(mood.value for mood in Weather if mood)]
        parser.add_argument("--weather", choices=moods, help="for every process, until changed")
        parser.add_argument(
            "--expire", metavar="MS-…", help="let the holds of this order run out now"
        )
        parser.add_argument(
            "--dispute", metavar="MS-…", help="let the bank contest the charge of an order now"
        )
        parser.add_argument("--reason", choices=REASONS, default="FRAUD", help="with --dispute")
        parser.add_argument("--win", metavar="MS-…", help="decide its open disputes for us")
        parser.add_argument("--lose", metavar="MS-…", help="decide its open disputes against us")
        parser.add_argument(
            "--latency", type=float, default=0.0, metavar="SECONDS", help="added to every answer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENT_PROVIDER != "sandbox":
            raise CommandError("This shop takes real money; there is no sandbox here.")
        ledger = Ledger(settings.SANDBOX_LEDGER)
        if options["expire"]:
            self._expire(ledger, options["expire"])
        if options["latency"] < 0:
            raise CommandError("--latency wants seconds, 0 or more.")
        if options["weather"] or options["latency"]:
            mode = "" if options["weather"] in (None, "fine") else options["weather"]
            ledger.set_weather(mode=mode, latency=options["latency"])
        self._bank(ledger, options)
        mode, latency = ledger.weather()
        self.stdout.write(f"weather: {mode or 'fine'}, {latency:g} s more for each answer")
        self._totals(ledger)

    def _expire(self, ledger: Ledger, number: str) -> None:
        """Holds run out, and the shop is sent the news, as a real provider would send it."""
        gone = ledger.expire(order_number=number)
        if not gone:
            raise CommandError("The sandbox holds nothing for that order.")
        for reference in gone:
            receive_event(
                provider="sandbox", event_id=f"expired-{reference}", kind="hold.expired",
                reference=reference, key="", now=clock.now(),
            )  # fmt: skip

    def _bank(self, ledger: Ledger, options: dict[str, Any]) -> None:
        """What the bank does about charges. Raises CommandError where there is nothing to it."""
        if number := options["dispute"]:
            if not ledger.dispute(order_number=number, reason=options["reason"]):
                raise CommandError(f"{number} was not charged here.")
            self.stdout.write(f"{number}: contested, {options['reason']}")
        for status, number in (("WON", options["win"]), ("LOST", options["lose"])):
            if not number:
                continue
            decided = ledger.decide(order_number=number, status=status)
            if not decided:
                raise CommandError(f"Nothing of {number} is contested.")
            self.stdout.write(f"{number}: {status}")

    def _totals(self, ledger: Ledger) -> None:
        totals: dict[str, tuple[int, int]] = {}
        for entry in ledger.entries():
            count, amount = totals.get(entry["kind"], (0, 0))
            totals[entry["kind"]] = (count + 1, amount + entry["amount"])
        for kind, (count, amount) in sorted(totals.items()):
            self.stdout.write(f"{kind:8}{count:8}  ₪{Decimal(amount) / HUNDRED:,.2f}")
