"""What standing orders know about a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from branches.models import PlaceHold
from branches.services import release_holds
from standing.locks import lock_standing_of
from standing.models import Occurrence, StandingItem, StandingOrder

PEOPLE = {"standing.StandingOrder.user": "deleted with its dates; placed orders stay"}


def take_out(*, user_id: int) -> dict[str, Any]:
    rows = StandingOrder.objects.filter(user_id=user_id)
    return {
        "standing_orders": [
            {
                "id": row.pk,
                "name": row.name,
                "status": row.status,
                "cadence": row.cadence,
                "weekdays": row.weekdays,
                "start_time": row.start_time,
                "fulfillment_type": row.fulfillment_type,
                "delivery_note": row.delivery_note,
                "items": [
                    {
                        "product_id": item.product_id,
                        "product_name": item.product.name,
                        "quantity": item.quantity,
                        "substitution": item.substitution,
                        "note": item.note,
                    }
                    for item in StandingItem.objects.filter(standing=row).select_related("product")
                ],
                "dates": list(row.occurrences.values("date", "state", "order_id")),
            }
            for row in rows
        ]
    }


def erase(*, user_id: int, now: dt.datetime) -> None:
    rows = lock_standing_of(user_id=user_id)
    dates = Occurrence.objects.filter(standing__in=rows).values_list("pk", flat=True)
    release_holds(kind=PlaceHold.Kind.STANDING, references=list(dates))
    StandingOrder.objects.filter(user_id=user_id).delete()
