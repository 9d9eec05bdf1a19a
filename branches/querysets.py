"""Chainable filters over dated slots and closures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

if TYPE_CHECKING:
    from branches.models import Closure, DatedSlot, Holder  # noqa: F401


class DatedSlotQuerySet(models.QuerySet["DatedSlot"]):
    def with_holds(self, *, now: dt.datetime, but_for: Holder | None = None) -> DatedSlotQuerySet:
        """Annotate `held`: places kept at `now`, but for the one of one holder.

        Who keeps a place there does not stand behind those who wait for one.
        """
        live = Q(holds__until__gt=now, holds__ordered_as=None)
        if but_for is None:
            return self.annotate(held=Count("holds", filter=live))
        mine = {"kind": but_for.kind, "reference": but_for.reference}
        holds = self.model._meta.get_field("holds").related_model
        own = holds._default_manager.filter(dated_slot=OuterRef("pk"), until__gt=now, **mine)  # type: ignore[union-attr]
        live &= ~Q(holds__kind=mine["kind"], holds__reference=mine["reference"])
        live &= ~Q(holds__kind="WAITING") | Q(keeps=False)
        return self.annotate(keeps=Exists(own)).annotate(held=Count("holds", filter=live))


class ClosureQuerySet(models.QuerySet["Closure"]):
    def touching(self, *, branch_id: int, start: dt.datetime, end: dt.datetime) -> ClosureQuerySet:
        """Closures of the branch, or of the whole shop, within [start, end)."""
        return self.filter(
            Q(branch_id=branch_id) | Q(branch__isnull=True), starts_at__lt=end, ends_at__gt=start
        )
