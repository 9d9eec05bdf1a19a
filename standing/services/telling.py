"""What a customer is told of a date, in the transaction of what it tells."""

from __future__ import annotations

from notifications.services import queue
from standing.models import Occurrence, StandingOrder


def tell(event: str, *, row: StandingOrder, occurrence: Occurrence, key: str) -> None:
    """`key` says what of this date it is about: each is told once."""
    queue(
        user_id=row.user_id,
        kind=event,
        context={"occurrence_id": occurrence.pk, "reason": occurrence.reason},
        dedupe_key=f"standing-{occurrence.pk}-{key}",
    )


def tell_paused(row: StandingOrder, occurrence: Occurrence) -> None:
    queue(
        user_id=row.user_id,
        kind="standing_failed",
        context={"occurrence_id": occurrence.pk, "reason": row.status_reason},
        dedupe_key=f"standing-{occurrence.pk}-paused-{row.status_reason}",
    )
