"""What a person waits for, as it is shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from core.errors import NotFound
from waiting.models import OPEN, State, WaitingEntry

SHOWN = dt.timedelta(days=7)
"""As long is seen what became of an entry."""


@dataclass(frozen=True, kw_only=True)
class WaitingView:
    """An entry, and how many stand before it: `position` is 1 for the first, None once offered."""

    row: WaitingEntry
    position: int | None
    now: dt.datetime

    @property
    def is_offered(self) -> bool:
        """It can be taken now."""
        until = self.row.offer_until
        return self.row.state == State.OFFERED and (until is None or until > self.now)

    @property
    def state(self) -> str:
        """As it is at this moment, also before the worker has looked."""
        is_over = self.row.state == State.OFFERED and not self.is_offered
        return State.PASSED if is_over else self.row.state


def waiting_of(*, actor: User, now: dt.datetime) -> list[WaitingView]:
    """Open entries and those that ended within a week, offers first, then the newest. One query."""
    shown = Q(state__in=OPEN) | Q(ended_at__gt=now - SHOWN)
    rows = _rows(actor).filter(shown).order_by("-pk")
    views = [_view(row, now) for row in rows]
    return sorted(views, key=lambda one: (not one.is_offered, not one.row.is_open))


def waiting_view(*, actor: User, entry_id: int, now: dt.datetime) -> WaitingView:
    """One of the actor's own. Raises NotFound."""
    row = _rows(actor).filter(pk=entry_id).first()
    if row is None:
        raise NotFound
    return _view(row, now)


def _rows(actor: User):  # type: ignore[no-untyped-def]
    ahead = (
        WaitingEntry.objects.filter(state=State.WAITING, pk__lt=OuterRef("pk"))
        .filter(Q(product=OuterRef("product")) | Q(dated_slot=OuterRef("dated_slot")))
        .order_by()
        .annotate(one=Coalesce("product", "dated_slot"))
        .values("one")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows = WaitingEntry.objects.filter(user=actor)
    rows = rows.select_related("product__category", "product__brand", "dated_slot__slot__branch")
    return rows.annotate(ahead=Coalesce(Subquery(ahead), 0))


def _view(row: WaitingEntry, now: dt.datetime) -> WaitingView:
    ahead: int = row.ahead  # type: ignore[attr-defined]
    position = ahead + 1 if row.state == State.WAITING else None
    return WaitingView(row=row, position=position, now=now)
