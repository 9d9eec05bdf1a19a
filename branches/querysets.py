"""Chainable filters over dated slots and closures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Q

if TYPE_CHECKING:
    from branches.models import Closure, DatedSlot, Holder  # noqa: F401


class DatedSlotQuerySet(models.QuerySet["DatedSlot"]):
    def with_holds(self, *, now: dt.datetime, but_for: Holder | None = None) -> DatedSlotQuerySet:
        """Annotate `held`: places kept at `now`, but for the one of one holder."""
        live = Q(holds__until__gt=now)
        if but_for is not None:
            live &= ~Q(holds__kind=but_for.kind, holds__reference=but_for.reference)
        return self.annotate(held=Count("holds", filter=live))


class ClosureQuerySet(models.QuerySet["Closure"]):
    def touching(self, *, branch_id: int, start: dt.datetime, end: dt.datetime) -> ClosureQuerySet:
        """Closures of the branch, or of the whole shop, within [start, end)."""
        return self.filter(
            Q(branch_id=branch_id) | Q(branch__isnull=True), starts_at__lt=end, ends_at__gt=start
        )
