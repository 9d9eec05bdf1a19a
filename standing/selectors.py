"""Standing orders and their dates as they are shown: priced as of now, in few statements."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.selectors import destination_for
from branches import selectors as branches
from branches.areas import EVERYWHERE, Destination
from branches.models import DeliverySlot
from branches.selectors import base_fee
from cart.selectors import is_sold
from catalog.models import Product
from core.clock import day_of_week, shop_date
from core.errors import NotFound
from core.money import ZERO
from standing.models import Occurrence, OccurrenceItem, StandingItem, StandingOrder
from standing.pricing import PricedDraft, StandingLine
from standing.rules import dates_of, draft_at, orders_until, place_at
from standing.status import OPEN, SETTLED, State

NEXT = 8


@dataclass(frozen=True, kw_only=True)
class OccurrenceView:
    """A date with its window and what is in it."""

    row: Occurrence
    basket: PricedDraft
    now: dt.datetime

    @property
    def date(self) -> dt.date:
        return self.row.date

    @property
    def is_editable(self) -> bool:
        return self.row.state in OPEN and self.now < self.row.place_at

    @property
    def is_placeable(self) -> bool:
        """Whether it can be ordered by hand."""
        until = orders_until(self.row.slot, self.row.window_date)
        return self.row.state in OPEN and self.now < until

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN

    @property
    def may_return(self) -> bool:
        """Whether a skipped date can be brought back."""
        return self.row.state == State.SKIPPED and self.now < self.row.place_at


@dataclass(frozen=True, kw_only=True)
class StandingView:
    row: StandingOrder
    basket: PricedDraft
    next: list[OccurrenceView] = field(default_factory=list)

    @property
    def first(self) -> OccurrenceView | None:
        """The next date that is to come."""
        return next((one for one in self.next if one.row.state in (*OPEN, State.PLACING)), None)


def standing_of(*, actor: User, standing_id: int) -> StandingOrder:
    """One of the actor's. Raises NotFound. One query."""
    rows = StandingOrder.objects.filter(user=actor, pk=standing_id)
    found = rows.select_related("branch", "address", "payment_token").first()
    if found is None:
        raise NotFound
    return found


def standing_orders(*, actor: User, now: dt.datetime) -> list[StandingView]:
    """All of the actor's, each with its next date; those that ended last."""
    rows = StandingOrder.objects.filter(user=actor).order_by("-status", "pk")
    found = list(rows.select_related("branch", "address", "payment_token"))
    found.sort(key=lambda row: row.status == StandingOrder.Status.ENDED)
    return [view_of(row=row, now=now, count=1) for row in found]


def view_of(*, row: StandingOrder, now: dt.datetime, count: int = NEXT) -> StandingView:
    """A standing order with its next dates. At most eight queries."""
    items = list(StandingItem.objects.filter(standing=row))
    dates = next_rows(row=row, now=now, count=count)
    views, goods = _views(row, dates, items, now)
    fee = next((one.basket.base_fee for one in views), None)
    lines = [_line(item, goods[item.product_id]) for item in items]
    basket = PricedDraft(lines=lines, base_fee=fee, area=destination(row).area)
    return StandingView(row=row, basket=basket, next=views)


def past_of(*, row: StandingOrder, now: dt.datetime, limit: int) -> list[OccurrenceView]:
    """Dates that are over, the newest first."""
    over = row.occurrences.filter(window_date__lt=shop_date(now)).select_related(
        "slot", "order", "address"
    )
    items = list(StandingItem.objects.filter(standing=row))
    return _views(row, list(over.order_by("-date")[:limit]), items, now)[0]


def occurrence_view(*, row: StandingOrder, date: dt.date, now: dt.datetime) -> OccurrenceView:
    """One date, coming or over. Raises NotFound."""
    kept = row.occurrences.filter(date=date).select_related("slot", "order", "address").first()
    if kept is None:
        coming = next_rows(row=row, now=now)
        kept = next((one for one in coming if one.date == date), None)
    if kept is None:
        raise NotFound
    items = list(StandingItem.objects.filter(standing=row))
    return _views(row, [kept], items, now)[0][0]


def next_rows(*, row: StandingOrder, now: dt.datetime, count: int = NEXT) -> list[Occurrence]:
    """The next dates, those further than windows reach as they will be planned. Two queries."""
    today = shop_date(now)
    kept = list(
        row.occurrences.filter(window_date__gte=today).select_related("slot", "order", "address")
    )
    known = {one.date for one in kept}
    last = max((*known, today))
    if row.status == StandingOrder.Status.ACTIVE and len(kept) < count:
        more = (date for date in dates_of(row, after=last) if date not in known)
        slots = plan_slots(row)
        kept += [
            planned(row, date=date, slot=slots.get(day_of_week(date)))
            for date in itertools.islice(more, count - len(kept))
        ]
    return sorted(kept, key=lambda one: one.date)[:count]


def destination(row: StandingOrder, occurrence: Occurrence | None = None) -> Destination:
    """The place a standing order, or one date of it, goes to. One query for each address."""
    key = (occurrence.address_id if occurrence else None) or row.address_id
    if not row.is_delivery or key is None:
        return EVERYWHERE
    known = known_destinations(row)
    if key not in known:
        known[key] = destination_for(address_id=key)
    return known[key]


def known_destinations(row: StandingOrder) -> dict[int, Destination]:
    """Those of its addresses that were looked up, by the address."""
    known: dict[int, Destination] = row.__dict__.setdefault("known_destinations", {})
    return known


def branch_of(row: StandingOrder, occurrence: Occurrence | None = None) -> int | None:
    """The branch whose windows it comes in; None: the one that deliveries leave from."""
    return destination(row, occurrence).branch_id if row.is_delivery else row.branch_id


def plan_slots(row: StandingOrder) -> dict[int, DeliverySlot]:
    """The windows of the weekly plan at the rule's hour, by weekday. Two queries at most."""
    if row.start_time is None:
        return {}
    branch_id = branch_of(row)
    slots = branches.weekly_slots(branch_id=branch_id)
    if branch_id is None:
        slots = slots.filter(branch__is_delivery_source=True)
    return {slot.day_of_week: slot for slot in slots.filter(start_time=row.start_time)}


def planned(row: StandingOrder, *, date: dt.date, slot: DeliverySlot | None) -> Occurrence:
    """A date as the rule alone has it; not saved."""
    return Occurrence(
        standing=row,
        date=date,
        window_date=date,
        slot=slot,
        draft_at=draft_at(date, row.lead_days),
        place_at=place_at(slot, date, until=orders_until(slot, date) if slot else None),
    )


def with_next(rows: QuerySet[StandingOrder]) -> QuerySet[StandingOrder]:
    """For the office: with the key of the date that comes next, or failed last."""
    coming = Occurrence.objects.filter(standing=OuterRef("pk"))
    failed = coming.filter(state__in=["NOT_PLACED", "EMPTY"]).order_by("-date")
    ahead = coming.exclude(state__in=SETTLED).order_by("date")
    return rows.annotate(
        next_id=Coalesce(Subquery(ahead.values("pk")[:1]), Subquery(failed.values("pk")[:1]))
    )


def current_prices(product_ids: Iterable[int]) -> dict[int, Decimal]:
    return dict(Product.objects.filter(pk__in=list(product_ids)).values_list("pk", "price"))


def basket_of(
    *, row: StandingOrder, occurrence: Occurrence, items: Sequence[OccurrenceItem]
) -> PricedDraft:
    """What a date would cost now. One query."""
    goods = _goods(row, {item.product_id for item in items})
    lines = [_dated(item, goods[item.product_id]) for item in items]
    area = destination(row, occurrence).area
    return PricedDraft(lines=lines, base_fee=_fee(row, occurrence), area=area)


def _views(
    row: StandingOrder,
    occurrences: Sequence[Occurrence],
    template: Sequence[StandingItem],
    now: dt.datetime,
) -> tuple[list[OccurrenceView], dict[int, Product]]:
    own = items_of(occurrences)
    ids = {item.product_id for item in template}
    ids |= {item.product_id for items in own.values() for item in items}
    goods = _goods(row, ids)
    views = [
        OccurrenceView(row=one, basket=basket_with(row, one, own[one.pk], template, goods), now=now)
        for one in occurrences
    ]
    return views, goods


def items_of(occurrences: Iterable[Occurrence]) -> dict[int, list[OccurrenceItem]]:
    """What saved dates have of their own, by date. One query."""
    own: dict[int, list[OccurrenceItem]] = defaultdict(list)
    saved = [one.pk for one in occurrences if one.pk]
    for item in OccurrenceItem.objects.filter(occurrence__in=saved):
        own[item.occurrence_id].append(item)
    return own


def basket_with(
    row: StandingOrder,
    one: Occurrence,
    own: Sequence[OccurrenceItem],
    template: Sequence[StandingItem],
    goods: dict[int, Product],
) -> PricedDraft:
    """A date with its own lines, else with those of its standing order."""
    lines = [_dated(item, goods[item.product_id]) for item in own]
    if not lines and not one.is_edited:
        lines = [_line(item, goods[item.product_id]) for item in template]
    return PricedDraft(lines=lines, base_fee=_fee(row, one), area=destination(row, one).area)


def _goods(row: StandingOrder, ids: Iterable[int]) -> dict[int, Product]:
    return Product.objects.as_cards(branch_of(row)).in_bulk(list(ids))


def _fee(row: StandingOrder, occurrence: Occurrence) -> Decimal | None:
    if not row.is_delivery or occurrence.slot is None:
        return None
    return base_fee(occurrence.slot)


def _line(item: StandingItem, product: Any) -> StandingLine:
    return StandingLine(
        product=product,
        wanted_quantity=item.quantity,
        quantity=_possible(product, item.quantity),
        unit_price=product.price,
        reference_price=item.reference_price,
        substitution=item.substitution,
        note=item.note,
    )


def _dated(item: OccurrenceItem, product: Any) -> StandingLine:
    settled = item.placed_price is not None
    return StandingLine(
        product=product,
        wanted_quantity=item.wanted_quantity,
        quantity=(item.placed_quantity or ZERO)
        if settled
        else _possible(product, item.wanted_quantity),
        unit_price=item.placed_price if item.placed_price is not None else product.price,
        reference_price=item.reference_price,
        substitution=item.substitution,
        note=item.note,
        is_settled=settled,
    )


def _possible(product: Any, wanted: Decimal) -> Decimal:
    """As much of it as is sold and there, in whole steps."""
    if not is_sold(product):
        return ZERO
    step = product.quantity_step
    fits = (min(wanted, product.available) / step).quantize(Decimal(1), rounding=ROUND_DOWN)
    return max(ZERO, fits * step)
