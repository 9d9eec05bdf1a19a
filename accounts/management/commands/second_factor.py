"""The way back for the last admin who lost the authenticator app."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import selectors, services
from core.clock import now


class Command(BaseCommand):
    help = "Take the second factor from a person: second_factor reset E-MAIL"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["reset"])
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = selectors.user_by_email(email=options["email"])
        if user is None:
            raise CommandError("There is no such person.")
        services.second_factor.reset(actor=None, user_id=user.pk, now=now())
        self.stdout.write("Taken off; every device was signed out, and a mail tells the person.")
