"""Lines as managers look at them: for what people wait, how many, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import get_language

from waiting.models import OPEN, State, WaitingEntry

SLOT = "dated_slot__slot__"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is waited for, a product or a window, by how many, and since when the first waits."""

    product_id: int | None
    name: str
    date: dt.date | None
    begin: dt.time | None
    end: dt.time | None
    waiting: int
    offered: int
    since: dt.datetime


def lines() -> QuerySet[WaitingEntry, dict[str, Any]]:
    """Each product or window that somebody waits for, the longest line first; see `told`."""
    open_ones = WaitingEntry.objects.filter(state__in=OPEN).order_by()
    keys = ("product_id", "product__name_he", "product__name_en", "dated_slot_id")
    window = ("dated_slot__date", f"{SLOT}start_time", f"{SLOT}end_time")
    found = open_ones.values(*keys, *window).annotate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        offered=Count("pk", filter=Q(state=State.OFFERED)),
        since=Min("created_at"),
    )
    return found.order_by("-waiting", "-offered", "since", "product_id", "dated_slot_id")


def told(rows: Iterable[dict[str, Any]]) -> list[Line]:
    """A page of them, names in the reader's language."""
    name = "product__name_en" if get_language() == "en" else "product__name_he"
    return [
        Line(
            product_id=row["product_id"],
            name=row[name] or "",
            date=row["dated_slot__date"],
            begin=row[f"{SLOT}start_time"],
            end=row[f"{SLOT}end_time"],
            waiting=row["waiting"],
            offered=row["offered"],
            since=row["since"],
        )
        for row in rows
    ]
