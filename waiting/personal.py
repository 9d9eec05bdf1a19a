"""What waiting knows about a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from branches.models import PlaceHold
from branches.services import release_holds
from waiting.locks import lock_entries_of
from waiting.models import WaitingEntry

PEOPLE = {"waiting.WaitingEntry.user": "deleted; the place goes to the next in line"}


def take_out(*, user_id: int) -> dict[str, Any]:
    rows = WaitingEntry.objects.filter(user_id=user_id).select_related("dated_slot", "product")
    return {
        "waiting": [
            {
                "id": row.pk,
                "kind": row.kind,
                "product_id": row.product_id,
                "product_name": row.product.name if row.product else None,
                "slot_id": row.dated_slot.slot_id if row.dated_slot else None,
                "date": row.dated_slot.date if row.dated_slot else None,
                "state": row.state,
                "offered_at": row.offered_at,
                "offer_until": row.offer_until,
                "created_at": row.created_at,
            }
            for row in rows
        ]
    }


def erase(*, user_id: int, now: dt.datetime) -> None:
    keys = [row.pk for row in lock_entries_of(user_id=user_id)]
    release_holds(kind=PlaceHold.Kind.WAITING, references=keys)
    WaitingEntry.objects.filter(pk__in=keys).delete()
