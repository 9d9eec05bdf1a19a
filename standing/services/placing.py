"""Ordering dates that are due: claimed in one transaction, ordered in no transaction, settled in a
third. Whoever dies in between leaves the date PLACING, and the same key tells what became of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.selectors import default_address
from cart.errors import EmptyCart
from checkout.requests import ChangeLine, StandingRequest
from checkout.services import order_standing
from core import faults
from core.errors import Busy, DomainError
from core.transactions import write_transaction
from payments.errors import PaymentDeclined, PaymentPending
from payments.services import tokens_of
from standing.errors import OccurrenceClosed, PriceRiseNotAccepted
from standing.locks import lock_due, lock_occurrence, lock_standing, lock_stranded
from standing.models import Occurrence, OccurrenceItem, StandingOrder
from standing.pricing import PricedDraft
from standing.rules import orders_until
from standing.selectors import basket_of, standing_of
from standing.services.dates import draft_within, make_draft, remember_prices
from standing.services.keeping import pause_within
from standing.services.planning import let_go
from standing.services.telling import tell, tell_paused
from standing.status import DRAFTED, FAILED, OPEN, State

STRANDED = dt.timedelta(seconds=60)
RETRY = dt.timedelta(hours=2)
AGAIN_SOON = frozenset({"BUSY", "PRICE_CHANGED", "INSUFFICIENT_STOCK", "PRODUCT_INACTIVE"})
"""Nobody's fault: it is priced anew and tried again with the next round."""
MOST_ROUNDS = 5
IN_A_ROW = 3


def place_due(*, now: dt.datetime, limit: int = 100) -> int:
    """Order what is due; how many dates were looked at. Several workers share them."""
    for count in range(limit):
        with write_transaction():
            one = lock_due(now=now)
            if one is None:
                return count
            asked = _claim_due(one, now)
        if asked:
            _order(occurrence_id=one.pk, attempt=one.attempt, by_hand=False, now=now)
    return limit


def settle_stranded(*, now: dt.datetime, limit: int = 100) -> int:
    """Find out what became of dates whose worker died over them; how many."""
    for count in range(limit):
        with write_transaction():
            one = lock_stranded(since=now - STRANDED)
            if one is None:
                return count
            one.placing_since = now
            one.save(update_fields=["placing_since"])
        _order(occurrence_id=one.pk, attempt=one.attempt, by_hand=False, now=now)
    return limit


def place_now(*, actor: User, standing_id: int, date: dt.date, now: dt.datetime) -> None:
    """Order a date by hand. One that is ordered already is answered again.

    Raises NotFound, OccurrenceClosed, PriceRiseNotAccepted, EmptyCart, and what `confirm` raises.
    """
    row = standing_of(actor=actor, standing_id=standing_id)
    known = Occurrence.objects.filter(standing=row, date=date).first()
    if known is None or known.state == State.PLANNED:
        make_draft(actor=actor, standing_id=standing_id, date=date, now=now)
    with write_transaction():
        locked = lock_standing(standing_id=standing_id)
        key = Occurrence.objects.filter(standing=row, date=date).values_list("pk", flat=True).get()
        one = lock_occurrence(occurrence_id=key)
        if one is None or locked is None:
            raise OccurrenceClosed(state=State.SKIPPED)
        if one.state == State.PLACED:
            return
        if one.state not in DRAFTED or now >= orders_until(one.slot, one.window_date):
            raise OccurrenceClosed(state=one.state)
        found = draft_within(locked, one, now)
        if not found.bought:
            raise EmptyCart
        if one.state == State.ASKED:
            percent = found.price_rise_percent.quantize(Decimal("0.01"))
            raise PriceRiseNotAccepted(percent=str(percent))
        _claim(locked, one, found, now)
    _order(occurrence_id=one.pk, attempt=one.attempt, by_hand=True, now=now)


def _claim_due(one: Occurrence, now: dt.datetime) -> bool:
    """Decide about a due date behind its lock; True when it is to be ordered."""
    row = one.standing
    if now >= orders_until(one.slot, one.window_date):
        give_up(row, one, one.reason or "SLOT_CLOSED")
        return False
    found = draft_within(row, one, now)
    if not found.bought:
        let_go([one])
        one.state, one.reason = State.EMPTY, "OUT_OF_STOCK"
        one.save(update_fields=["state", "reason", "window_kept"])
        tell("standing_failed", row=row, occurrence=one, key="empty")
        _pause_where_it_keeps_failing(row, one)
        return False
    if one.state == State.ASKED:
        give_up(row, one, "PRICE_NOT_ACCEPTED")
        return False
    if not _has_means(row, one):
        return False
    _claim(row, one, found, now)
    return True


def _has_means(row: StandingOrder, one: Occurrence) -> bool:
    """A card and an address, the default ones where they were deleted; else it is paused, told."""
    changed = []
    if row.payment_token_id is None:
        card = next(iter(tokens_of(user_id=row.user_id)), None)
        row.payment_token_id, changed = (card.pk if card else None), ["payment_token"]
    if row.is_delivery and row.address_id is None:
        row.address = default_address(actor=row.user)
        changed.append("address")
    if changed:
        row.save(update_fields=changed)
    reason = "NO_CARD" if row.payment_token_id is None else ""
    if not reason and row.is_delivery and row.address_id is None:
        reason = "NO_ADDRESS"
    if reason:
        let_go([one])
        one.state, one.reason = State.NOT_PLACED, reason
        one.save(update_fields=["state", "reason", "window_kept"])
        pause_within(row, reason=reason)
        tell_paused(row, one)
    return not reason


def _claim(row: StandingOrder, one: Occurrence, found: PricedDraft, now: dt.datetime) -> None:
    """PLACING, with all that is asked written down: the same key asks the same."""
    address_id = one.address_id or row.address_id
    one.asked = {
        "fulfillment_type": row.fulfillment_type,
        "branch_id": row.branch_id,
        "delivery_slot_id": one.slot_id,
        "delivery_date": one.window_date.isoformat() if one.slot_id else None,
        "address_id": address_id if row.is_delivery else None,
        "payment_token_id": row.payment_token_id,
        "delivery_preference": row.delivery_preference,
        "delivery_note": row.delivery_note,
        "expected_total": str(found.total),
        "lines": [
            [line.product_id, str(line.quantity), line.substitution, line.note]
            for line in found.bought
        ],
        "prices": {str(line.product_id): str(line.unit_price) for line in found.bought},
    }
    one.state, one.attempt, one.placing_since = State.PLACING, one.attempt + 1, now
    one.retry_at = None
    one.save(update_fields=["state", "attempt", "placing_since", "asked", "retry_at"])


def _order(*, occurrence_id: int, attempt: int, by_hand: bool, now: dt.datetime) -> None:
    """Ask the ordinary confirm under this attempt's key, with no lock held, and settle it."""
    one = Occurrence.objects.select_related("standing__user").get(pk=occurrence_id)
    if one.state != State.PLACING or one.attempt != attempt or one.asked is None:
        return
    faults.point("standing_before_confirm")
    try:
        result = order_standing(
            actor=one.standing.user,
            key=f"standing-{one.pk}-{attempt}",
            request=_request(one.pk, one.asked),
            now=now,
        )
    except PaymentPending:
        if by_hand:
            raise
        return  # asked again with the same key
    except DomainError as refusal:
        if refusal.code == "IDEMPOTENCY_IN_PROGRESS":
            if by_hand:
                raise
            return
        _settle_refused(occurrence_id, attempt, refusal, now, by_hand=by_hand)
        if by_hand:
            raise
        return
    faults.point("standing_after_confirm")
    _settle_placed(occurrence_id, attempt, result.order_id)


def _request(occurrence_id: int, asked: dict[str, Any]) -> StandingRequest:
    day = asked["delivery_date"]
    return StandingRequest(
        occurrence_id=occurrence_id,
        fulfillment_type=asked["fulfillment_type"],
        branch_id=asked["branch_id"],
        delivery_slot_id=asked["delivery_slot_id"],
        delivery_date=dt.date.fromisoformat(day) if day else None,
        address_id=asked["address_id"],
        payment_token_id=asked["payment_token_id"],
        delivery_preference=asked["delivery_preference"],
        delivery_note=asked["delivery_note"],
        expected_total=Decimal(asked["expected_total"]),
        lines=tuple(
            ChangeLine(product_id=key, quantity=Decimal(amount), substitution=way, note=note)
            for key, amount, way, note in asked["lines"]
        ),
    )


def _settle_placed(occurrence_id: int, attempt: int, order_id: int) -> None:
    with write_transaction():
        row, one = _locked_placing(occurrence_id, attempt)
        if row is None or one is None:
            return
        asked = one.asked or {}
        amounts = {key: amount for key, amount, _way, _note in asked["lines"]}
        for item in OccurrenceItem.objects.filter(occurrence=one):
            item.placed_quantity = Decimal(amounts.get(item.product_id, 0))
            price = asked["prices"].get(str(item.product_id), item.reference_price)
            item.placed_price = Decimal(price)
            item.save(update_fields=["placed_quantity", "placed_price"])
        found = basket_of(row=row, occurrence=one, items=list(one.items.all()))
        remember_prices(row, one, found)
        let_go([one])
        one.state, one.reason, one.order_id = State.PLACED, "", order_id
        one.placing_since, one.asked = None, None
        one.save()


def _settle_refused(
    occurrence_id: int, attempt: int, refusal: DomainError, now: dt.datetime, *, by_hand: bool
) -> None:
    """Back to the draft with the reason, to be tried once more; then it is not ordered."""
    with write_transaction():
        row, one = _locked_placing(occurrence_id, attempt)
        if row is None or one is None:
            return
        one.placing_since, one.asked, one.state = None, None, State.DRAFT
        one.reason = reason_of(refusal)
        until = orders_until(one.slot, one.window_date)
        if by_hand:
            if one.place_at <= now:
                one.retry_at = one.retry_at or _later(now, until)
            one.save()
            return
        if refusal.code in AGAIN_SOON and one.attempt < MOST_ROUNDS:
            one.retry_at = now + STRANDED if refusal.code == Busy.code else now
            one.save()
            return
        one.failures += 1
        again = now + RETRY
        if one.failures > 1 or again >= until:
            one.save()
            give_up(row, one, one.reason)
            return
        one.retry_at = again
        one.save()
        tell("standing_failed", row=row, occurrence=one, key=f"failed-{one.attempt}")


def _later(now: dt.datetime, until: dt.datetime) -> dt.datetime:
    return min(now + RETRY, until)


def give_up(row: StandingOrder, one: Occurrence, reason: str) -> None:
    """Not ordered: the place is let go, its customer told."""
    let_go([one])
    one.state, one.reason, one.retry_at = State.NOT_PLACED, reason, None
    one.save(update_fields=["state", "reason", "retry_at", "window_kept"])
    tell("standing_failed", row=row, occurrence=one, key="not-placed")
    _pause_where_it_keeps_failing(row, one)


def _pause_where_it_keeps_failing(row: StandingOrder, one: Occurrence) -> None:
    over = Occurrence.objects.filter(standing=row, date__lte=one.date).exclude(state__in=OPEN)
    last = list(over.exclude(state=State.SKIPPED).order_by("-date")[:IN_A_ROW])
    if len(last) == IN_A_ROW and all(each.state in FAILED for each in last):
        pause_within(row, reason=StandingOrder.Reason.FAILING)
        tell_paused(row, one)


def _locked_placing(
    occurrence_id: int, attempt: int
) -> tuple[StandingOrder | None, Occurrence | None]:
    """The date and its standing order, locked, where this attempt is still under way."""
    key = Occurrence.objects.filter(pk=occurrence_id).values_list("standing_id", flat=True).first()
    row = lock_standing(standing_id=key or 0)
    one = lock_occurrence(occurrence_id=occurrence_id)
    if one is None or one.state != State.PLACING or one.attempt != attempt:
        return None, None
    return row, one


def reason_of(refusal: DomainError) -> str:
    """Why it was not ordered, as a code."""
    if isinstance(refusal, PaymentDeclined):
        wants_person = refusal.details.get("reason") == "authentication_required"
        return "PAYMENT_ACTION_REQUIRED" if wants_person else refusal.code
    return refusal.code
