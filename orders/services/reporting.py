"""A customer says that something was wrong: given back at once where that is safe, else looked at.

The customer's row is locked first, so that ten reports at once are counted one after the other.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.locks import lock_customer
from accounts.models import DeliveryPreference, User
from audit.services import Action, record
from core.errors import IdempotencyKeyReuseMismatch, InvalidInput, NotFound
from core.money import ZERO
from core.pictures import stored
from core.request_keys import check_key
from core.transactions import write_transaction
from notifications.services import queue
from orders import selectors
from orders.errors import (
    OrderNotDelivered,
    PhotoRefused,
    ProblemTooLate,
    RefundExceedsLine,
)
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, private_storage
from orders.photos import SIDE, cleaned
from orders.problem_models import ProblemItem, ProblemReport
from orders.problem_reports import automatic_refunds, left_to_report, report_until
from orders.services.charging import book_capture
from orders.services.problem_refunds import give_back_reported
from orders.services.refund_parts import ItemPart, RefundRequest, priced

MOST_LINES = 100
TEXT_LENGTH = 500
NOT_DELIVERED = ProblemItem.Kind.NOT_DELIVERED


@dataclass(frozen=True, kw_only=True)
class Reported:
    """Of one line: how much of it (units or kg), what was wrong, and what it looked like."""

    id: int
    quantity: Decimal
    kind: str
    text: str = ""
    photo: IO[bytes] | None = field(default=None, compare=False)


class _Known(Exception):
    def __init__(self, report: ProblemReport) -> None:
        self.report = report


def report_problem(
    *, actor: User, order_id: int, items: Sequence[Reported], key: str, now: dt.datetime
) -> tuple[ProblemReport, bool]:
    """Report what was wrong with lines of the actor's delivered order.

    Given back at once within the limits of the settings, else a manager decides. Returns the report
    and whether it is new: the same `key` and body again are the first report. Raises
    MissingIdempotencyKey, IdempotencyKeyReuseMismatch, NotFound (order, line), InvalidInput,
    OrderNotDelivered, ProblemTooLate, RefundExceedsLine, PhotoRefused.
    """
    check_key(key)
    _check_shape(items)
    digest = _digest(order_id, items)
    if (known := _known(actor, key, digest)) is not None:
        return known, False
    owned = Order.objects.filter(pk=order_id, user=actor).first()
    _check_order(owned, now)
    try:
        with _photos_kept(items) as photos, write_transaction(durable=True):
            lock_customer(user_id=actor.pk)
            if (known := _known(actor, key, digest)) is not None:
                raise _Known(known)
            order = lock_order(order_id=order_id)
            lines = lock_items(order_id=order.pk)
            _check_order(order, now)
            book_capture(actor=None, order=order, items=lines, now=now)
            report = ProblemReport(
                order=order, user=actor, key=key, body_hash=digest, created_at=now
            )
            rows = _rows(order, lines, items, photos, report)
            _write(actor, order, lines, report, rows, now)
    except _Known as before:
        return before.report, False
    return report, True


def _check_shape(items: Sequence[Reported]) -> None:
    """What can be said before any order is looked at. Raises InvalidInput."""
    if not items:
        raise InvalidInput(fields={"items": [_("Say which products it is about.")]})
    if len(items) > MOST_LINES or len({one.id for one in items}) != len(items):
        raise InvalidInput(fields={"items": [_("Name each line once.")]})
    for one in items:
        if one.kind not in ProblemItem.Kind.values:
            raise InvalidInput(fields={"kind": [_("Say what was wrong.")]})
        if len(one.text) > TEXT_LENGTH:
            text = _("At most %(length)s characters.") % {"length": TEXT_LENGTH}
            raise InvalidInput(fields={"text": [text]})


def _digest(order_id: int, items: Sequence[Reported]) -> str:
    """A hash that tells this report from every other with the same key."""
    body: list[object] = [order_id]
    for one in sorted(items, key=lambda one: one.id):
        photo = ""
        if one.photo is not None:
            photo = hashlib.sha256(one.photo.read()).hexdigest()
            one.photo.seek(0)
        quantity = f"{one.quantity.normalize():f}"
        body.append([one.id, quantity, one.kind, one.text.strip(), photo])
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _known(actor: User, key: str, digest: str) -> ProblemReport | None:
    found = ProblemReport.objects.filter(user=actor, key=key).first()
    if found is not None and found.body_hash != digest:
        raise IdempotencyKeyReuseMismatch
    return found


def _check_order(order: Order | None, now: dt.datetime) -> None:
    if order is None:
        raise NotFound
    if order.status != OrderStatus.DELIVERED:
        raise OrderNotDelivered(status=order.status)
    until = report_until(order=order)
    if until is not None and now > until:
        raise ProblemTooLate(days=settings.PROBLEM_DAYS)


@contextlib.contextmanager
def _photos_kept(items: Sequence[Reported]) -> Iterator[dict[int, str]]:
    """The names of the photographs' files by line; none outlives a refusal. Before any lock."""
    names: dict[int, str] = {}
    with contextlib.ExitStack() as files:
        for one in items:
            if one.photo is None:
                continue
            try:
                versions = {SIDE: cleaned(one.photo)}
            except PhotoRefused as refusal:
                raise PhotoRefused(refusal.message, **refusal.details, item_id=one.id) from refusal
            kept = stored(private_storage(), "problems", versions)
            names[one.id] = files.enter_context(kept)
        yield names


def _rows(
    order: Order,
    lines: Sequence[OrderItem],
    items: Sequence[Reported],
    photos: Mapping[int, str],
    report: ProblemReport,
) -> list[ProblemItem]:
    """The reported lines with what each cost. Raises NotFound, InvalidInput, RefundExceedsLine."""
    by_id = {line.pk: line for line in lines}
    charges = selectors.charges_of(order=order)
    left = left_to_report(order=order, items=list(lines))
    rows = []
    for one in items:
        line = by_id.get(one.id)
        if line is None:
            raise NotFound
        request = RefundRequest(
            items=[ItemPart(id=one.id, quantity=one.quantity)], reason_code=one.kind
        )
        parts = priced(order=order, items=lines, charges=charges, request=request)
        amount = sum((part.amount for part in parts), ZERO)
        if one.quantity > left[one.id] or not amount:
            raise RefundExceedsLine(
                item_id=one.id,
                refundable_quantity=float(left[one.id]),
                refundable=str(line.charged - line.refunded_amount),
            )
        rows.append(
            ProblemItem(
                report=report,
                item=line,
                quantity=one.quantity,
                kind=one.kind,
                text=one.text.strip(),
                photo=photos.get(one.id, ""),
                amount=amount,
            )
        )
    return rows


def _write(
    actor: User,
    order: Order,
    lines: Sequence[OrderItem],
    report: ProblemReport,
    rows: Sequence[ProblemItem],
    now: dt.datetime,
) -> None:
    """The report, and what is given back for it at once."""
    report.is_automatic = _is_safe(order, rows) and (
        automatic_refunds(user_id=actor.pk, now=now) < settings.PROBLEM_AUTO_COUNT
    )
    report.save(force_insert=True)
    ProblemItem.objects.bulk_create(rows)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        new={
            "problem": report.pk,
            "lines": [{"id": row.item_id, "kind": row.kind} for row in rows],
            "automatic": report.is_automatic,
        },
        context={"problem_id": report.pk},
    )
    if report.is_automatic:
        give_back_reported(
            actor=None,
            order=order,
            lines=lines,
            report=report,
            rows=rows,
            amounts=None,
            now=now,
        )
    kind = "problem_decided" if report.is_automatic else "problem_received"
    queue(
        user_id=order.user_id,
        kind=kind,
        context={"order_id": order.pk, "problem_id": report.pk},
        dedupe_key=f"{kind}:{report.pk}",
    )


def _is_safe(order: Order, rows: Sequence[ProblemItem]) -> bool:
    """Small, and shown by a photograph; goods that did not arrive are believed unless signed for."""
    if sum((row.amount for row in rows), ZERO) > settings.PROBLEM_AUTO_LIMIT:
        return False
    if any(row.kind != NOT_DELIVERED and not row.photo for row in rows):
        return False
    return not (any(row.kind == NOT_DELIVERED for row in rows) and _was_signed_for(order))


def _was_signed_for(order: Order) -> bool:
    """Whether somebody signed for the goods at the door."""
    details = getattr(order, "delivery", None)
    return details is not None and details.preference == DeliveryPreference.SIGNATURE
