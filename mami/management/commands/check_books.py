"""Prove that stock, promises, slots, orders and money agree; say where they do not."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from checkout.invariants import ALL
from core.clock import SHOP_TZ
from core.invariants import RuleResult, judge

SHOWN = 20


class Command(BaseCommand):
    help = "Check that the books balance: one line for each rule, exit code 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            metavar="TIME",
            help="ask about that instant (2026-11-24T03:00); rules that only know now are skipped",
        )
        parser.add_argument(
            "--repair-plan",
            action="store_true",
            help="say what a person could do about each finding; changes nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdicts = judge(ALL, as_of=_instant(options["as_of"]))
        for verdict in verdicts:
            self._show(verdict, plan=options["repair_plan"])
        broken = [verdict for verdict in verdicts if not verdict.is_kept]
        if broken:
            raise CommandError(f"{len(broken)} of {len(verdicts)} rules are broken.", returncode=1)

    def _show(self, verdict: RuleResult, *, plan: bool) -> None:
        state = "skipped" if verdict.skipped else "ok" if verdict.is_kept else "BROKEN"
        count = f" ({len(verdict.findings)})" if verdict.findings else ""
        self.stdout.write(f"{state:8}{verdict.rule.name}{count}")
        for finding in verdict.findings[:SHOWN]:
            self.stdout.write(f"          {finding.what}")
            if plan:
                self.stdout.write(f"            repair: {finding.repair}")
        if len(verdict.findings) > SHOWN:
            self.stdout.write(f"          … and {len(verdict.findings) - SHOWN} more")


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError("--as-of wants a time like 2026-11-24T03:00.", returncode=2)
    return found if found.tzinfo else found.replace(tzinfo=SHOP_TZ)
