"""Sign in and order in a restored copy, as people do: for `restore_drill`, and nowhere else."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.test import Client

from accounts.models import Role, User
from devtools import smoke


class Inside(smoke.Walk):
    """The walk through a running shop, without a server in between."""

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> smoke.Reply:
        sent = {"Accept-Language": "en", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        answer = Client(raise_request_exception=False).generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=sent,
        )
        kept = {name.lower(): value for name, value in answer.headers.items()}
        is_json = kept.get("content-type", "").startswith("application/json")
        return smoke.Reply(answer.status_code, kept, answer.json() if is_json else None)


class Command(BaseCommand):
    help = "Sign in and order in a restored copy (restore_drill says when)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("MAMI_COPY") != "1":
            raise CommandError("This is not a copy: `manage.py restore_drill` is the way to one.")
        walk = Inside(url="")
        steps: list[Callable[[smoke.Walk], str]] = [
            known_person, new_person, smoke.search, smoke.basket, smoke.preview, smoke.order
        ]  # fmt: skip
        for step in steps:
            try:
                self.stdout.write(f"{step.__name__}: {step(walk)}")
            except (smoke.Failed, KeyError, TypeError, ValueError) as error:
                raise CommandError(f"{step.__name__}: {error}") from error


def known_person(walk: smoke.Walk) -> str:
    """Whoever came last signs in, with a password of this copy's own."""
    user = User.objects.filter(role=Role.CUSTOMER, is_active=True).order_by("-pk").first()
    if user is None:
        return "nobody has an account yet"
    password = secrets.token_urlsafe(24)
    user.set_password(password)
    user.save(update_fields=["password"])
    found = walk.data("POST", "/auth/login", {"email": user.email, "password": password})
    return f"customer {found['user']['id']}"


def new_person(walk: smoke.Walk) -> str:
    """An account of the copy's own orders, so that nobody's basket or standing is in the way."""
    person = {
        "email": f"{secrets.token_hex(12)}@copy.invalid",
        "password": secrets.token_urlsafe(24),
        "full_name": "Copy",
    }
    found = walk.data("POST", "/auth/register", person)
    walk.token = found["access_token"]
    return f"customer {found['user']['id']}"
