"""Setting up standing orders, changing, pausing and ending them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.locks import lock_user
from accounts.models import Address, ConsentKind, User
from accounts.selectors import address_for, default_address
from accounts.services.consents import add_consent
from audit.services import Action, record
from cart.models import Substitution
from checkout.errors import AddressRequired
from core.clock import shop_date
from core.errors import InvalidInput
from core.transactions import write_transaction
from payments.errors import PaymentRequired, PaymentTokenNotFound
from payments.services import tokens_of
from standing.errors import StandingOrderEnded, StandingOrderLimit
from standing.locks import lock_occurrences, lock_standing
from standing.models import Occurrence, OccurrenceItem, StandingItem, StandingOrder
from standing.selectors import standing_of
from standing.services.checking import check_rule, check_served, check_window
from standing.services.planning import let_go, plan_standing
from standing.services.sources import ItemData, checked
from standing.status import OPEN, PAUSED, State

MOST_STANDING = 10
DAY = dt.timedelta(days=1)
Status = StandingOrder.Status


@dataclass(frozen=True, kw_only=True)
class StandingData:
    """What may be said of a standing order; what is not named in `given` stays as it is."""

    name: str = ""
    cadence: str = "WEEKLY"
    weekdays: Sequence[int] = ()
    start_time: dt.time | None = None
    fulfillment_type: str = "DELIVERY"
    branch_id: int | None = None
    address_id: int | None = None
    payment_token_id: int | None = None
    lead_days: int = 2
    price_limit_percent: Decimal | None = Decimal(10)
    holiday_rule: str = "MOVE_EARLIER"
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    delivery_preference: str = ""
    delivery_note: str = ""


NAMES = frozenset(one.name for one in fields(StandingData))
WHEN = frozenset(
    {"cadence", "weekdays", "start_time", "fulfillment_type", "branch_id", "holiday_rule"}
    | {"starts_on", "ends_on", "lead_days"}
)


def create_standing(
    *,
    actor: User,
    data: StandingData,
    items: Sequence[ItemData],
    agree: bool,
    now: dt.datetime,
    face: str = "",
) -> StandingOrder:
    """Set one up, with the default address and card where none is named.

    `agree` to later charges is kept as a consent. Raises InvalidInput, InvalidSlot,
    PaymentRequired, PaymentTokenNotFound, AddressRequired, AreaNotServed, NotFound,
    ProductInactive, InvalidQuantity, StandingOrderLimit.
    """
    if not agree:
        said = _("We may charge the card later only if you agree.")
        raise InvalidInput(fields={"agree": [said]})
    today = shop_date(now)
    row = StandingOrder(user=actor, starts_on=data.starts_on or today + DAY)
    _write(row, {name: getattr(data, name) for name in NAMES - {"starts_on"}})
    row.delivery_preference = data.delivery_preference or actor.delivery_preference
    check_rule(row, today=today)
    lines = checked(items)
    _set_means(row, actor, data.address_id, data.payment_token_id)
    check_window(row)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        mine = StandingOrder.objects.filter(user=actor).exclude(status=Status.ENDED)
        if mine.count() >= MOST_STANDING:
            raise StandingOrderLimit(limit=MOST_STANDING)
        row.save()
        _put_items(row, lines)
        add_consent(user=user, kind=ConsentKind.OFF_SESSION_CARD, given=True, now=now, face=face)
        _audit(actor, row, Action.CREATE)
    plan_standing(standing_id=row.pk, now=now)
    return row


def update_standing(
    *,
    actor: User,
    standing_id: int,
    changes: Mapping[str, Any],
    items: Sequence[ItemData] | None = None,
    now: dt.datetime,
) -> StandingOrder:
    """Change any of it; it counts for dates that nobody edited and that are not ordered yet.

    Raises NotFound, StandingOrderEnded, and what `create_standing` raises.
    """
    standing_of(actor=actor, standing_id=standing_id)
    lines = checked(items) if items is not None else None
    with write_transaction():
        row = _locked(actor, standing_id)
        old_when = {name: getattr(row, name) for name in WHEN}
        _write(row, changes)
        check_rule(row, today=shop_date(now), is_new="starts_on" in changes)
        if {"address_id", "payment_token_id"} & set(changes):
            _set_means(
                row,
                actor,
                changes.get("address_id", row.address_id),
                changes.get("payment_token_id", row.payment_token_id),
            )
        check_window(row)
        row.save()
        if lines is not None:
            StandingItem.objects.filter(standing=row).delete()
            _put_items(row, lines)
        _renew_dates(row, when_changed=old_when != {name: getattr(row, name) for name in WHEN})
        _audit(actor, row, Action.UPDATE)
    plan_standing(standing_id=row.pk, now=now)
    return row


def end_standing(*, actor: User, standing_id: int) -> None:
    """End it: kept places are let go, placed orders stay. Raises NotFound. Again is no harm."""
    standing_of(actor=actor, standing_id=standing_id)
    with write_transaction():
        row = lock_standing(standing_id=standing_id)
        if row is None or row.status == Status.ENDED:
            return
        end_within(row)
        _audit(actor, row, Action.UPDATE)


def end_within(row: StandingOrder) -> None:
    """End a locked one in the caller's transaction."""
    dates = [one for one in lock_occurrences(standing_id=row.pk) if one.state in OPEN]
    let_go(dates)
    Occurrence.objects.filter(pk__in=[one.pk for one in dates]).delete()
    row.status, row.status_reason, row.paused_until = Status.ENDED, "", None
    row.save(update_fields=["status", "status_reason", "paused_until", "updated_at"])


def pause_standing(
    *, actor: User, standing_id: int, until: dt.date | None = None, now: dt.datetime
) -> StandingOrder:
    """Let it rest; dates before `until` are skipped. Raises NotFound, StandingOrderEnded,
    InvalidInput (a day that is past)."""
    standing_of(actor=actor, standing_id=standing_id)
    if until is not None and until <= shop_date(now):
        raise InvalidInput(fields={"until": [_("Choose a day that is still to come.")]})
    with write_transaction():
        row = _locked(actor, standing_id)
        pause_within(row, until=until)
        _audit(actor, row, Action.UPDATE)
    return row


def pause_within(row: StandingOrder, *, until: dt.date | None = None, reason: str = "") -> None:
    """Pause a locked one in the caller's transaction."""
    row.status, row.status_reason, row.paused_until = Status.PAUSED, reason, until
    row.save(update_fields=["status", "status_reason", "paused_until", "updated_at"])
    dates = [
        one
        for one in lock_occurrences(standing_id=row.pk)
        if one.state in OPEN and (until is None or one.date < until)
    ]
    let_go(dates)
    for one in dates:
        one.state, one.reason, one.retry_at = State.SKIPPED, PAUSED, None
        one.save(update_fields=["state", "reason", "window_kept", "retry_at"])


def resume_standing(*, actor: User, standing_id: int, now: dt.datetime) -> StandingOrder:
    """Go on; dates that are still to come are planned again. Raises NotFound,
    StandingOrderEnded."""
    standing_of(actor=actor, standing_id=standing_id)
    with write_transaction():
        row = _locked(actor, standing_id)
        resume_within(row, now)
        _audit(actor, row, Action.UPDATE)
    plan_standing(standing_id=row.pk, now=now)
    return row


def resume_within(row: StandingOrder, now: dt.datetime) -> None:
    """Resume a locked one in the caller's transaction."""
    if row.status != Status.PAUSED:
        return
    row.status, row.status_reason, row.paused_until = Status.ACTIVE, "", None
    row.save(update_fields=["status", "status_reason", "paused_until", "updated_at"])
    Occurrence.objects.filter(
        standing=row, state=State.SKIPPED, reason=PAUSED, place_at__gt=now
    ).update(state=State.PLANNED, reason="")


def _locked(actor: User, standing_id: int) -> StandingOrder:
    row = lock_standing(standing_id=standing_id)
    if row is None or row.status == Status.ENDED:
        raise StandingOrderEnded
    return row


def _write(row: StandingOrder, changes: Mapping[str, Any]) -> None:
    for name in NAMES - {"address_id", "payment_token_id"}:
        if name in changes:
            setattr(row, name, changes[name])
    row.weekdays = sorted(set(row.weekdays))
    if row.is_delivery:
        row.branch_id = None


def _set_means(
    row: StandingOrder, actor: User, address_id: int | None, token_id: int | None
) -> None:
    """Where to and with which card: the ones named, else the default ones."""
    row.address = _address(row, actor, address_id)
    cards = tokens_of(user_id=actor.pk)
    if token_id is not None:
        cards = [card for card in cards if card.pk == token_id]
        if not cards:
            raise PaymentTokenNotFound
    if not cards:
        raise PaymentRequired
    row.payment_token_id = cards[0].pk
    check_served(row.address)


def _address(row: StandingOrder, actor: User, address_id: int | None) -> Address | None:
    if not row.is_delivery:
        return None
    if address_id is not None:
        return address_for(actor=actor, address_id=address_id)
    found = default_address(actor=actor)
    if found is None:
        raise AddressRequired
    return found


def _put_items(row: StandingOrder, lines: Sequence[tuple[Any, ItemData]]) -> None:
    StandingItem.objects.bulk_create(
        StandingItem(
            standing=row,
            product=product,
            quantity=item.quantity,
            substitution=item.substitution or Substitution.BEST_MATCH,
            note=item.note,
            reference_price=product.price,
        )
        for product, item in lines
    )


def _renew_dates(row: StandingOrder, *, when_changed: bool) -> None:
    """Dates nobody edited begin anew: as planned, and on the days of the new rule."""
    dates = [
        one
        for one in lock_occurrences(standing_id=row.pk)
        if one.state in OPEN and not one.is_edited and one.moved != "CUSTOMER"
    ]
    OccurrenceItem.objects.filter(occurrence__in=dates).delete()
    if when_changed:
        let_go(dates)
        Occurrence.objects.filter(pk__in=[one.pk for one in dates]).delete()
        return
    for one in dates:
        one.state, one.reason = State.PLANNED, ""
        one.save(update_fields=["state", "reason"])


def _audit(actor: User, row: StandingOrder, action: Action) -> None:
    record(
        actor=actor,
        entity_type="standing_order",
        entity_id=row.pk,
        action=action,
        new={"status": row.status},
    )
