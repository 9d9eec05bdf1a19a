"""The first admin of a new shop, where nobody is there yet who could name one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import selectors, services
from core.clock import now
from core.errors import PermissionRefused


class Command(BaseCommand):
    help = "Make a registered person the first admin: first_admin E-MAIL"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = selectors.user_by_email(email=options["email"])
        if user is None or not user.is_active:
            raise CommandError("There is no such person; register in the shop first.")
        try:
            services.people.make_first_admin(user_id=user.pk, now=now())
        except PermissionRefused:
            raise CommandError(
                "There is an admin already, who names others in the office."
            ) from None
        self.stdout.write("Done. Sign in again; the second factor is set up first.")
