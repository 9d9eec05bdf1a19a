"""Which places the shop delivers to, and on which terms: what pages, addresses and orders ask.

A shop that has set up no area delivers everywhere, on the terms of its windows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from django.db.models import BooleanField, Count, F, JSONField, Max, Min, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language

from branches.area_models import DeliveryArea, Locality
from branches.models import Branch, DeliverySlot
from branches.place_names import begun, key_of
from branches.sql import HAS_AREAS, TERMS
from core.errors import NotFound

SUGGESTED = 5
LISTED = 60  # names in a list that completes without a script
_AMOUNTS = ("fee", "minimum", "free_from")


@dataclass(frozen=True, kw_only=True)
class AreaTerms:
    """On which terms an area is served. `fee` None: the window's; `free_from` None: the shop's."""

    id: int
    name_he: str
    name_en: str
    branch_id: int | None
    fee: Decimal | None
    minimum: Decimal
    free_from: Decimal | None
    same_day: bool

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_he

    def window_fee(self, fee: Decimal) -> Decimal:
        """What a window whose own fee is `fee` costs here below the threshold (₪)."""
        return fee if self.fee is None else self.fee

    def missing(self, goods: Decimal) -> Decimal:
        """How much `goods` (₪ after discounts) fall short of the smallest order."""
        return max(Decimal("0.00"), self.minimum - goods)

    def as_json(self) -> dict[str, Any]:
        """As an order keeps them: what was agreed stays when the area changes."""
        amounts = {name: getattr(self, name) for name in _AMOUNTS}
        return {
            "id": self.id,
            "name_he": self.name_he,
            "name_en": self.name_en,
            "branch_id": self.branch_id,
            **{name: None if value is None else str(value) for name, value in amounts.items()},
            "same_day": self.same_day,
        }


def terms_from(row: Mapping[str, Any] | None) -> AreaTerms | None:
    """The terms out of `as_json`, or of the column `area_row`."""
    if not row:
        return None
    amounts = {name: None if row[name] is None else Decimal(row[name]) for name in _AMOUNTS}
    return AreaTerms(**{**row, **amounts})


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A place to deliver to: its locality where it is known, and its terms where it is served."""

    locality: Locality | None
    area: AreaTerms | None
    is_served: bool

    @property
    def branch_id(self) -> int | None:
        """The branch its windows are of; None: the one that deliveries leave from."""
        return self.area.branch_id if self.area else None


EVERYWHERE = Destination(locality=None, area=None, is_served=True)
"""Where a shop without areas delivers."""


def with_terms(locality: str) -> dict[str, Any]:
    """Two columns of a query over rows with a locality: `area_row`, its area's terms as JSON, and
    `has_areas`, whether the shop has any. No statement of its own.

    `locality` is a column of ours in SQL. Text that stays: composing it anew from expressions took a
    tenth of the time in which an order is confirmed.
    """
    return {
        "area_row": RawSQL(TERMS.format(locality=locality), [], JSONField()),  # noqa: S611
        "has_areas": RawSQL(HAS_AREAS, [], BooleanField()),  # noqa: S611
    }


def destination_from(row: Any, *, locality: Locality | None) -> Destination:
    """Of a row read with `with_terms`."""
    area = terms_from(row.area_row)
    return Destination(locality=locality, area=area, is_served=bool(area) or not row.has_areas)


def destination_of(*, code: int | None = None, city: str = "") -> Destination:
    """The place with this code, else the one of this name. One query, two for an unknown place.

    A name that two places share is that of neither. Raises NotFound for an unknown code.
    """
    rows = Locality.objects.annotate(**with_terms("branches_locality.code"))
    wanted = Q(code=code) if code is not None else Q(keys__contains=[key_of(city)])
    found = list(rows.filter(wanted)[:2])
    if len(found) == 1:
        return destination_from(found[0], locality=found[0])
    if code is not None:
        raise NotFound(field="locality_code")
    return Destination(locality=None, area=None, is_served=not has_areas())


def known_place(code: int | None) -> Destination:
    """The place that a visitor named before; everywhere where they named none, or it is gone."""
    if code is None:
        return EVERYWHERE
    try:
        return destination_of(code=code)
    except NotFound:
        return EVERYWHERE


def has_areas() -> bool:
    """Whether the shop has set up areas; where it has none it delivers everywhere. One query."""
    return DeliveryArea.objects.filter(is_active=True).exists()


def delivers(*, branch: Branch) -> bool:
    """Whether deliveries leave from this branch: the shop's own source, or that of some area. One
    query, none for the source."""
    areas = DeliveryArea.objects.filter(branch_id=branch.pk, is_active=True)
    return branch.is_delivery_source or areas.exists()


def knows_places() -> bool:
    """Whether there is a list of localities at all. One query."""
    return Locality.objects.exists()


def localities(*, q: str = "", limit: int = 10) -> list[Locality]:
    """Places of which a word begins with `q`, larger ones first; without `q` the served ones.

    Each with `area_row` and `has_areas`. One query.
    """
    rows = Locality.objects.annotate(**with_terms("branches_locality.code")).order_by(
        "-population", "code"
    )
    text = begun(q)
    if text:
        rows = rows.filter(beginnings__contains=f" {text}")
    elif q:
        return []
    else:
        rows = rows.filter(Q(members__is_active=True) | Q(has_areas=False))
    return list(rows[:limit])


def codes_of(*, names: Iterable[str]) -> dict[str, int]:
    """The code of each name (or code) that is one place's, by the name as it stands. One query."""
    wanted = {name: key_of(name) for name in names}
    codes = [
        int(key) for key in wanted.values() if key.isascii() and key.isdigit() and len(key) < 10
    ]
    rows = Locality.objects.filter(Q(keys__overlap=list(wanted.values())) | Q(code__in=codes))
    by_key: dict[str, set[int]] = {}
    for row in rows:
        for key in (*row.keys, str(row.pk)):
            by_key.setdefault(key, set()).add(row.pk)
    found = {name: by_key.get(key, set()) for name, key in wanted.items()}
    return {name: min(keys) for name, keys in found.items() if len(keys) == 1}


def suggestions(*, city: str) -> list[Locality]:
    """The five places whose names are nearest to what was typed. One query."""
    wanted = key_of(city)
    rows = Locality.objects.only("code", "name_he", "name_en", "keys", "population")
    scored = sorted(rows, key=lambda row: (-_likeness(row.keys, wanted), -row.population))
    return scored[:SUGGESTED]


def _likeness(keys: Iterable[str], wanted: str) -> float:
    return max((SequenceMatcher(None, key, wanted).ratio() for key in keys), default=0.0)


@dataclass(frozen=True, kw_only=True)
class ShownArea:
    """An area as people read about it: its places, and when its windows begin and end."""

    area: DeliveryArea
    places: list[Locality]
    opens: dt.time | None
    closes: dt.time | None


def shown_areas() -> list[ShownArea]:
    """What the page about areas tells. Four queries."""
    rows = list(active_areas().prefetch_related("members__locality"))
    plan = DeliverySlot.objects.filter(is_active=True, branch__is_active=True)
    hours = {
        row["branch"]: row
        for row in plan.values("branch").annotate(
            opens=Min("start_time"), closes=Max("end_time"), source=F("branch__is_delivery_source")
        )
    }
    sources: list[Any] = [row for row in hours.values() if row["source"]]
    source: Any = sources[0] if sources else {}
    found = []
    for area in rows:
        own = hours.get(area.branch_id, {}) if area.branch_id else source
        places = [member.locality for member in area.members.all()]
        found.append(
            ShownArea(
                area=area,
                places=sorted(places, key=lambda place: -place.population),
                opens=own.get("opens"),
                closes=own.get("closes"),
            )
        )
    return found


def active_areas() -> QuerySet[DeliveryArea]:
    """Areas that are served, each with `locality_count`."""
    return all_areas().filter(is_active=True)


def all_areas() -> QuerySet[DeliveryArea]:
    """Every area, for managers, each with `locality_count`."""
    return DeliveryArea.objects.annotate(locality_count=Count("members")).order_by("id")


def area_of(*, area_id: int) -> DeliveryArea:
    """An area for managers. Raises NotFound."""
    found = all_areas().filter(pk=area_id).first()
    if found is None:
        raise NotFound
    return found
