"""What a customer does with one date: put it together, change it, skip it, accept its prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from accounts.selectors import address_for
from branches.errors import InvalidSlot, SlotClosed
from branches.models import Holder, PlaceHold
from branches.selectors import delivery_source
from branches.services import check_open, hold_place, lock_dated_slot
from branches.windows import starts_at
from cart.models import Substitution
from catalog.models import Product
from core.errors import NotFound
from core.transactions import write_transaction
from standing.errors import OccurrenceClosed, StandingOrderEnded
from standing.locks import lock_occurrence, lock_standing
from standing.models import Occurrence, OccurrenceItem, StandingItem, StandingOrder
from standing.pricing import PricedDraft
from standing.selectors import basket_of, branch_of, next_rows, standing_of
from standing.services.checking import check_served
from standing.services.planning import keep_place, let_go, put_in
from standing.services.sources import ItemData, checked
from standing.services.telling import tell
from standing.status import BY_CUSTOMER, DRAFTED, OPEN, Moved, State


@dataclass(frozen=True, kw_only=True)
class OccurrenceChange:
    """What a date should become; what is None stays."""

    items: Sequence[ItemData] | None = None
    delivery_slot_id: int | None = None
    delivery_date: dt.date | None = None
    address_id: int | None = None


def make_draft(*, actor: User, standing_id: int, date: dt.date, now: dt.datetime) -> None:
    """Put it together now, or look at its prices again. Raises NotFound, OccurrenceClosed."""
    with _editable(actor, standing_id, date, now) as (row, one):
        draft_within(row, one, now)


def draft_within(row: StandingOrder, one: Occurrence, now: dt.datetime) -> PricedDraft:
    """Write a locked date from the template where it is not yet, and judge its prices."""
    if one.state == State.PLANNED and not one.is_edited:
        _copy_template(row, one)
    is_first = one.state == State.PLANNED
    found = basket_of(row=row, occurrence=one, items=list(one.items.all()))
    asks = found.rises_above(row.price_limit_percent)
    was = one.state
    one.state = State.ASKED if asks else State.DRAFT
    one.save(update_fields=["state"])
    if asks and was != State.ASKED:
        tell("standing_asked", row=row, occurrence=one, key=f"asked-{found.subtotal}")
    elif is_first:
        tell("standing_upcoming", row=row, occurrence=one, key="draft")
    return found


def change_occurrence(
    *, actor: User, standing_id: int, date: dt.date, change: OccurrenceChange, now: dt.datetime
) -> None:
    """Other lines, another window, another address, for this date alone.

    Raises NotFound, OccurrenceClosed, InvalidInput, InvalidQuantity, ProductInactive, SlotFull,
    SlotClosed, InvalidSlot.
    """
    lines = None if change.items is None else checked(change.items)
    with _editable(actor, standing_id, date, now) as (row, one):
        if change.address_id is not None:
            one.address = address_for(actor=actor, address_id=change.address_id)
            check_served(one.address)
        if lines is not None:
            _replace_lines(row, one, lines)
        if change.delivery_slot_id is not None:
            _move(row, one, change.delivery_slot_id, change.delivery_date or one.window_date, now)
        one.save()
        if one.state in DRAFTED:
            draft_within(row, one, now)


def skip_occurrence(*, actor: User, standing_id: int, date: dt.date, now: dt.datetime) -> None:
    """Leave it out; its place is let go. Again is no harm. Raises NotFound, OccurrenceClosed."""
    with _locked(actor, standing_id, date, now) as (_row, one):
        if one.state == State.SKIPPED:
            return
        _check_editable(one, now)
        let_go([one])
        one.state, one.reason, one.retry_at = State.SKIPPED, BY_CUSTOMER, None
        one.save(update_fields=["state", "reason", "window_kept", "retry_at"])


def restore_occurrence(*, actor: User, standing_id: int, date: dt.date, now: dt.datetime) -> None:
    """Bring a skipped one back, with a place where there is one. Again is no harm.

    Raises NotFound, OccurrenceClosed.
    """
    with _locked(actor, standing_id, date, now) as (row, one):
        if one.state in OPEN:
            return
        if one.state != State.SKIPPED or now >= one.place_at:
            raise OccurrenceClosed(state=one.state)
        if row.status != StandingOrder.Status.ACTIVE:
            raise OccurrenceClosed(state=one.state)
        one.state, one.reason = State.PLANNED, ""
        one.save(update_fields=["state", "reason"])
        key = one.pk
    keep_place(occurrence_id=key, now=now)


def accept_prices(*, actor: User, standing_id: int, date: dt.date, now: dt.datetime) -> None:
    """Take the new prices: they are what later ones are compared with. Raises NotFound,
    OccurrenceClosed."""
    with _editable(actor, standing_id, date, now) as (row, one):
        if one.state not in DRAFTED:
            raise OccurrenceClosed(state=one.state)
        found = basket_of(row=row, occurrence=one, items=list(one.items.all()))
        remember_prices(row, one, found)
        one.state = State.DRAFT
        one.save(update_fields=["state"])


def remember_prices(row: StandingOrder, one: Occurrence, found: PricedDraft) -> None:
    """Let these prices be what later ones are compared with."""
    for line in found.bought:
        for rows in (
            StandingItem.objects.filter(standing=row),
            OccurrenceItem.objects.filter(occurrence=one),
        ):
            rows.filter(product_id=line.product_id).update(reference_price=line.unit_price)


@contextmanager
def _locked(
    actor: User, standing_id: int, date: dt.date, now: dt.datetime
) -> Iterator[tuple[StandingOrder, Occurrence]]:
    """A date of one's own, locked behind its standing order; a coming one is made when needed."""
    seen = standing_of(actor=actor, standing_id=standing_id)
    known = Occurrence.objects.filter(standing=seen, date=date).exists()
    coming = None if known else _coming(seen, date, now)
    with write_transaction():
        row = lock_standing(standing_id=standing_id)
        if row is None:
            raise NotFound
        if coming is not None and row.status != StandingOrder.Status.ENDED:
            Occurrence.objects.bulk_create([coming], ignore_conflicts=True)
        key = Occurrence.objects.filter(standing=row, date=date).values_list("pk", flat=True)
        one = lock_occurrence(occurrence_id=key.first() or 0)
        if one is None:
            raise NotFound
        if row.status == StandingOrder.Status.ENDED and one.state in OPEN:
            raise StandingOrderEnded
        yield row, one


@contextmanager
def _editable(
    actor: User, standing_id: int, date: dt.date, now: dt.datetime
) -> Iterator[tuple[StandingOrder, Occurrence]]:
    with _locked(actor, standing_id, date, now) as (row, one):
        _check_editable(one, now)
        yield row, one


def _check_editable(one: Occurrence, now: dt.datetime) -> None:
    if one.state not in OPEN or now >= one.place_at:
        raise OccurrenceClosed(state=one.state)


def _coming(row: StandingOrder, date: dt.date, now: dt.datetime) -> Occurrence:
    found = next((one for one in next_rows(row=row, now=now) if one.date == date), None)
    if found is None:
        raise NotFound
    return found


def _copy_template(row: StandingOrder, one: Occurrence) -> None:
    OccurrenceItem.objects.filter(occurrence=one).delete()
    OccurrenceItem.objects.bulk_create(
        OccurrenceItem(
            occurrence=one,
            product_id=item.product_id,
            wanted_quantity=item.quantity,
            substitution=item.substitution,
            note=item.note,
            reference_price=item.reference_price,
        )
        for item in StandingItem.objects.filter(standing=row)
    )


def _replace_lines(
    row: StandingOrder, one: Occurrence, lines: Sequence[tuple[Product, ItemData]]
) -> None:
    """What was compared with a price before stays so; what is new begins at today's."""
    items = StandingItem.objects.filter(standing=row)
    own = OccurrenceItem.objects.filter(occurrence=one)
    known: dict[int, Decimal] = dict(items.values_list("product_id", "reference_price"))
    known |= dict(own.values_list("product_id", "reference_price"))
    own.delete()
    OccurrenceItem.objects.bulk_create(
        OccurrenceItem(
            occurrence=one,
            product_id=item.product_id,
            wanted_quantity=item.quantity,
            substitution=item.substitution or Substitution.BEST_MATCH,
            note=item.note,
            reference_price=known.get(item.product_id, product.price),
        )
        for product, item in lines
    )
    one.is_edited = True


def _move(
    row: StandingOrder, one: Occurrence, slot_id: int, date: dt.date, now: dt.datetime
) -> None:
    holder = Holder(PlaceHold.Kind.STANDING, one.pk)
    dated = lock_dated_slot(slot_id=slot_id, date=date, now=now)
    branch_id = branch_of(row, one) or delivery_source().pk
    if dated.slot.branch_id != branch_id:
        raise InvalidSlot
    check_open(dated_slot=dated, now=now, but_for=holder)
    if (one.slot_id, one.window_date) != (slot_id, date):
        one.moved = Moved.CUSTOMER
    put_in(row, one, (dated.slot, date))
    if one.place_at <= now:
        raise SlotClosed
    hold_place(dated_slot=dated, holder=holder, until=starts_at(dated.slot, date))
    one.window_kept = True
