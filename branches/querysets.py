"""Chainable filters over dated slots and closures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Q

if TYPE_CHECKING:
    from branches.models import Closure, DatedSlot  # noqa: F401


class DatedSlotQuerySet(models.QuerySet["DatedSlot"]):
    def with_holds(
        self, *, now: dt.datetime, exclude_cart_id: int | None = None
    ) -> DatedSlotQuerySet:
        """Annotate `held`: places kept by baskets at `now`, but for one basket's own."""
        live = Q(holds__status="ACTIVE", holds__hold_expires_at__gt=now)
        if exclude_cart_id is not None:
            live &= ~Q(holds__pk=exclude_cart_id)
        return self.annotate(held=Count("holds", filter=live))


class ClosureQuerySet(models.QuerySet["Closure"]):
    def touching(self, *, branch_id: int, start: dt.datetime, end: dt.datetime) -> ClosureQuerySet:
        """Closures of the branch, or of the whole shop, within [start, end)."""
        return self.filter(
            Q(branch_id=branch_id) | Q(branch__isnull=True), starts_at__lt=end, ends_at__gt=start
        )
