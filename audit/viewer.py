"""The audit viewer: one page of the trail by position, and the whole of it as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from audit.forms import ENTITIES, TrailForm
from audit.models import AuditEntry
from audit.selectors import entries
from core.errors import InvalidInput
from core.keyset import page_after, walk
from core.replica import pinned

PAGE = 50
NEWEST_FIRST = ("-created_at", "-id")
QUANTITY = re.compile(r"-?[0-9]+\.[0-9]{3}")
LONGEST = 200
NAMES = dict(ENTITIES)
# Where a thing itself is looked after; orders go by their number, so they have no place here.
PLACES = {
    "stock": "admin:inventory_stock_change",
    "product": "admin:catalog_product_change",
    "category": "admin:catalog_category_change",
    "brand": "admin:catalog_brand_change",
    "branch": "admin:branches_branch_change",
    "delivery_slot": "admin:branches_deliveryslot_change",
    "dated_slot": "admin:branches_datedslot_change",
    "payment": "admin:payments_payment_change",
    "order": "admin:orders_order_change",
}
HEADER = (
    "id", "created_at", "actor", "action", "entity_type", "entity_id",
    "old_value", "new_value", "context",
)  # fmt: skip
CELLS = tuple("actor__email" if one == "actor" else one for one in HEADER)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value before and after, as text; None where there was none."""

    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """An entry as the viewer shows it."""

    entry: AuditEntry
    name: Any
    place: str
    differences: list[Difference]
    context: list[tuple[str, str]]


def trail_page(*, params: QueryDict) -> dict[str, Any]:
    """A page of the trail for its template. Two queries, wherever in the trail it lies.

    A form with mistakes lists nothing and says why; a made-up cursor begins anew.
    """
    form = TrailForm(params)
    cursor, wanted = params.get("cursor") or None, params.copy()
    for name in ("cursor", "export"):
        wanted.pop(name, None)
    context: dict[str, Any] = {"form": form, "rows": [], "next": None, "query": wanted.urlencode()}
    if not form.is_valid():
        return context
    found = entries(**form.filters())
    try:
        rows, following = page_after(found, keys=NEWEST_FIRST, limit=PAGE, cursor=cursor)
    except InvalidInput:
        cursor = None
        rows, following = page_after(found, keys=NEWEST_FIRST, limit=PAGE, cursor=None)
    return context | {
        "rows": [told(entry) for entry in rows],
        "is_later_page": cursor is not None,
        "next": following,
    }


def trail_file(*, params: QueryDict) -> Iterator[list[Any]] | None:
    """The rows of HEADER for everything that matches, newest first; None for a form with mistakes."""
    form = TrailForm(params)
    return _cells(pinned(entries(**form.filters()))) if form.is_valid() else None


def _cells(found: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    """Plain values: a file may have millions of rows."""
    plain = found.values_list(*CELLS, named=True)
    for *cells, old_value, new_value, context in walk(plain, keys=NEWEST_FIRST):
        changes = (old_value, new_value, context)
        yield [
            *cells,
            *(json.dumps(value, ensure_ascii=False) if value else "" for value in changes),
        ]


def told(entry: AuditEntry) -> Told:
    """The entry with every value that differs, before beside after."""
    old, new = entry.old_value, entry.new_value
    keys = [*old, *(key for key in new if key not in old)]
    keys = [key for key in keys if key not in old or key not in new or old[key] != new[key]]
    place = PLACES.get(entry.entity_type)
    return Told(
        entry=entry,
        name=NAMES.get(entry.entity_type, entry.entity_type),
        place=reverse(place, args=[entry.entity_id]) if place else "",
        differences=[
            Difference(
                key=key,
                old=_text(old[key]) if key in old else None,
                new=_text(new[key]) if key in new else None,
            )
            for key in keys
        ],
        context=[(key, _text(value)) for key, value in entry.context.items()],
    )


def _text(value: Any) -> str:
    """As people read it: quantities without the zeros that their column keeps."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if QUANTITY.fullmatch(text):
        text = text.rstrip("0").rstrip(".")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
