"""The last verdict of the books: asked by the office, given by a job, kept to be looked at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from accounts.models import User
from checkout.invariants import ALL
from checkout.models import BooksCheck
from core import clock
from core.errors import PermissionRefused
from core.invariants import RuleResult, judge

SHOWN = 20  # findings of a rule
KEPT = 50  # checks
WAITING = dt.timedelta(minutes=15)  # for one that was asked; after that it may be asked again


def last_check(*, as_of: dt.datetime | None = None) -> BooksCheck | None:
    """The newest verdict about that moment, about now without one. One query."""
    judged = _about(as_of).filter(judged_at__isnull=False)
    return judged.order_by("-id").first()


def is_asked(*, as_of: dt.datetime | None = None, now: dt.datetime) -> bool:
    """Whether the books of that moment are to be checked, or are being checked. One query."""
    return _about(as_of).filter(judged_at__isnull=True, asked_at__gt=now - WAITING).exists()


def ask(*, actor: User, as_of: dt.datetime | None = None, now: dt.datetime) -> None:
    """Have the books checked in the background; once, however often it is asked meanwhile.

    Raises PermissionRefused.
    """
    if not actor.is_manager:
        raise PermissionRefused
    with transaction.atomic():
        if not is_asked(as_of=as_of, now=now):
            row = BooksCheck.objects.create(as_of=as_of, asked_at=now)
            app.configure_task("checkout.check_books_again").defer(check_id=row.pk)


def check(*, row: BooksCheck | None = None) -> list[RuleResult]:
    """Judge every rule about the moment that was asked, about now by itself, and keep what it said."""
    row = row or BooksCheck(asked_at=clock.now())
    results = judge(ALL, as_of=row.as_of)
    row.verdicts = [_told(result) for result in results]
    row.judged_at = clock.now()
    row.save()
    kept = BooksCheck.objects.order_by("-id").values("pk")[:KEPT]
    BooksCheck.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return results


def _about(as_of: dt.datetime | None) -> QuerySet[BooksCheck]:
    moment: dict[str, Any] = {"as_of__isnull": True} if as_of is None else {"as_of": as_of}
    return BooksCheck.objects.filter(**moment)


def _told(result: RuleResult) -> dict[str, Any]:
    return {
        "name": result.rule.name,
        "skipped": result.skipped,
        "kept": result.is_kept,
        "count": len(result.findings),
        "findings": [
            {"what": finding.what, "repair": finding.repair} for finding in result.findings[:SHOWN]
        ],
        "more": max(0, len(result.findings) - SHOWN),
    }
